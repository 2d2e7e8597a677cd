"""Copies of a member's reports for its drop-copy sessions: which messages, and what is added.

A copy says what the original said, ids included, in the version of the session that gets it, and in
OnBehalfOfCompID(115) whose report it is: ClOrdIDs are unique within a session only.
"""

from __future__ import annotations

from typing import Protocol

from gateway.fix.dictionary import SOH
from gateway.fix.report_style import ReportStyle


class Receiver(Protocol):
    """A session as the report writer sees it."""

    style: ReportStyle


class Everyone(dict[str, Receiver]):
    """Every session is written to as one of them is."""

    def __init__(self, receiver: Receiver) -> None:
        super().__init__()
        self._receiver = receiver

    def __missing__(self, comp_id: str) -> Receiver:
        return self._receiver


def is_copied(msg_type: str, body: str) -> bool:
    """Reports of what happened to orders are; answers to questions and to cancels are not."""
    return msg_type == "8" and f"{SOH}150=I{SOH}" not in body and f"{SOH}20=3{SOH}" not in body


def copied_from(session: str, body: str) -> str:
    """The body of a report as a copy of what `session` got."""
    behind = body.index(SOH) + 1 if body.startswith("57=") else 0
    return f"{body[:behind]}115={session}{SOH}{body[behind:]}"
