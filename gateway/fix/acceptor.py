"""From a connection's first message to the session it carries.

The first message must be a Logon; whether its sender may come in, the `door` says. What it refuses
is closed, mostly without a byte, and the reason goes to the operator's log and to the session's own
record. No sequence number moves before all this, the password included, is settled. Connections
that have not proved themselves are few and cheap: when there are too many, the oldest goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

import structlog

from gateway.fix import tags as t
from gateway.fix.admin_bodies import PASSWORD_POLICY, PASSWORD_WAS_CHANGED
from gateway.fix.connection import Connection
from gateway.fix.credentials import Credentials, Place
from gateway.fix.door import Door, Refusal, password_of, username_is_right
from gateway.fix.message import Message
from gateway.fix.times import format_utc_timestamp
from gateway.fix.versions import Version, Versions
from gateway.limited_log import LimitedLog
from gateway.passwords import password_problem
from gateway.sessions import Sessions, VenueSession

CONNECTIONS_MAX = 4_096
STRANGERS_MAX = 256
"""Connections without a session at one time; a Logon takes a few milliseconds."""

_CONTROL = re.compile(r"[^ -~]")

log = structlog.get_logger()


class Owner(Protocol):
    """What the venue does about sessions and their connections."""

    def open(self, comp_id: str, member: str) -> VenueSession:
        """Make an unknown session exist."""

    def attached(self, session: VenueSession, connection: Connection) -> None:
        """A connection carries the session; its numbers are those of the hour."""

    def detached(self, session: VenueSession, *, abrupt: bool) -> None:
        """It does not any more; `abrupt`: it ended without Logout."""

    def password_changed(self, session: VenueSession, hashed: str) -> None:
        """Keep the hash of a session's new password."""


class Acceptor:
    """Admits connections and gives each its session; `failed` is told of a bug."""

    def __init__(
        self,
        sessions: Sessions,
        versions: Versions,
        door: Door,
        credentials: Credentials,
        now: Callable[[], int],
        owner: Owner,
        failed: Callable[[BaseException], None],
        message_bytes_max: int,
        logon_timeout_seconds: float,
    ) -> None:
        self._sessions = sessions
        self._versions = versions
        self._door = door
        self._credentials = credentials
        self._owner = owner
        self.now = now
        self.failed = failed
        self.message_bytes_max = message_bytes_max
        self.logon_timeout_seconds = logon_timeout_seconds
        self.connections: dict[Connection, None] = {}  # a set in order: runs are alike
        self.closed = False
        self._strangers: dict[Connection, None] = {}
        self._carrying: dict[str, Connection] = {}
        self._proving: dict[Connection, tuple[str, str]] = {}
        """Comp id and source: one password at a time of each, or guesses outrun the lockout."""

        self._refusals = LimitedLog("logon.refused", now)

    # Connections

    def admit(self, connection: Connection) -> bool:
        """Whether there is room for one more connection; the oldest stranger may have to go."""
        if self.closed or len(self.connections) >= CONNECTIONS_MAX:
            return False
        if len(self._strangers) >= STRANGERS_MAX:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            oldest.abort("made room for another connection")
        self.connections[connection] = None
        self._strangers[connection] = None
        return True

    def lost(self, connection: Connection) -> None:
        """A connection is gone."""
        self.connections.pop(connection, None)
        self._strangers.pop(connection, None)
        self._proving.pop(connection, None)
        fix = connection.session
        if fix is not None:
            connection.session = None
            del self._carrying[fix.comp_id]
            abrupt = fix.disconnect()
            log.info("session.disconnected", comp_id=fix.comp_id, clean=not abrupt)
            self._owner.detached(self._sessions.by_comp_id[fix.comp_id], abrupt=abrupt)

    def connection_of(self, comp_id: str) -> Connection | None:
        """The connection that carries a session now."""
        return self._carrying.get(comp_id)

    # Logons

    def logon(self, connection: Connection, frame: bytes) -> None:
        """A connection's first message."""
        version = self._versions.of_frame(frame)
        message = version.decoder.parse(frame) if version is not None else None
        if version is None or message is None:
            self._refuse(connection, "", Refusal("BeginString(8) or form of the first message"))
            return
        comp_id = message.fields.get(t.SENDER_COMP_ID, "")
        refusal = self._door.refuses(message, connection.identity, self.now())
        if refusal is None and self._has_no_time_for(comp_id, connection):
            refusal = Refusal("too many logons at once")
        if refusal is not None:
            self._refuse(connection, comp_id, refusal, version)
            return
        session = self._sessions.by_comp_id.get(comp_id)
        if session is None:
            session = self._owner.open(comp_id, comp_id)
        self._prove(session, connection, message, version)

    def _has_no_time_for(self, comp_id: str, connection: Connection) -> bool:
        """Whether its password would have to wait for too many, or for one of its own."""
        identity = connection.identity
        session = self._sessions.by_comp_id.get(comp_id)
        if session is None or not session.hashed:
            return False
        if (comp_id, identity.source) in self._proving.values():
            return True
        usual = self._door.is_usual(comp_id, identity)
        return not usual and self._credentials.is_full_for(identity.source)

    def _prove(
        self, session: VenueSession, connection: Connection, message: Message, version: Version
    ) -> None:
        """Go on when the password is known to be right or wrong; at once where there is none."""
        new = message.fields.get(t.NEW_PASSWORD, "")
        password = password_of(message)
        if not session.hashed:
            self._proved(session, connection, message, version, right=True)
        elif not username_is_right(message, session):
            self._proved(session, connection, message, version, right=False)
        elif new and password_problem(new, password) is None:
            self._credentials.change(
                password,
                session.hashed,
                new,
                lambda hashed: self._proved(
                    session, connection, message, version, right=bool(hashed), new_hash=hashed
                ),
                self._place_of(session, connection),
            )
        else:
            rule = password_problem(new, password) if new else None
            self._credentials.check(
                password,
                session.hashed,
                lambda right: self._proved(
                    session, connection, message, version, right=right, rule=rule
                ),
                self._place_of(session, connection),
            )

    def _place_of(self, session: VenueSession, connection: Connection) -> Place:
        """Where its password waits; from here on it makes room for no other connection."""
        comp_id, identity = session.fix.comp_id, connection.identity
        self._strangers.pop(connection, None)
        self._proving[connection] = comp_id, identity.source
        return Place(
            identity.source,
            first=self._door.is_usual(comp_id, identity),
            wanted=lambda: connection in self.connections,
        )

    def _proved(
        self,
        session: VenueSession,
        connection: Connection,
        message: Message,
        version: Version,
        *,
        right: bool,
        new_hash: str = "",
        rule: str | None = None,
    ) -> None:
        """The password is known to be right or wrong; `rule` is what a new one breaks."""
        if connection not in self.connections:
            return
        self._proving.pop(connection, None)
        comp_id = session.fix.comp_id
        refusal = self._door.proved(session, connection.identity, self.now(), right=right)
        if refusal is None and rule is not None:
            refusal = Refusal("new password", f"NewPassword(925) {rule}", PASSWORD_POLICY)
        if refusal is not None:
            self._refuse(connection, comp_id, refusal, version)
            return
        other = self._carrying.get(comp_id)
        if other is not None:
            why_not = session.fix.objects_to(message, version, self.now())
            if why_not:
                self._refuse(connection, comp_id, Refusal(why_not))
                return
            self._replace(session, other)
        self._connect(session, connection, message, version, new_hash)

    def _replace(self, session: VenueSession, connection: Connection) -> None:
        """The newcomer has proved itself: the connection that was there goes."""
        text = "another connection logged on to this session"
        connection.write(session.fix.farewell(text, self.now()))
        self.lost(connection)
        connection.finish()

    def _connect(
        self,
        session: VenueSession,
        connection: Connection,
        message: Message,
        version: Version,
        new_hash: str,
    ) -> None:
        fix = session.fix
        self._owner.attached(session, connection)
        status = PASSWORD_WAS_CHANGED if new_hash else ""
        why_not = fix.connect(message, version, self.now(), status)
        if why_not:
            self._owner.detached(session, abrupt=False)
            self._refuse(connection, fix.comp_id, Refusal(why_not))
            return
        if fix.wants_close:
            # It was answered by a Logout; whoever asked for a new password knows it has none.
            self._note(connection, session, fix.comp_id, fix.last_words)
        else:
            self._logged_on(session, connection, new_hash)
        self._strangers.pop(connection, None)
        self._carrying[fix.comp_id] = connection
        connection.begin(fix)

    def _logged_on(self, session: VenueSession, connection: Connection, new_hash: str) -> None:
        if new_hash:
            self._owner.password_changed(session, new_hash)
        session.refused = ""
        log.info(
            "session.logon",
            comp_id=session.fix.comp_id,
            peer=connection.peer,
            version=session.fix.version.name,
            next_in=session.fix.next_in,
        )

    # Refusals

    def turned_away(self, connection: Connection, reason: str) -> None:
        """A connection that never was a session is closed: the operator learns why."""
        self._note(connection, None, "", reason)

    def _refuse(
        self, connection: Connection, comp_id: str, refusal: Refusal, version: Version | None = None
    ) -> None:
        """Close, after a Logout if the peer may hear one; the operator learns the reason."""
        session = self._sessions.by_comp_id.get(comp_id)
        self._note(connection, session, comp_id, refusal.reason)
        if session is None or version is None or not refusal.says:
            connection.abort("logon refused", quietly=True)
            return
        farewell = session.fix.farewell(refusal.says, self.now(), refusal.status, version)
        connection.write(farewell)
        connection.finish()

    def _note(
        self, connection: Connection, session: VenueSession | None, comp_id: str, reason: str
    ) -> None:
        now = self.now()
        if session is not None:
            session.refused = f"{format_utc_timestamp(now)} {connection.peer}: {reason}"
        shown = _CONTROL.sub("?", comp_id[:64])
        self._refusals.warning(peer=connection.peer, comp_id=shown, reason=reason)
