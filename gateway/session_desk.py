"""What the operator does to sessions while the venue runs: add, suspend, remove, repair, reload.

Every change is a record of the log before it is felt, so that it is there after a restart. Sessions
of the venue file are changed in the file, which `reload` reads again; the desk can suspend them all
the same. What must not be here: who may use the desk, and how (HTTP, a signal).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec
import structlog

from engine.commands import CancelOnDisconnect
from gateway.config import Config, SessionConfig
from gateway.fix.acceptor import Acceptor
from gateway.fix.application import Application
from gateway.fix.session import FixSession
from gateway.fix.versions import DEFAULT, NAMES
from gateway.log.records import SessionOpened, SessionState
from gateway.sequencer import Sequencer
from gateway.sessions import Sessions, VenueSession
from gateway.turns import Turns

SEQ_NUM_MAX = 999_999_999

log = structlog.get_logger()


class DeskRefusal(Exception):
    """The desk does not do it: `code` is stable, the text says which rule and what was asked."""

    def __init__(self, code: Literal["unknown", "conflict", "bad_value"], text: str) -> None:
        super().__init__(text)
        self.code = code


class SessionView(msgspec.Struct, frozen=True):
    """A session as the operator sees it; `last_refusal` is why its last Logon was not accepted."""

    comp_id: str
    member: str
    role: str
    state: str
    connected: bool
    peer: str
    version: str
    next_in: int
    next_out: int
    resets: int
    unread_bytes: int
    last_refusal: str
    from_file: bool


class Clockwork(Protocol):
    """What looks after hours and resets."""

    def look_again(self) -> None:
        """Sessions have come, gone or changed."""


class SessionDesk:
    """The operator's hand on the sessions; `unread(session)` counts bytes a peer has not taken."""

    def __init__(
        self,
        sessions: Sessions,
        sequencer: Sequencer,
        application: Application,
        acceptor: Acceptor,
        turns: Turns,
        times: Clockwork,
        unread: Callable[[FixSession], int],
    ) -> None:
        self._sessions = sessions
        self._sequencer = sequencer
        self._application = application
        self._acceptor = acceptor
        self._turns = turns
        self._times = times
        self._unread = unread

    # Looking

    def views(self) -> list[SessionView]:
        """All sessions that were not removed, by comp id."""
        return [
            self.view(comp_id)
            for comp_id, session in sorted(self._sessions.by_comp_id.items())
            if session.state != "removed"
        ]

    def view(self, comp_id: str) -> SessionView:
        """One session; raises DeskRefusal for one that there is not."""
        session = self._find(comp_id)
        fix = session.fix
        connection = self._acceptor.connection_of(comp_id)
        return SessionView(
            comp_id=comp_id,
            member=session.member,
            role=session.role,
            state=session.state if session.admitted else "not configured",
            connected=fix.connected,
            peer=connection.peer if connection is not None else "",
            version=fix.version.name,
            next_in=fix.next_in,
            next_out=fix.out.next_out,
            resets=fix.resets,
            unread_bytes=self._unread(fix),
            last_refusal=session.refused,
            from_file=self._sessions.is_configured(comp_id),
        )

    def _find(self, comp_id: str) -> VenueSession:
        session = self._sessions.by_comp_id.get(comp_id)
        if session is None or session.state == "removed":
            raise DeskRefusal("unknown", f"comp_id must be that of a session, was {comp_id[:64]}")
        return session

    # Changing

    def add(self, config: SessionConfig) -> SessionView:
        """A session exists from here on, over restarts too; numbers start at 1."""
        comp_id = config.comp_id
        known = self._sessions.by_comp_id.get(comp_id)
        if known is not None and known.state != "removed" and known.admitted:
            raise DeskRefusal("conflict", f"comp_id must be new, was {comp_id}")
        if known is not None and known.fix.connected:
            # Its last connection is still being logged out: numbers in use do not begin again.
            raise _connected(comp_id)
        version = NAMES.get(config.begin_string or "", DEFAULT)
        entry = SessionOpened(comp_id, config.member, config.role, version, config)
        session = self._application.define(entry)
        self._reset(session)
        self._times.look_again()
        log.info("session.added", comp_id=comp_id, member=config.member, role=config.role)
        return self.view(comp_id)

    def suspend(self, comp_id: str) -> SessionView:
        """It is logged out and may not log on until it is resumed; its orders stay."""
        self._change(self._find(comp_id), "suspended", "session is suspended")
        return self.view(comp_id)

    def resume(self, comp_id: str) -> SessionView:
        """The end of `suspend`."""
        self._change(self._find(comp_id), "active", "")
        return self.view(comp_id)

    def remove(self, comp_id: str) -> None:
        """It is gone: logged out, its open orders canceled. Not for sessions of the venue file."""
        session = self._find(comp_id)
        if self._sessions.is_configured(comp_id):
            text = f"comp_id must be a session that is not in the venue file, was {comp_id}"
            raise DeskRefusal("conflict", text)
        self._change(session, "removed", "session is removed")
        self._sequencer.submit(CancelOnDisconnect(comp_id, day_only=False))
        self._turns.schedule()

    def _change(
        self, session: VenueSession, state: Literal["active", "suspended", "removed"], text: str
    ) -> None:
        if session.state == state:
            return
        entry = SessionState(session.fix.comp_id, state)
        self._sequencer.note(entry)
        self._sessions.change_state(entry)
        self._turns.schedule()
        log.info("session.state", comp_id=session.fix.comp_id, state=state)
        if text:
            session.fix.logout(text, self._sequencer.wall_now())

    def disconnect(self, comp_id: str) -> SessionView:
        """Say Logout; the session may log on again at once."""
        fix = self._find(comp_id).fix
        fix.logout("disconnected by the operator", self._sequencer.wall_now())
        return self.view(comp_id)

    def set_numbers(
        self, comp_id: str, next_in: int | None = None, next_out: int | None = None
    ) -> SessionView:
        """Repair a session that is down: what it expects next, what it sends next.

        The latter only goes up: what was sent must keep its number. `reset` begins both again.
        """
        session = self._down(comp_id)
        fix = session.fix
        _check_number("next_in", next_in, 1)
        _check_number("next_out", next_out, fix.out.next_out)
        fix.next_in = fix.next_in if next_in is None else next_in
        fix.out.next_out = fix.out.next_out if next_out is None else next_out
        self._application.numbers_moved(fix)
        log.info("session.numbers_set", comp_id=comp_id, next_in=next_in, next_out=next_out)
        return self.view(comp_id)

    def reset(self, comp_id: str) -> SessionView:
        """Begin both numbers of a session that is down again; nothing sent can be resent then."""
        self._reset(self._down(comp_id))
        log.info("session.reset", comp_id=comp_id, why="operator")
        return self.view(comp_id)

    def _down(self, comp_id: str) -> VenueSession:
        session = self._find(comp_id)
        if session.fix.connected:
            raise _connected(comp_id)
        return session

    def _reset(self, session: VenueSession) -> None:
        session.fix.reset(self._sequencer.wall_now())
        self._application.numbers_moved(session.fix)

    def reload(self, config: Config) -> list[str]:
        """The venue file was read again: its sessions hold from here on. Returns what changed."""
        changed = self._sessions.reconfigure(config.sessions)
        for entry in self._sessions.unsaid():
            self._application.define(entry)
        now = self._sequencer.wall_now()
        for session in self._sessions.by_comp_id.values():
            if not session.admitted and session.fix.connected:
                session.fix.logout("session is no longer configured", now)
        self._times.look_again()
        log.info("sessions.reloaded", changed=changed)
        return changed


def _connected(comp_id: str) -> DeskRefusal:
    return DeskRefusal("conflict", f"session must be disconnected, was {comp_id} connected")


def _check_number(name: str, value: int | None, least: int) -> None:
    if value is not None and not least <= value <= SEQ_NUM_MAX:
        raise DeskRefusal("bad_value", f"{name} must be {least} to {SEQ_NUM_MAX}, was {value}")
