"""What the load generator says, encoded before the clock starts.

A `Tape` is one session's orders as one run of bytes, with the offset behind each order, so that
sending the next n orders is one slice. Nothing is encoded while a run is measured. The messages
are valid FIX.4.4 with their own BodyLength(9), CheckSum(10) and consecutive MsgSeqNum(34) from 2
(1 is the Logon); all share one SendingTime(52), which a venue accepts for about 120 s. A workload
is a rule that says which side and price order n has and whether a cancel follows it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate

BEGIN_STRING = b"FIX.4.4"
TARGET_COMP_ID = b"PIT"
SYMBOL = b"ERIC-B"
ORDER_QTY = 100
LEVELS = 50
"""Price levels a side in the workloads that never trade."""

FIRST_ORDER_SEQ = 2
MESSAGE_BYTES_MAX = 256
"""The longest piece for which Adler-32 without its leading 1 is still a plain sum of bytes."""

_TRAILERS = [b"10=%03d\x01" % value for value in range(256)]
_ORDER = (
    b"35=D\x0134=%d\x0149=%b\x0152=%b\x0156=%b\x0111=%b-%d\x0121=1\x01"
    b"38=%d\x0140=2\x0144=%b\x0154=%b\x0155=%b\x0159=0\x0160=%b\x01"
)
_CANCEL = (
    b"35=F\x0134=%d\x0149=%b\x0152=%b\x0156=%b\x0111=%b-X%d\x0138=%d\x0141=%b-%d\x01"
    b"54=%b\x0155=%b\x0160=%b\x01"
)


@dataclass(frozen=True, slots=True)
class Workload:
    """A named stream of orders: `plan(n)` is side and price of order n, counted from 0."""

    name: str
    text: str
    plan: Callable[[int], tuple[bytes, bytes]]
    cancels: bool = False
    trades: bool = False

    @property
    def done(self) -> bytes:
        """The field that says one order needs no further answer before its slot is free."""
        return b"\x01150=4\x01" if self.cancels else b"\x01150=0\x01"


def _prices(first_cents: int, step_cents: int) -> list[bytes]:
    cents = [first_cents + step_cents * level for level in range(LEVELS)]
    return [b"%d.%02d" % divmod(value, 100) for value in cents]


_BIDS = _prices(8698, -2)
_OFFERS = _prices(8800, 2)


def _plan_rest(n: int) -> tuple[bytes, bytes]:
    level = n // 2 % LEVELS
    return (b"2", _OFFERS[level]) if n % 2 else (b"1", _BIDS[level])


def _plan_cross(n: int) -> tuple[bytes, bytes]:
    return (b"2" if n % 2 else b"1"), b"87.30"


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload(
            "rest",
            f"buys and sells in turn that never cross, {LEVELS} price levels a side: all rest",
            _plan_rest,
        ),
        Workload(
            "cross",
            "a buy, then a sell at the same price and size: every two orders trade",
            _plan_cross,
            trades=True,
        ),
        Workload(
            "cancel",
            "as rest, and a cancel of each order right behind it: two messages an order",
            _plan_rest,
            cancels=True,
        ),
    )
}

CROWD_ORDERS = 20_000
CROWDED = Workload(
    "crowded",
    f"as cancel, while {CROWD_ORDERS:,} orders of another session rest at the same prices",
    _plan_rest,
    cancels=True,
)
"""Only for who brings the crowd along."""


@dataclass(frozen=True, slots=True)
class Tape:
    """One session's orders, encoded; `ends[n]` is the offset behind the first n orders."""

    sender: bytes
    workload: Workload
    data: bytes = field(repr=False)
    ends: list[int] = field(repr=False)

    @property
    def orders(self) -> int:
        """How many orders the tape holds."""
        return len(self.ends) - 1

    def next_seq(self, orders_sent: int) -> int:
        """MsgSeqNum(34) that follows the first `orders_sent` orders."""
        return FIRST_ORDER_SEQ + orders_sent * (2 if self.workload.cancels else 1)


def utc_timestamp() -> bytes:
    """The present moment as a FIX UTCTimestamp with milliseconds."""
    return datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3].encode()


def readable(data: bytes) -> str:
    """FIX bytes with `|` where SOH stands, at most the last 400 characters."""
    return data[-400:].replace(b"\x01", b"|").decode("ascii", "replace")


def frame(body: bytes) -> bytes:
    """A whole message around `body`, which begins with MsgType(35) and ends with a SOH."""
    head = b"8=%b\x019=%d\x01%b" % (BEGIN_STRING, len(body), body)
    assert len(head) <= MESSAGE_BYTES_MAX, len(head)
    return head + _TRAILERS[zlib.adler32(head, 0) & 0xFF]


def logon(sender: bytes, now: bytes | None = None) -> bytes:
    """A Logon that resets the sequence numbers, heartbeat 30 s; sent `now`, or at present."""
    header = _admin(b"A", sender, 1, now)
    return frame(header + b"98=0\x01108=30\x01141=Y\x01")


def heartbeat(sender: bytes, seq: int, test_req_id: bytes) -> bytes:
    """The answer to a TestRequest(1)."""
    return frame(_admin(b"0", sender, seq) + b"112=%b\x01" % test_req_id)


def logout(sender: bytes, seq: int) -> bytes:
    """A Logout without a text."""
    return frame(_admin(b"5", sender, seq))


def _admin(msg_type: bytes, sender: bytes, seq: int, now: bytes | None = None) -> bytes:
    values = (msg_type, seq, sender, now or utc_timestamp(), TARGET_COMP_ID)
    return b"35=%b\x0134=%d\x0149=%b\x0152=%b\x0156=%b\x01" % values


def encode_tape(
    workload: Workload, sender: bytes, orders: int, tag: bytes = b"", now: bytes | None = None
) -> Tape:
    """Encodes `orders` orders of the workload, about 1.5 microseconds a message.

    Every ClOrdID(11) begins with the sender and `tag`: a server that has met this sender before
    needs another tag. Times in it are `now`, or the present.
    """
    encode = _with_cancels if workload.cancels else _orders_only
    units = encode(workload, sender, sender + tag, orders, now or utc_timestamp())
    ends = list(accumulate(map(len, units), initial=0))
    return Tape(sender, workload, b"".join(units), ends)


def _order(workload: Workload, sender: bytes, prefix: bytes, n: int, seq: int, now: bytes) -> bytes:
    side, price = workload.plan(n)
    return _ORDER % (
        *(seq, sender, now, TARGET_COMP_ID, prefix, n),
        *(ORDER_QTY, price, side, SYMBOL, now),
    )


def _orders_only(
    workload: Workload, sender: bytes, prefix: bytes, orders: int, now: bytes
) -> list[bytes]:
    return [
        frame(_order(workload, sender, prefix, n, FIRST_ORDER_SEQ + n, now)) for n in range(orders)
    ]


def _with_cancels(
    workload: Workload, sender: bytes, prefix: bytes, orders: int, now: bytes
) -> list[bytes]:
    units = []
    for n in range(orders):
        seq = FIRST_ORDER_SEQ + 2 * n
        side, _ = workload.plan(n)
        cancel = _CANCEL % (
            *(seq + 1, sender, now, TARGET_COMP_ID, prefix, n),
            *(ORDER_QTY, prefix, n, side, SYMBOL, now),
        )
        units.append(frame(_order(workload, sender, prefix, n, seq, now)) + frame(cancel))
    return units
