"""What goes into a client session at its start, and what it tells its owner. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.client.wire import Message


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """Who talks to whom and how; `heartbeat_seconds` 0 switches heartbeats off."""

    sender_comp_id: str
    target_comp_id: str
    begin_string: str = "FIX.4.4"
    heartbeat_seconds: int = 30
    reset: bool = True
    username: str | None = None
    password: str | None = None


@dataclass(slots=True)
class SequenceNumbers:
    """The next MsgSeqNum(34) of each direction; with a state file they outlive the connection."""

    out: int = 1
    into: int = 1


@dataclass(frozen=True, slots=True)
class LoggedOn:
    """The venue has answered the Logon(A)."""

    heartbeat_seconds: int


@dataclass(frozen=True, slots=True)
class Received:
    """A message for the application, in sequence; Reject(3) and the venue's Logout(5) too."""

    message: Message


@dataclass(frozen=True, slots=True)
class Alive:
    """The venue has answered a TestRequest(1), so many nanoseconds after it was sent."""

    test_req_id: str
    elapsed: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reader of the session wants to know, such as a gap."""

    text: str


@dataclass(frozen=True, slots=True)
class Wire:
    """One message as bytes, `>` out or `<` in."""

    direction: Literal["<", ">"]
    frame: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """The session is over, once; `clean` when this side asked for it."""

    reason: str
    clean: bool


Event = LoggedOn | Received | Alive | Note | Wire | Closed
