"""Reads everything a session received and says what was wrong with it.

A fast server that loses, refuses or garbles is not fast: each run is checked in whole after its
clock has stopped. All counts and all MsgSeqNum(34) are checked over the full stream; BodyLength(9)
and CheckSum(10) message by message over the last `FULL_CHECK_BYTES` of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.messages import Workload, readable

FULL_CHECK_BYTES = 262_144

_MSG_TYPE = re.compile(rb"\x0135=([^\x01]+)\x01")
_MSG_SEQ_NUM = re.compile(rb"\x0134=(\d+)\x01")
_EXEC_TYPE = re.compile(rb"\x01150=([^\x01]+)\x01")
_MESSAGE = re.compile(rb"8=FIX[^\x01]+\x019=(\d+)\x01")
_TRAILER = re.compile(rb"10=(\d{3})\x01")
_EXPECTED_TYPES = {b"A", b"8", b"0", b"1", b"5"}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a server promises: `sequence` real MsgSeqNum(34), `fills` orders that cross trade."""

    sequence: bool = True
    fills: bool = True


def check_stream(
    stream: bytes, workload: Workload, orders: int, expectation: Expectation
) -> list[str]:
    """What was wrong with all that one session received for `orders` orders; empty if nothing."""
    return [
        *_check_types(stream),
        *_check_exec_types(stream, workload, orders, expectation),
        *(_check_sequence(stream) if expectation.sequence else ()),
        *_check_framing(stream[-FULL_CHECK_BYTES:]),
    ]


def _check_types(stream: bytes) -> Iterator[str]:
    for msg_type, number in Counter(_MSG_TYPE.findall(stream)).items():
        if msg_type not in _EXPECTED_TYPES:
            first = _first_with(stream, b"\x0135=%b\x01" % msg_type)
            yield f"{number} messages of MsgType(35) {msg_type.decode()}, the first: {first}"


def _check_exec_types(
    stream: bytes, workload: Workload, orders: int, expectation: Expectation
) -> Iterator[str]:
    expected = Counter({b"0": orders})
    if workload.cancels:
        expected[b"4"] = orders
    if workload.trades and expectation.fills:
        expected[b"F"] = orders
    actual = Counter(_EXEC_TYPE.findall(stream))
    for value in sorted(expected | actual):
        if actual[value] != expected[value]:
            first = _first_with(stream, b"\x01150=%b\x01" % value)
            yield (
                f"ExecType(150) {value.decode()} must come {expected[value]} times, "
                f"was {actual[value]}, the first: {first}"
            )


def _check_sequence(stream: bytes) -> Iterator[str]:
    numbers = list(map(int, _MSG_SEQ_NUM.findall(stream)))
    if numbers == list(range(1, len(numbers) + 1)):
        return
    for expected, actual in enumerate(numbers, 1):
        if actual != expected:
            yield f"MsgSeqNum(34) must be {expected}, was {actual}"
            return


def _check_framing(stream: bytes) -> Iterator[str]:
    """Complaints about BodyLength and CheckSum from the first whole message to the very end."""
    at = 0 if stream.startswith(b"8=FIX") else stream.find(b"\x018=FIX") + 1
    while at < len(stream):
        head = _MESSAGE.match(stream, at)
        if head is None:
            yield f"no message begins at {readable(stream[at : at + 60])}"
            return
        end = head.end() + int(head[1])
        trailer = _TRAILER.match(stream, end)
        if trailer is None:
            yield f"BodyLength(9) does not lead to CheckSum(10) in {readable(stream[at:end])}"
            return
        total = sum(stream[at:end]) & 0xFF
        if int(trailer[1]) != total:
            yield f"CheckSum(10) must be {total:03}, was {trailer[1].decode()}"
            return
        at = trailer.end()


def _first_with(stream: bytes, needle: bytes) -> str:
    at = stream.find(needle)
    start = stream.rfind(b"8=FIX", 0, at)
    end = stream.find(b"\x0110=", at)
    return readable(stream[start : end + 8]) if at >= 0 else "none"
