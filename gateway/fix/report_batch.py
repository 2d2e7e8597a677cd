"""The messages that one command brings about, as they are composed from tables of fields.

A writer is a function of the batch and one event; writers stand by subject in `order_reports`,
`answers` and beside. What each says of an order is `order_fields`; the few reports of every day are
written by `execution_reports` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.fix.dictionary import SOH
from gateway.fix.drop_copy import Receiver
from gateway.fix.report_style import ReportStyle

Report = tuple[str, str, str]
"""One application message: comp id of its session, MsgType, body; a plain tuple, made often."""

_NOTHING: frozenset[int] = frozenset()
"""A message that the version does not have at all; nobody gets to see it."""


class ReportBatch:
    """The messages of one command so far; `seq` is its number, `at` its market time."""

    def __init__(self, receivers: Mapping[str, Receiver]) -> None:
        self._styled = receivers
        self._reports: list[Report] = []
        self.seq = 0
        self.at = 0

    def style(self, session: str) -> ReportStyle:
        """How a session is written to."""
        return self._styled[session].style

    def time(self, session: str) -> str:
        """Market time as a session reads it."""
        return self._styled[session].style.time(self.at)

    def exec_id(self) -> str:
        """ExecID(17) of the next message."""
        return f"{self.seq}-{len(self._reports) + 1}"

    def add(self, session: str, msg_type: str, trader: str, fields: dict[int, object]) -> None:
        """Add a message of those fields that have a value and that the session's version defines
        for it. A repeating group is the value of its count tag, the fields behind it included.
        """
        known = self._styled[session].style.known.get(msg_type, _NOTHING)
        body = "".join(
            f"{tag}={value}{SOH}"
            for tag, value in sorted(fields.items())
            if value != "" and tag in known
        )
        front = f"57={trader}{SOH}" if trader else ""
        self.put(session, msg_type, front + body)

    def put(self, session: str, msg_type: str, body: str) -> None:
        """Add a message that is written already."""
        self._reports.append((session, msg_type, body))


Writer = Callable[[ReportBatch, Any], None]
Writers = dict[type[Any], Writer]
"""By the type of event; each writes one message for each session that hears of it."""
