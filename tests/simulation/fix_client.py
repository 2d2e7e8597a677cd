"""A client's side of a FIX session, in simulated time: a correct one, that never loses its state.

It keeps what it sent and what it got, closes gaps on both sides, and takes offence at anything the
venue must not do: a number used twice, a message that comes again as another one. What must not be
here: orders, which are `market`'s.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from tests.simulation.loop import SECOND
from tests.simulation.network import Line, World
from tests.support import wire
from tests.support.wire import Reader, Received

Fields = list[tuple[int, object]]


class Orders(Protocol):
    """What is done with application messages."""

    def hear(self, client: FixClient, message: Received) -> None:
        """An application message, in sequence, for the first time."""

    def given_up(self, client: FixClient, seq: int) -> None:
        """The application message of this number will not be sent again."""


class FixClient:
    """One session; `next_in` and `next_out` live longer than its connections."""

    def __init__(self, world: World, comp_id: str, orders: Orders) -> None:
        self._world = world
        self._orders = orders
        self.comp_id = comp_id
        self.next_in = 1
        self.next_out = 1
        self.sent: dict[int, tuple[str, Fields, int]] = {}
        self.heard: dict[int, dict[int, str]] = {}
        self.line: Line | None = None
        self.logged_on = False
        self.wants_down = False
        self.resent = 0
        self._kept: dict[int, Received] = {}
        self._asked = False
        self._reader = Reader()
        self._connected = False
        self._connect_at = 0
        self._sent_at = self._got_at = self._logon_at = 0
        self._tested = False

    @property
    def settled(self) -> bool:
        """Whether nothing is known to be missing."""
        return self.logged_on and not self._kept and not self._asked

    # The connection

    def tick(self) -> None:
        """Time has passed: connect, beat, or give the venue up."""
        now, interval = self._world.now, self._world.options.heartbeat * SECOND
        if self.line is None:
            if now >= self._connect_at:
                self.line = Line(self._world, self, self.comp_id)
                self._connected = self.logged_on = False
                self._logon_at = now
        elif not self.logged_on:
            if now - self._logon_at > 15 * SECOND:
                self.hang_up()
        elif now - self._got_at > interval * 12 // 5 + SECOND:
            self.hang_up()
        elif now - self._got_at > interval * 6 // 5 + SECOND // 2 and not self._tested:
            self._tested = True
            self.send("1", [(112, "ALIVE")])
        elif now - self._sent_at >= interval:
            self.send("0", [])

    def hang_up(self) -> None:
        """Close, and come back in a while."""
        if self.line is not None:
            self.line.close()
            self._down()

    def _down(self) -> None:
        self.line = None
        self.logged_on = self._connected = self.wants_down = False
        self._connect_at = self._world.now + round(self._world.rng.random() * 2 * SECOND)

    def taken(self, line: Line) -> None:
        """The connection is there: log on."""
        if line is not self.line:
            return
        self._reader = Reader()
        self._kept.clear()
        self._asked = False
        self._connected = True
        self._tested = False
        self._logon_at = self._got_at = self._world.now
        self.send("A", [(98, 0), (108, self._world.options.heartbeat)])

    def lost(self, line: Line) -> None:
        """It is gone."""
        if line is self.line:
            self._down()

    # Sending

    def send(self, msg_type: str, fields: Fields) -> int:
        """A message with the next number, which is returned."""
        seq = self.next_out
        self.next_out += 1
        if msg_type not in "0124A5":
            self.sent[seq] = msg_type, fields, self._world.now
        self._put(msg_type, seq, fields)
        return seq

    def _put(self, msg_type: str, seq: int, fields: Fields, again: int = -1) -> None:
        line = self.line
        if line is None or not self._connected:
            return
        now = self._world.now
        self._sent_at = now
        line.to_venue.send(encode(msg_type, self.comp_id, seq, fields, now, again))

    def _resend(self, begin: int, end: int) -> None:
        """Send again what the venue has not got, or tell it that it never will."""
        last = self.next_out - 1 if end == 0 else min(end, self.next_out - 1)
        seq, keeps = begin, self._world.options.resends
        while seq <= last:
            first = seq
            while seq <= last and not (keeps and seq in self.sent):
                if seq in self.sent:
                    self._orders.given_up(self, seq)
                seq += 1
            now = self._world.now
            if seq > first:
                self._put("4", first, [(123, "Y"), (36, seq)], now)
            if seq <= last:
                msg_type, fields, at = self.sent[seq]
                self._put(msg_type, seq, fields, at)
                self.resent += 1
                seq += 1

    def ask_again(self, begin: int) -> None:
        """Ask for what was got already: it must be the same."""
        self.send("2", [(7, begin), (16, self.next_in - 1)])

    # Receiving

    def got_message(self, message: Received) -> None:
        """One message of the connection of the moment."""
        self._got_at = self._world.now
        self._tested = False
        kind, seq = message.type, message.seq
        if not self.logged_on:
            if kind == "5":  # a farewell has no number of its own
                text = message.get(58, "")
                assert "too low" not in text and "expect" not in text, message  # noqa: PT018
                self.hang_up()
                return
            assert kind == "A", message
            self.logged_on = True
        if message.get(43) == "Y" and seq < self.next_in:
            self._compare(message)
            return
        assert seq >= self.next_in or kind == "5", ("number used again", self.next_in, message)
        if kind in "25":
            self._at_once(message)
            if self.line is None:
                return
        if seq > self.next_in:
            self._kept.setdefault(seq, message)
            if not self._asked:
                self._asked = True
                self.send("2", [(7, self.next_in), (16, 0)])
            return
        self._take(message)
        while self._kept and (kept := self._kept.pop(self.next_in, None)) is not None:
            self._take(kept)
        self._kept = {seq: m for seq, m in self._kept.items() if seq >= self.next_in}
        if not self._kept:
            self._asked = False

    def got(self, line: Line, data: bytes) -> None:
        """Bytes came."""
        if line is not self.line:
            return
        for message in self._reader.feed(data):
            if line is self.line:
                self.got_message(message)

    def _at_once(self, message: Received) -> None:
        """What cannot wait for its turn."""
        if message.type == "2":
            self._resend(int(message[7]), int(message[16]))
            return
        assert "too low" not in message.get(58, ""), message
        if message.seq == self.next_in and not self.wants_down:
            self.next_in += 1
        if not self.wants_down:
            self.send("5", [])
        self.hang_up()

    def _take(self, message: Received) -> None:
        """The message whose turn it is."""
        kind = message.type
        if kind == "4":
            assert message.get(123) == "Y", message
            new = int(message[36])
            assert new > message.seq, message
            covered = [seq for seq in range(message.seq, new) if seq in self.heard]
            assert not covered, ("gap fill over reports", covered)
            self.next_in = new
            return
        self.next_in += 1
        if kind == "1":
            self.send("0", [(112, message[112])])
        elif kind not in "025A":
            assert kind in "89", message
            self.heard[message.seq] = message.content()
            self._orders.hear(self, message)

    def _compare(self, message: Received) -> None:
        """What comes again is what it was."""
        if message.type == "4":
            covered = [s for s in range(message.seq, int(message[36])) if s in self.heard]
            assert not covered, ("gap fill over reports", covered)
            # It may reach further than what is known.
            self.next_in = max(self.next_in, int(message[36]))
        elif message.type in "89":
            assert self.heard[message.seq] == message.content(), (self.heard[message.seq], message)


def encode(
    msg_type: str, sender: str, seq: int, fields: Fields, now: int, again: int = -1
) -> bytes:
    """A message to the venue; `again` from 0 on: sent again, first at that time."""
    dup = "43=Y\x01" if again >= 0 else ""
    first = f"122={_time_text(again // 1_000_000)}\x01" if again >= 0 else ""
    rest = "".join(f"{tag}={value}\x01" for tag, value in fields)
    time = _time_text(now // 1_000_000)
    body = f"35={msg_type}\x0134={seq}\x01{dup}49={sender}\x0152={time}\x0156=PIT\x01{first}{rest}"
    data = f"8=FIX.4.4\x019={len(body)}\x01{body}".encode()
    return data + b"10=%03d\x01" % (sum(data) % 256)


@lru_cache(maxsize=1024)
def _time_text(millis: int) -> str:
    return wire.time_text(millis * 1_000_000)
