"""Who may log on: from a connection's first message to the session it carries.

The first message must be a Logon for this venue from a comp id that is known, or admitted as
unknown; everything else is closed without a byte, and the reason goes to the operator's log. A
second logon for a connected session is refused, the first one lives. No sequence number moves
before all this, the password included, is settled.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Protocol

import structlog

from gateway.fix import tags as t
from gateway.fix.connection import Connection
from gateway.fix.decoder import Decoder
from gateway.fix.message import Message
from gateway.passwords import matches
from gateway.sessions import Sessions, VenueSession

CONNECTIONS_MAX = 4_096
UNKNOWN_SESSIONS_MAX = 1_000
"""Sessions that exist only because somebody used a new comp id on an open test venue."""

_COMP_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")

log = structlog.get_logger()


class Detached(Protocol):
    """A connection does not carry the session any more; `abrupt`: it ended without Logout."""

    def __call__(self, session: VenueSession, *, abrupt: bool) -> None:
        """See above."""


class Acceptor:
    """Admits connections and gives each its session.

    `opened(comp_id, member)` makes an unknown session exist; `attached` and `detached` tell the
    venue that a connection carries a session, or does not any more; `failed` that there is a bug.
    """

    def __init__(
        self,
        sessions: Sessions,
        decoder: Decoder,
        venue_comp_id: str,
        now: Callable[[], int],
        executor: Executor,
        opened: Callable[[str, str], VenueSession],
        attached: Callable[[VenueSession, Connection], None],
        detached: Detached,
        failed: Callable[[BaseException], None],
    ) -> None:
        self._sessions = sessions
        self._decoder = decoder
        self._venue_comp_id = venue_comp_id
        self.now = now
        self._executor = executor
        self._opened = opened
        self._attached = attached
        self._detached = detached
        self.failed = failed
        self._unknown = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections: set[Connection] = set()
        self.closed = False

    def admit(self, connection: Connection) -> bool:
        """Whether there is room for one more connection."""
        if self.closed or len(self.connections) >= CONNECTIONS_MAX:
            return False
        self.connections.add(connection)
        return True

    def lost(self, connection: Connection) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        fix = connection.session
        if fix is not None:
            connection.session = None
            abrupt = fix.disconnect()
            log.info("session.disconnected", comp_id=fix.comp_id, clean=not abrupt)
            self._detached(self._sessions.by_comp_id[fix.comp_id], abrupt=abrupt)

    def logon(self, connection: Connection, frame: bytes) -> None:
        """A connection's first message."""
        message = self._decoder.parse(frame)
        session = self._find(message, connection) if message is not None else None
        if session is None or message is None:
            connection.abort("logon refused")
            return
        if session.config.password_scrypt is None:
            self._connect(session, connection, message)
            return
        task = asyncio.get_running_loop().create_task(
            self._check_password(session, session.config.password_scrypt, connection, message)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _find(self, message: Message, connection: Connection) -> VenueSession | None:
        """The session a Logon asks for, None if it may not be had; says why in the log."""
        fields = message.fields
        comp_id = fields.get(t.SENDER_COMP_ID, "")
        why = ""
        session = self._sessions.by_comp_id.get(comp_id)
        if message.msg_type != "A":
            why = "first message must be a Logon"
        elif fields.get(t.TARGET_COMP_ID) != self._venue_comp_id:
            why = f"TargetCompID(56) must be {self._venue_comp_id}"
        elif session is None and not self._may_open(comp_id):
            why = "SenderCompID(49) is not known"
        elif session is not None and not session.admitted:
            why = "session is no longer configured"
        elif session is not None and session.fix.connected:
            why = "session is already connected"
        if why:
            self._refused(connection, comp_id, why)
            return None
        if session is None:
            self._unknown += 1
            session = self._opened(comp_id, comp_id)
        return session

    def _may_open(self, comp_id: str) -> bool:
        return (
            self._sessions.accept_unknown
            and self._unknown < UNKNOWN_SESSIONS_MAX
            and _COMP_ID.fullmatch(comp_id) is not None
        )

    async def _check_password(
        self, session: VenueSession, hashed: str, connection: Connection, message: Message
    ) -> None:
        """Go on with a logon once the hash is computed; a bug in that ends the venue."""
        password = message.fields.get("554", "")
        right = message.fields.get("553") == session.config.comp_id
        loop = asyncio.get_running_loop()
        try:
            right &= await loop.run_in_executor(self._executor, matches, password, hashed)
            self._checked(session, connection, message, right=right)
        except Exception as error:
            self.failed(error)

    def _checked(
        self, session: VenueSession, connection: Connection, message: Message, *, right: bool
    ) -> None:
        """Whether the password was right is known; meanwhile things may have changed."""
        if connection not in self.connections:
            return
        comp_id = session.fix.comp_id
        if session.fix.connected:
            self._refused(connection, comp_id, "session is already connected")
            connection.abort("logon refused")
        elif right:
            self._connect(session, connection, message)
        else:
            self._refused(connection, comp_id, "password")
            connection.write(session.fix.refusal(self.now()))
            connection.finish()

    @staticmethod
    def _refused(connection: Connection, comp_id: str, reason: str) -> None:
        log.warning("logon.refused", peer=connection.peer, comp_id=comp_id[:64], reason=reason)

    def _connect(self, session: VenueSession, connection: Connection, message: Message) -> None:
        fix = session.fix
        self._attached(session, connection)
        if not fix.connect(message, self.now()):
            self._detached(session, abrupt=False)
            connection.abort("logon refused: malformed, wrong time or wrong version")
            return
        log.info("session.logon", comp_id=fix.comp_id, peer=connection.peer, next_in=fix.next_in)
        connection.begin(fix)
