"""FIX 4.4 messages as a client writes and reads them, apart from the venue's own codec.

Written with simplefix, read by hand: a message that comes in must have the right BodyLength and
CheckSum, or reading it fails. Text forms use `|` for the separator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import simplefix

VENUE = "PIT"
ADMIN_TYPES = "0 1 2 3 4 5 A"
Fields = Iterable[tuple[int, object]]

_HEADER = re.compile(rb"8=FIX\.4\.4\x019=(\d+)\x01")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Received(dict[int, str]):
    """A message from the venue: tag -> value (the last one of a repeated tag), and its bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        pairs = [field.split("=", 1) for field in data.decode("latin-1").split("\x01")[:-1]]
        super().__init__((int(tag), value) for tag, value in pairs)

    @property
    def type(self) -> str:
        """MsgType(35)."""
        return self[35]

    @property
    def seq(self) -> int:
        """MsgSeqNum(34)."""
        return int(self[34])

    @property
    def first_sent(self) -> str:
        """OrigSendingTime(122) of a message that is sent again, else SendingTime(52)."""
        return self[122] if 122 in self else self[52]

    def text(self, *tags: int) -> str:
        """Some of its fields in the order asked for, `tag=value|tag=value`, without absent ones."""
        return "|".join(f"{tag}={self[tag]}" for tag in tags if tag in self)

    def content(self) -> dict[int, str]:
        """All that must be the same when the message is sent again."""
        return {tag: value for tag, value in self.items() if tag not in {8, 9, 10, 43, 52, 122}}


class Reader:
    """Bytes in, whole messages out; raises AssertionError for anything that is not FIX."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> list[Received]:
        """The messages completed by `data`."""
        self._data += data
        found = []
        while (size := self._whole()) > 0:
            found.append(Received(self._data[:size]))
            self._data = self._data[size:]
        return found

    def _whole(self) -> int:
        """The length of the first message if all of it is here, else 0."""
        head = _HEADER.match(self._data)
        if head is None:
            assert len(self._data) < 20 and b"8=FIX.4.4\x019=".startswith(self._data[:12])  # noqa: PT018
            return 0
        size = head.end() + int(head[1]) + 7
        if len(self._data) < size:
            return 0
        total = sum(self._data[: size - 7]) % 256
        assert self._data[size - 7 : size] == b"10=%03d\x01" % total, self._data[:size]
        return size


def read(data: bytes) -> list[Received]:
    """The messages in `data`, which must end with one."""
    reader = Reader()
    found = reader.feed(data)
    assert sum(len(message.data) for message in found) == len(data)
    return found


def time_text(nanos: int) -> str:
    """UTCTimestamp in milliseconds."""
    return (_EPOCH + timedelta(microseconds=nanos // 1_000)).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


def message(
    msg_type: str,
    sender: str,
    seq: int,
    fields: Fields = (),
    *,
    now: int,
    again: int | None = None,
) -> bytes:
    """A message to the venue at `now` (ns UTC); `again`: resent, first sent at that time."""
    out = simplefix.FixMessage()
    header: list[tuple[int, object]] = [(8, "FIX.4.4"), (35, msg_type), (34, seq)]
    header += [(43, "Y")] if again is not None else []
    header += [(49, sender), (52, time_text(now)), (56, VENUE)]
    header += [(122, time_text(again))] if again is not None else []
    for tag, value in [*header, *fields]:
        out.append_pair(tag, value)
    data: bytes = out.encode()
    return data


def order(
    cl_ord_id: str, side: str, qty: int, price: str, symbol: str = "ERIC-B", **more: str
) -> list[tuple[int, object]]:
    """Fields of a NewOrderSingle; `more` as `_59="3"`."""
    fields: dict[int, object] = {11: cl_ord_id, 38: qty, 40: "2", 44: price, 54: side, 55: symbol}
    fields[60] = "20261122-10:00:00"
    return sorted({**fields, **_tags(more)}.items())


def cancel(
    cl_ord_id: str, orig_cl_ord_id: str, side: str, symbol: str = "ERIC-B"
) -> list[tuple[int, object]]:
    """Fields of an OrderCancelRequest."""
    return [
        (11, cl_ord_id),
        (41, orig_cl_ord_id),
        (54, side),
        (55, symbol),
        (60, "20261122-10:00:00"),
    ]


def _tags(more: Mapping[str, str]) -> dict[int, object]:
    return {int(name.lstrip("_")): value for name, value in more.items()}
