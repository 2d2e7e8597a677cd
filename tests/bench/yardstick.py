"""A fixed piece of plain Python to measure the venue against: the same kind of work, never changed.

Messages are cut, split into a dict, looked up, matched by a pattern, turned into objects that stand
in a dict and a queue, and answered with a formatted report, checksum included. What a processor or
an interpreter makes slower here it makes slower in the venue too. To change anything below is to
void every ratio that was kept.
"""

from __future__ import annotations

import re
from collections import deque

MESSAGES = 320
_RESTING_MAX = 1_000
_ORDER = (
    b"35=D\x0134=%d\x0149=YARD\x0152=20260101-09:00:00.000\x0156=PIT\x0111=YARD-%d\x0121=1\x01"
    b"38=100\x0140=2\x0144=%d.%02d\x0154=%d\x0155=ERIC-B\x0159=0\x0160=20260101-09:00:00.000\x01"
)
_DECIMAL = re.compile(rb"(\d+)(?:\.(\d{1,4}))?")
_REPORT = (
    b"35=8\x0134=%d\x0149=PIT\x0152=%b\x0156=%b\x016=0\x0111=%b\x0114=0\x0117=E%d\x0137=O%d\x01"
    b"38=%d\x0139=0\x0140=2\x0144=%b\x0154=%b\x0155=%b\x0159=0\x0160=%b\x01150=0\x01151=%d\x01"
)


def _framed(body: bytes) -> bytes:
    head = b"8=FIX.4.4\x019=%d\x01%b" % (len(body), body)
    return b"%b10=%03d\x01" % (head, sum(head) & 0xFF)


def _message(number: int) -> bytes:
    side = number % 2
    return _framed(_ORDER % (number + 2, number, 87 + side, number % 50 * 2, side + 1))


class _Order:
    __slots__ = ("cl_ord_id", "leaves_qty", "number", "price", "side")

    def __init__(self, number: int, cl_ord_id: bytes, side: bytes, price: int, qty: int) -> None:
        self.number = number
        self.cl_ord_id = cl_ord_id
        self.side = side
        self.price = price
        self.leaves_qty = qty


class Yardstick:
    """The work, and the little state that it needs."""

    def __init__(self) -> None:
        self._data = b"".join(_message(number) for number in range(MESSAGES))
        self.resting: dict[bytes, _Order] = {}
        self._levels: dict[int, int] = {}
        self._queue: deque[_Order] = deque()
        self._number = 0

    def turn(self) -> bytes:
        """Takes `MESSAGES` messages; returns the reports."""
        reports = []
        data, at, end = self._data, 0, len(self._data)
        while at < end:
            stop = data.index(b"\x0110=", at) + 8
            reports.append(self._answer(data[at:stop]))
            at = stop
        return b"".join(reports)

    def _answer(self, frame: bytes) -> bytes:
        fields: dict[int, bytes] = {}
        for field in frame[:-1].split(b"\x01"):
            tag, _, value = field.partition(b"=")
            if not value:
                raise ValueError(field)
            fields[int(tag)] = value
        if int(fields[10]) != sum(frame[:-7]) & 0xFF:
            raise ValueError(frame)
        order = self._accept(fields)
        return _framed(
            _REPORT
            % (
                *(order.number, fields[52], fields[49], order.cl_ord_id, order.number),
                *(order.number, order.leaves_qty, fields[44], order.side, fields[55]),
                *(fields[60], order.leaves_qty),
            )
        )

    def _accept(self, fields: dict[int, bytes]) -> _Order:
        match = _DECIMAL.fullmatch(fields[44])
        if match is None:
            raise ValueError(fields[44])
        price = int(match[1]) * 10_000 + int((match[2] or b"").ljust(4, b"0"))
        self._number = number = self._number + 1
        order = _Order(number, b"%b/%d" % (fields[11], number), fields[54], price, int(fields[38]))
        self.resting[order.cl_ord_id] = order
        self._queue.append(order)
        self._levels[price] = self._levels.get(price, 0) + order.leaves_qty
        if len(self._queue) > _RESTING_MAX:
            gone = self._queue.popleft()
            del self.resting[gone.cl_ord_id]
            self._levels[gone.price] -= gone.leaves_qty
        return order
