"""Everything the venue has ever written, heard as it leaves: what it must never say.

No report of what is not durable; no number used for two messages; nothing sent again as anything
else than it was. What must not be here: what clients make of it.
"""

from __future__ import annotations

from tests.support.wire import Reader, Received

UNNUMBERED = "5"
"""A farewell on a connection that carries no session bears a number without using it."""


class Wiretap:
    """Hears all connections; `resent` counts reports that went again."""

    def __init__(self) -> None:
        self.resent = 0
        self._highest: dict[str, int] = {}
        self._said: dict[str, dict[int, dict[int, str]]] = {}

    def hear(self, comp_id: str, data: bytes, durable_seq: int, durable_trades: int) -> None:
        """The venue writes whole messages to a client while the log is durable so far."""
        for message in Reader().feed(data):
            self._hear(comp_id, message, durable_seq, durable_trades)

    def _hear(self, comp_id: str, message: Received, durable_seq: int, trades: int) -> None:
        seq, kind = message.seq, message.type
        said = self._said.setdefault(comp_id, {})
        highest = self._highest.get(comp_id, 0)
        if kind == "8":
            _check_durable(message, durable_seq, trades)
        if message.get(43) == "Y":
            if kind == "4":
                covered = [n for n in range(seq, int(message[36])) if n in said]
                assert not covered, ("gap fill over reports", covered, message)
            else:
                self.resent += 1
                # Reports made while nobody was connected are heard first when they go again.
                before = said.setdefault(seq, message.content())
                assert before == message.content(), ("sent again as another", before, message)
            return
        assert seq > highest, ("number used twice", highest, message)
        if kind != UNNUMBERED:
            self._highest[comp_id] = seq
        if kind in "89j":
            said[seq] = message.content()


def _check_durable(message: Received, durable_seq: int, trades: int) -> None:
    """The command or the trade that its ExecID(17) names is in the durable log."""
    first = message[17].partition("-")[0]
    if first.startswith("T"):
        assert int(first[1:]) <= trades, ("fill told before it is durable", trades, message)
    else:
        assert int(first) <= durable_seq, ("told before it is durable", durable_seq, message)
