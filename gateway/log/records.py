"""What one entry of the log holds, and its encoding.

A record is a command of the engine, or what moved a FIX session otherwise; both in one order,
because outgoing sequence numbers follow from that order. Encoded as msgpack arrays (msgspec): 0.3
us each. A frame's payload is one msgpack array of records.
"""

from __future__ import annotations

import struct
from typing import Literal

import msgspec

from engine.commands import Command
from gateway.config_types import SessionConfig

DEFAULT_VERSION = "FIX.4.4"
"""What a session spoke in logs that do not say."""


class SessionOpened(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="session_opened"):
    """A session exists from here on, or is another one in what it may do: configured, admitted on
    its first Logon, or added while the venue runs, then with its `settings`.
    """

    comp_id: str
    member: str
    role: str = "order-entry"
    version: str = DEFAULT_VERSION
    settings: SessionConfig | None = None


class SessionState(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="session_state"):
    """The operator suspended a session, let it go on, or removed it."""

    comp_id: str
    state: Literal["active", "suspended", "removed"]


class PasswordChanged(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="password"):
    """A session's password is the one of this hash, as long as the venue file says `instead_of`."""

    comp_id: str
    hashed: str
    instead_of: str

    def __repr__(self) -> str:
        return f"PasswordChanged({self.comp_id!r}, ***)"


class SessionNumbers(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="numbers"):
    """A session's numbers after admin messages; a new `resets` count forgets what was sent.

    `version` is what the session speaks from here on, "" (in older logs) for no change.
    """

    comp_id: str
    next_in: int
    next_out: int
    resets: int
    version: str = ""


class SessionReply(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="reply"):
    """An application message that follows from no command of the engine."""

    comp_id: str
    msg_type: str
    body: str


class OutputHash(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="output_hash"):
    """What was said since the last entry of this kind: the CRC-32 of all application messages.

    `style` stands for what else than the log their bytes depend on: another one, no comparison.
    """

    crc: int
    style: int


class Voided(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="voided"):
    """A command that the operator declared not to have happened; never written, only read.

    `session` is who sent it, "" if nobody did.
    """

    session: str
    reason: str


Note = SessionOpened | SessionState | PasswordChanged | SessionNumbers
Apart = Note | SessionReply | OutputHash | Voided
"""What the engine never hears of."""
Entry = Command | Apart


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One entry with its stamps.

    `seq` counts from 1 without gaps; `at` is market time and `wall` real time, both ns UTC;
    `next_in` is what the session that sent the command expects next (0: no session did).
    """

    seq: int
    at: int
    wall: int
    next_in: int
    entry: Entry


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Record])


def encode_into(record: Record, buffer: bytearray) -> None:
    """Append the encoded record to `buffer`."""
    _encoder.encode_into(record, buffer, -1)


def payload(count: int, encoded: bytes | bytearray) -> bytes:
    """`count` encoded records as one msgpack array."""
    return struct.pack(">BI", 0xDD, count) + encoded


def decode(data: bytes) -> list[Record]:
    """The records of a frame's payload; raises msgspec.DecodeError or ValidationError."""
    return _decoder.decode(data)
