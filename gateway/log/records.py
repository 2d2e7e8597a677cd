"""What one entry of the log holds, and its encoding.

A record is a command of the engine, or what moved a FIX session otherwise; both in one order,
because outgoing sequence numbers follow from that order. Encoded as msgpack arrays (msgspec): 0.3
us each. A frame's payload is one msgpack array of records.
"""

from __future__ import annotations

import struct

import msgspec

from engine.commands import Command


class SessionOpened(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="session_opened"):
    """A session exists from here on: configured, or admitted on its first Logon."""

    comp_id: str
    member: str


class SessionNumbers(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="numbers"):
    """A session's numbers after admin messages; a new `resets` count forgets what was sent."""

    comp_id: str
    next_in: int
    next_out: int
    resets: int


class SessionReply(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="reply"):
    """An application message that follows from no command of the engine."""

    comp_id: str
    msg_type: str
    body: str


Entry = Command | SessionOpened | SessionNumbers | SessionReply


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


def payload(count: int, encoded: bytearray) -> bytes:
    """`count` encoded records as one msgpack array."""
    return struct.pack(">BI", 0xDD, count) + encoded


def decode(data: bytes) -> list[Record]:
    """The records of a frame's payload; raises msgspec.DecodeError or ValidationError."""
    return _decoder.decode(data)
