"""FIX written with `|` in tests: messages made whole, and read back to what matters in them.

A message is written without what every message has. `35=0|34=2|112=HELLO` gets BeginString,
BodyLength, the comp ids with SendingTime behind 35, 34 and 43, and CheckSum; `short` takes exactly
these away again, so that equal short forms mean equal bytes. A Logon in FIXT.1.1 gets its
DefaultApplVerID at the end. A message written from `8=` on is taken as it stands, but for
BodyLength and CheckSum where they are missing; anything else goes to the wire as it is. `{begin}`
stands for BeginString, `{now}`, `{now+10}`, `{now-121}` for UTCTimestamps, seconds from now.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import fixcore

from gateway.fix.application import SERVED
from gateway.fix.decoder import Decoder
from gateway.fix.dictionary import DataDictionary
from gateway.fix.message import Message
from gateway.fix.times import NANOS_PER_SECOND, format_utc_timestamp
from gateway.fix.versions import (
    APPL_VER_IDS,
    FIX42,
    FIX44,
    FIX50SP2,
    NAMES,
    Versions,
    msg_types,
)

SOH = "\x01"
SECOND = NANOS_PER_SECOND
START = 1_795_348_800 * SECOND
"""20261122-12:00:00 UTC, a Sunday on which no clock is changed."""

MEMBER, VENUE = "AVA", "PIT"

_BEFORE_COMP_IDS = frozenset({"35", "34", "43"})
_MOMENT = re.compile(r"\{now([+-][0-9.]+)?\}")


def soh(text: str) -> bytes:
    """The fields as they are, nothing added but the separator at the end."""
    return (text.replace("|", SOH) + SOH).encode("latin-1")


def piped(data: bytes) -> str:
    """Wire bytes as text, `|` between the fields."""
    return data.decode("latin-1").removesuffix(SOH).replace(SOH, "|")


def pairs_of(data: bytes) -> list[tuple[str, str]]:
    """Tag and value of every field; only for messages without data fields."""
    parts = (field.partition("=") for field in data.decode("latin-1").split(SOH)[:-1])
    return [(tag, value) for tag, _, value in parts]


def check_sum_of(data: bytes) -> int:
    """The sum of all bytes modulo 256, the slow way."""
    return sum(data) % 256


def complete(text: str) -> bytes:
    """A message from `8=` on, with BodyLength and CheckSum put in where the text has none."""
    fields = text.split("|")
    trailer = fields.pop() if fields[-1].startswith("10=") else ""
    if not fields[1:2] or not fields[1].startswith("9="):
        fields.insert(1, f"9={len('|'.join(fields[1:])) + 1}")
    data = soh("|".join(fields))
    return data + (soh(trailer) if trailer else b"10=%03d\x01" % check_sum_of(data))


class Dialect(NamedTuple):
    """What one side writes in every message it sends."""

    sender: str
    target: str
    begin_string: str = "FIX.4.4"

    @property
    def appl_ver_id(self) -> str:
        """DefaultApplVerID(1137) of a Logon, "" where there is none."""
        return APPL_VER_IDS.get(NAMES.get(self.begin_string, ""), "")

    def whole(self, text: str, now: int = START) -> bytes:
        """The bytes of a message written in short; `text` may have any part of the header."""
        text = at(text, now).replace("{begin}", self.begin_string)
        if text.startswith("8="):
            return complete(text)
        if not text.startswith("35="):
            return soh(text)
        fields = text.split("|")
        head = next(
            (i for i, f in enumerate(fields) if f.partition("=")[0] not in _BEFORE_COMP_IDS),
            len(fields),
        )
        standard = (f"49={self.sender}", f"52={format_utc_timestamp(now)}", f"56={self.target}")
        given = {field.partition("=")[0] for field in fields}
        comp_ids = [field for field in standard if field[:2] not in given]
        if fields[0] == "35=A" and self.appl_ver_id and "1137" not in given:
            fields.append(f"1137={self.appl_ver_id}")
        return complete(
            "|".join([f"8={self.begin_string}", *fields[:head], *comp_ids, *fields[head:]])
        )

    def short(self, data: bytes, now: int = START) -> str:
        """The short form of what this side wrote at `now`; in full if that would hide anything."""
        fields = piped(data).split("|")
        hidden = {"8", "9", "10", "49", "52", "56"} | ({"1137"} if "35=A" in fields else set())
        text = "|".join(f for f in fields if f.partition("=")[0] not in hidden)
        return text if self.whole(text, now) == data else piped(data)


def dialects(member: str, version: str) -> tuple[Dialect, Dialect]:
    """What a member writes in every message of a version, and what the venue writes to it."""
    begin_string = next(begin for begin, name in NAMES.items() if name == version)
    return Dialect(member, VENUE, begin_string), Dialect(VENUE, member, begin_string)


TO_VENUE = Dialect(MEMBER, VENUE)
FROM_VENUE = Dialect(VENUE, MEMBER)


def at(text: str, now: int) -> str:
    """The text with `{now}` and its kin filled in."""

    def moment(found: re.Match[str]) -> str:
        return format_utc_timestamp(now + round(float(found[1] or "0") * SECOND))

    return _MOMENT.sub(moment, text)


def message(text: str, now: int = START) -> bytes:
    """A message from member AVA to the venue."""
    return TO_VENUE.whole(text, now)


@cache
def our_versions() -> Versions:
    """The versions as this venue speaks them."""
    return Versions(SERVED)


@cache
def stock_versions() -> Versions:
    """All of every version, by the dictionaries of a QuickFIX release."""
    return Versions(frozenset(msg_types(FIX50SP2) | msg_types(FIX44)), stock)


@cache
def ours(version: str = FIX44) -> DataDictionary:
    """The dictionary of what this venue speaks."""
    return our_versions()[version].decoder.dictionary


@cache
def stock(version: str = FIX44) -> DataDictionary:
    """A version as a QuickFIX release has it (carried by fixcore)."""
    name, transport = {FIX42: ("FIX42", ""), FIX44: ("FIX44", "")}.get(
        version, ("FIX50SP2", "FIXT11")
    )
    found = DataDictionary(_stock_text(name))
    return found.carried_by(DataDictionary(_stock_text(transport))) if transport else found


def _stock_text(name: str) -> str:
    path = Path(fixcore.__file__).parent / "specs" / f"{name}.xml"
    return path.read_text(encoding="utf-8")


def our_decoder(version: str = FIX44) -> Decoder:
    """The decoder of the venue."""
    return our_versions()[version].decoder


def stock_decoder(version: str = FIX44) -> Decoder:
    """What a member with the stock dictionary validates by."""
    return stock_versions()[version].decoder


def decoded(data: bytes, decoder: Decoder | None = None) -> Message:
    """The message, validated step by step; raises SessionReject."""
    decoder = decoder or our_decoder()
    parsed = decoder.parse(data)
    assert parsed is not None, piped(data)
    decoder.validate(parsed)
    return parsed


class SentInMemory:
    """Sent messages by number (`resend.SentMessages`)."""

    def __init__(self) -> None:
        self.by_seq: dict[int, bytes] = {}

    def append(self, seq: int, data: bytes) -> None:
        """Keep a message under the next or a later number."""
        assert seq > max(self.by_seq, default=0)
        self.by_seq[seq] = data

    def get(self, seq: int) -> bytes | None:
        """The message with this number, None for admin ones."""
        return self.by_seq.get(seq)

    def clear(self) -> None:
        """Numbers start again at 1."""
        self.by_seq.clear()

    def __len__(self) -> int:
        return len(self.by_seq)
