"""The one exit: what follows from a command leaves after the command is durable, in order.

Events become messages at once and are numbered at once, because numbers are state. The bytes wait:
at the end of a loop turn each session's output is joined to one piece and held under the last seq
of that turn; when the log says that seq is durable, the pieces go to their connections, one write
each. Nothing that depends on a command can be on the wire before it.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from engine.events import Event
from gateway.fix.execution_reports import ReportWriter
from gateway.fix.session import FixSession
from gateway.fix.times import format_utc_timestamp
from gateway.log.records import SessionReply
from gateway.sessions import Sessions


class Wire(Protocol):
    """Where a session's bytes go: its connection of the moment."""

    def write(self, data: bytes) -> None:
        """Send; ignored when the connection is gone."""

    def finish(self) -> None:
        """Send what is written, then close."""

    def unread(self) -> int:
        """Bytes written that the peer has not taken yet."""


class Publisher:
    """Turns events into messages, and lets them go when they may."""

    def __init__(self, sessions: Sessions, writer: ReportWriter) -> None:
        self.sessions = sessions
        self.durable_seq = 0
        self._writer = writer
        self._held: deque[tuple[int, Wire, bytes, bool]] = deque()
        self._wires: dict[FixSession, Wire] = {}

    def publish(self, events: list[Event], seq: int, at: int, wall: int) -> None:
        """Number and keep the messages that follow from a command."""
        sending_time = format_utc_timestamp(wall)
        outgoing = self.sessions.outgoing
        for comp_id, msg_type, body in self._writer.write(events, seq, at):
            out = outgoing[comp_id]
            time = sending_time if out.style.is_usual else out.time_text(wall)
            out.send_application(msg_type, body, time)

    def reply(self, entry: SessionReply, wall: int) -> None:
        """Number and keep one message to one session."""
        out = self.sessions.outgoing[entry.comp_id]
        out.send_application(entry.msg_type, entry.body, out.time_text(wall))

    def attach(self, session: FixSession, wire: Wire) -> None:
        """The session has a connection."""
        self._wires[session] = wire

    def detach(self, session: FixSession) -> None:
        """The session has none; what is held for the old one is dropped there."""
        self._wires.pop(session, None)

    def unread(self, session: FixSession) -> int:
        """Bytes the session's peer has not taken yet, held ones apart."""
        wire = self._wires.get(session)
        return 0 if wire is None else wire.unread()

    def collect(self, sessions: list[FixSession], seq: int, now: int) -> None:
        """Hold what these sessions want to say until `seq` is durable; call once per turn."""
        for session in sessions:
            wire = self._wires.get(session)
            if wire is not None and (session.out.outbox or session.wants_close):
                data = b"".join(session.out.outbox)
                session.out.outbox.clear()
                session.note_sent(now)
                self._held.append((seq, wire, data, session.wants_close))
        self.release(self.durable_seq)

    def release(self, durable_seq: int) -> None:
        """The log is durable up to here: let go what waited for it."""
        self.durable_seq = durable_seq
        held = self._held
        while held and held[0][0] <= durable_seq:
            _, wire, data, close = held.popleft()
            if data:
                wire.write(data)
            if close:
                wire.finish()
