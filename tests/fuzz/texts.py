"""Two little borders: the viewer, which is shown anything, and hashes of passwords."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache

from gateway import passwords, view
from tests.fuzz import corpus

VERSIONS = frozenset({"FIX.4.2", "FIX.4.4", "FIXT.1.1"})
"""Names for any other are looked for in all dictionaries again, which takes its time."""

CHEAP = 2**12
"""N * r * p of a hash that is checked in a millisecond."""


def view_run(line: bytes) -> Hashable:
    """Every message found is shown both ways, without its secrets."""
    seen = list(view.find(line))
    for one in seen:
        assert one.fields[0][0] == 8
        for tag, value in one.fields:
            assert tag != 554 or value in (view.MASK, "")
        if one.text(8) in VERSIONS:
            in_full, one_line = view.in_full(one), view.one_line(one)
            assert len(in_full.splitlines()) == len(one.fields) + 2
            assert one_line.endswith("\n")
            assert one_line.count("\n") == 1
    return len(seen), sum(len(one.remarks) for one in seen), max(map(_size, seen), default=0)


def _size(one: view.Seen) -> int:
    return len(one.fields).bit_length()


@cache
def view_seeds() -> tuple[bytes, ...]:
    """Messages in the spellings of logs, some with a prefix."""
    found = [stream[:1_500] for stream in corpus.streams()]
    found += [b"20261122 in " + data.replace(b"\x01", b"|") for data in corpus.messages()]
    return (*found, corpus.messages()[0].replace(b"\x01", b"^A"))


HASH = b"scrypt$1024$1$1$c2FsdHNhbHQ=$WhGe5I2WOpJ9vY5CwFo4PrEHtLnvqQOUDPVZKcFQHKk="

PASSWORD_WORDS = (
    *(b"$", b"$$", b"scrypt", b"=", b"==", b"\xe4", b"1024", b"1025", b"65536", b"131072", b"0"),
    *(b"-1", b"9" * 5000, b"\xb2", b" 1", b"1_0", b"c2FsdHNhbHQ=", b"c2FsdHNhbHQ", b"\n", b"\x00"),
)


def password_run(data: bytes) -> Hashable:
    """A text is a hash or it is not; a wrong password never matches."""
    text = data.decode("latin-1")
    known = passwords.is_hash(text)
    if not known:
        assert not passwords.matches("secret", text)
        return len(text.split("$"))
    n, r, p = (int(part) for part in text.split("$")[1:4])
    if n * r * p <= CHEAP:
        assert not passwords.matches(text, text)
    return n, r, p


def password_seeds() -> tuple[bytes, ...]:
    """A hash, and what is none."""
    return HASH, HASH.replace(b"1024", b"16384"), b"", b"scrypt$", b"secret"
