"""Inputs made from other inputs: bits, pieces, fields, numbers, words; seeded, so that a run can be
done again.

Knows what FIX looks like on the wire (fields between separators, BodyLength and CheckSum around
them) and nothing about what it means. What is wrong with a mutant may be anything; now and then its
frames are put right again, so that what lies behind the framer is reached.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from tests.support.fix import check_sum_of

INPUT_BYTES_MAX = 6_000
"""Longer inputs find nothing that shorter ones do not, and cost as much as several of them."""

NUMBERS = (
    *(b"", b"0", b"00", b"-0", b"-1", b"1", b"+1", b"1.", b".5", b"1e9", b"007", b" 1", b"1 "),
    *(b"255", b"256", b"300", b"2147483648", b"9223372036854775808", b"-9223372036854775809"),
    *(b"9" * n for n in (9, 10, 17, 18, 19, 30, 400)),
    *(b"9" * 4301, b"\xb2", b"\xb9\xb2", b"NaN", b"1_0"),
)
"""Where readers of numbers differ; Python's int takes no more than 4,300 digits."""

_DIGITS = re.compile(rb"[0-9]+")
_FRAME = re.compile(rb"8=[^\x01]*\x019=[^\x01]*\x01")
_TRAILER = re.compile(rb"\x0110=[^\x01]*(?:\x01|\Z)")


class Mutator:
    """Changes inputs of one kind: `words` are in them, `separator` stands between their fields."""

    def __init__(self, chance: random.Random, words: Sequence[bytes], separator: bytes) -> None:
        self._chance = chance
        self._words = words
        self._separator = separator
        self._changes: tuple[Callable[[bytes], bytes], ...] = (
            *(
                self._flip,
                self._overwrite,
                self._cut_off,
                self._take_out,
                self._double,
                self._noise,
            ),
            *(self._word, self._word, self._number, self._number, self._cross),
            *(self._drop_field, self._repeat_field, self._swap_fields, self._insert_field) * 2,
            *(self._change_value,) * 4,
        )
        self._corpus: Sequence[bytes] = ()

    def mutant(self, corpus: Sequence[bytes]) -> bytes:
        """One of the corpus, changed a few times."""
        self._corpus = corpus
        chance = self._chance
        data = chance.choice(corpus)
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 8))):
            data = chance.choice(self._changes)(data)[:INPUT_BYTES_MAX]
        return repaired(data) if chance.random() < 0.4 else data

    # Places

    def _spot(self, data: bytes) -> int:
        return self._chance.randrange(len(data) + 1)

    def _stretch(self, data: bytes) -> tuple[int, int]:
        """From and to; short more often than long."""
        start = self._spot(data)
        return start, start + self._chance.choice((1, 2, 4, 8, 30, 200))

    # Bytes

    def _flip(self, data: bytes) -> bytes:
        if not data:
            return data
        spot = self._chance.randrange(len(data))
        bit = 1 << self._chance.randrange(8)
        return data[:spot] + bytes((data[spot] ^ bit,)) + data[spot + 1 :]

    def _overwrite(self, data: bytes) -> bytes:
        start, end = self._stretch(data)
        return data[:start] + self._chance.randbytes(min(end, len(data)) - start) + data[end:]

    def _cut_off(self, data: bytes) -> bytes:
        return data[: self._spot(data)]

    def _take_out(self, data: bytes) -> bytes:
        start, end = self._stretch(data)
        return data[:start] + data[end:]

    def _double(self, data: bytes) -> bytes:
        start, end = self._stretch(data)
        return data[:start] + data[start:end] * self._chance.choice((2, 2, 3, 20)) + data[end:]

    def _noise(self, data: bytes) -> bytes:
        spot = self._spot(data)
        return data[:spot] + self._chance.randbytes(self._chance.choice((1, 4, 20))) + data[spot:]

    def _cross(self, data: bytes) -> bytes:
        other = self._chance.choice(self._corpus)
        return data[: self._spot(data)] + other[self._spot(other) :]

    # Words and numbers

    def _word(self, data: bytes) -> bytes:
        start, end = self._stretch(data)
        end = self._chance.choice((start, end))
        return data[:start] + self._chance.choice(self._words) + data[end:]

    def _number(self, data: bytes) -> bytes:
        """Another number where one stands, often one nearby."""
        found = list(_DIGITS.finditer(data))
        if not found:
            return data
        number = self._chance.choice(found)
        if len(number[0]) < 10 and self._chance.random() < 0.5:
            new = b"%d" % (int(number[0]) + self._chance.choice((-10, -7, -1, 1, 7, 10)))
        else:
            new = self._chance.choice(NUMBERS)
        return data[: number.start()] + new + data[number.end() :]

    # Fields

    def _change_fields(self, data: bytes, change: Callable[[list[bytes]], None]) -> bytes:
        fields = data.split(self._separator)
        change(fields)
        return self._separator.join(fields)

    def _drop_field(self, data: bytes) -> bytes:
        return self._change_fields(data, lambda f: f.remove(self._chance.choice(f)))

    def _repeat_field(self, data: bytes) -> bytes:
        return self._change_fields(data, lambda f: f.insert(self._among(f), self._chance.choice(f)))

    def _insert_field(self, data: bytes) -> bytes:
        def insert(fields: list[bytes]) -> None:
            tag = self._chance.choice(fields).partition(b"=")[0]
            value = self._chance.choice(
                (self._chance.choice(fields).partition(b"=")[2], self._chance.choice(NUMBERS))
            )
            other = self._chance.choice(self._corpus).split(self._separator)
            field = self._chance.choice((tag + b"=" + value, self._chance.choice(other)))
            fields.insert(self._among(fields), field)

        return self._change_fields(data, insert)

    def _change_value(self, data: bytes) -> bytes:
        def change(fields: list[bytes]) -> None:
            i = self._chance.randrange(len(fields))
            other = self._chance.choice(fields).partition(b"=")[2]
            value = self._chance.choice(
                (self._chance.choice(NUMBERS), self._chance.choice(self._words), other)
            )
            fields[i] = fields[i].partition(b"=")[0] + b"=" + value

        return self._change_fields(data, change)

    def _swap_fields(self, data: bytes) -> bytes:
        def swap(fields: list[bytes]) -> None:
            i, j = self._chance.randrange(len(fields)), self._chance.randrange(len(fields))
            fields[i], fields[j] = fields[j], fields[i]

        return self._change_fields(data, swap)

    def _among(self, fields: list[bytes]) -> int:
        return self._chance.randrange(len(fields) + 1)


def repaired(data: bytes) -> bytes:
    """The same with BodyLength and CheckSum right wherever something like a frame stands."""
    whole, at = b"", 0
    while (head := _FRAME.search(data, at)) is not None:
        trailer = _TRAILER.search(data, head.end() - 1)
        if trailer is None:
            break
        begin, body = head[0].split(b"\x01")[0], data[head.end() : trailer.start() + 1]
        text = begin + b"\x019=%d\x01" % len(body) + body
        whole += data[at : head.start()] + text + b"10=%03d\x01" % check_sum_of(text)
        at = trailer.end()
    return whole + data[at:]
