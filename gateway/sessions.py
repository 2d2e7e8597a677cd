"""Which FIX sessions exist, whose they are, and how each came to be.

A session exists from its first mention, in the configuration or in the log, and outlives
connections and restarts. What it is allowed comes from the venue file, or from the log for one that
was added while the venue ran; where both speak of a comp id, the file prevails. Whether it may log
on now is asked by the acceptor, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from zlib import crc32

import msgspec

from gateway.config import FixConfig, SessionConfig
from gateway.fix.hours import Hours, ResetTimes
from gateway.fix.message import Message
from gateway.fix.order_entry import Sender
from gateway.fix.outgoing import Outgoing
from gateway.fix.session import FixSession
from gateway.fix.session_settings import SessionSettings
from gateway.fix.throttle import Throttle
from gateway.fix.times import MILLIS, NANOS_PER_SECOND
from gateway.fix.versions import DEFAULT, NAMES, Versions
from gateway.log.records import (
    Note,
    OutputHash,
    PasswordChanged,
    SessionNumbers,
    SessionOpened,
    SessionState,
)
from gateway.log.sent_file import SentFile

DROP_COPY, ORDER_ENTRY = "drop-copy", "order-entry"
OUTPUT_LAYOUT = 1
"""To be raised with every change of what a report looks like: hashes of before compare with nothing
any more.
"""
THROTTLE_BURST_SECONDS = 2
"""How many seconds' worth of messages may come at once where the file does not say."""


class VenueSession(msgspec.Struct, gc=False):
    """One session of a member; `admitted` is false for one that is no longer configured.

    `member` and `role` are what the log has it as, `added` whether it is not from the venue file.
    `hashed` is the hash of its password, "" where none is asked for; `refused` why its last Logon
    was not accepted, `wrong_passwords` how many its connection offered since.
    """

    fix: FixSession
    sender: Sender
    config: SessionConfig
    admitted: bool = True
    member: str = ""
    role: str = ORDER_ENTRY
    state: str = "active"
    added: bool = False
    hashed: str = ""
    throttle: Throttle | None = None
    is_restricted: bool = False
    hours: Hours | None = None
    reset_times: ResetTimes | None = None
    refused: str = ""
    wrong_passwords: int = 0

    def configure(self, config: SessionConfig, timezone: str) -> None:
        """The configuration's word on it from here on, in the venue's time zone or its own."""
        zone = config.timezone or timezone
        self.config = config
        self.hashed = config.password_scrypt or config.password_argon2 or ""
        self.sender = self.sender._replace(member=config.member)
        burst = config.throttle_burst or config.throttle * THROTTLE_BURST_SECONDS
        self.throttle = Throttle(config.throttle, burst) if config.throttle else None
        self.restrict(self.role)
        self.hours = None
        if config.open is not None and config.close is not None:
            self.hours = Hours(config.open, config.close, zone)
        due = config.reset in ("daily", "weekly")
        self.reset_times = ResetTimes(config.reset_time or "00:00:00", zone) if due else None

    def restrict(self, role: str) -> None:
        """Its role from here on; `is_restricted` spares all others the questions."""
        self.role = role
        self.is_restricted = role != ORDER_ENTRY or self.throttle is not None


class SessionFactory(msgspec.Struct, frozen=True):
    """What all sessions of a venue share."""

    comp_id: str
    timezone: str
    versions: Versions
    sent: SentFile
    application: Callable[[FixSession, Message], None]
    on_admin: Callable[[FixSession], None]
    on_output: Callable[[FixSession], None]
    fix: FixConfig = FixConfig()

    def make(self, config: SessionConfig, version: str) -> VenueSession:
        """A session that has never been used, speaking this version until a Logon."""
        fix = FixSession(
            self.settings(config),
            self.versions[version],
            self.sent.open_session(),
            self.application,
            self.on_admin,
            self.on_output,
        )
        session = VenueSession(fix, Sender(config.comp_id, config.member, self.timezone), config)
        session.configure(config, self.timezone)
        return session

    def settings(self, config: SessionConfig) -> SessionSettings:
        """What a FIX session has to know of its configuration."""
        return SessionSettings(
            begin_string=config.begin_string or "",
            sender_comp_id=self.comp_id,
            target_comp_id=config.comp_id,
            reset_on_logon=config.reset == "on_logon",
            may_reset=config.may_reset,
            resend_messages_max=config.resend_messages_max,
            time_digits=config.time_digits,
            max_latency_nanos=self.fix.latency_seconds_max * NANOS_PER_SECOND,
            logout_timeout_nanos=self.fix.logout_timeout_seconds * NANOS_PER_SECOND,
            message_bytes_max=self.fix.message_bytes_max,
        )


class Sessions:
    """All sessions by comp id; `copies` names for each the drop-copy sessions beside it.

    `unknown` is how many exist only because somebody logged on with a new comp id.
    """

    def __init__(self, configured: Iterable[SessionConfig], *, accept_unknown: bool) -> None:
        self.by_comp_id: dict[str, VenueSession] = {}
        self.outgoing: dict[str, Outgoing] = {}
        self.copies: dict[str, tuple[str, ...]] = {}
        self.accept_unknown = accept_unknown
        self.unknown = 0
        self._has_drop_copies = False
        self._configured = {config.comp_id: config for config in configured}
        self._passwords: dict[str, PasswordChanged] = {}
        self._opened: dict[str, SessionOpened] = {}
        self._factory: SessionFactory | None = None

    def use(self, factory: SessionFactory) -> None:
        """How to make sessions; call once, before any is opened."""
        self._factory = factory

    # What the log says

    def unsaid(self) -> list[SessionOpened]:
        """What the configuration says of sessions and the log does not know yet."""
        wanted = [
            SessionOpened(c.comp_id, c.member, c.role, NAMES.get(c.begin_string or "", DEFAULT))
            for c in self._configured.values()
        ]
        return [entry for entry in wanted if not self._is_known(entry)]

    def is_configured(self, comp_id: str) -> bool:
        """Whether the venue file speaks of it."""
        return comp_id in self._configured

    def reconfigure(self, configured: Iterable[SessionConfig]) -> list[str]:
        """The venue file says something else now; returns the comp ids it is about.

        New sessions are `unsaid` until they are opened.
        """
        assert self._factory is not None
        wanted = {config.comp_id: config for config in configured}
        before, self._configured = self._configured, wanted
        changed = [c for c in before | wanted if before.get(c) != wanted.get(c)]
        for session in (self.by_comp_id[c] for c in changed if c in self.by_comp_id):
            config = wanted.get(session.fix.comp_id)
            session.admitted = config is not None or self.accept_unknown
            if config is not None:
                session.added = False
                self._configure(session, config)
        return changed

    def _is_known(self, entry: SessionOpened) -> bool:
        session = self.by_comp_id.get(entry.comp_id)
        if session is None:
            return False
        return (session.role, session.member) == (entry.role, entry.member)

    def open(self, entry: SessionOpened) -> VenueSession:
        """A session exists from here on, or has another role or member."""
        assert self._factory is not None
        known = self.by_comp_id.get(entry.comp_id)
        config = self._configured.get(entry.comp_id)
        added = config is None and entry.settings is not None
        admitted = config is not None or added or self.accept_unknown
        if config is None:
            config = entry.settings or _unknown(entry)
        if added:
            self._passwords.pop(entry.comp_id, None)
        session = known or self._factory.make(config, entry.version)
        if known is not None:
            self._configure(session, config)
        session.member = entry.member
        session.restrict(entry.role)
        session.admitted, session.added = admitted, added
        if session.state == "removed":
            session.state = "active"
        self.unknown += known is None and not added and not self.is_configured(entry.comp_id)
        self._has_drop_copies |= entry.role == DROP_COPY
        self._opened[entry.comp_id] = entry
        self.by_comp_id[entry.comp_id] = session
        self.outgoing[entry.comp_id] = session.fix.out
        self._link_copies()
        return session

    def _configure(self, session: VenueSession, config: SessionConfig) -> None:
        assert self._factory is not None
        session.configure(config, self._factory.timezone)
        session.fix.configure(self._factory.settings(config))
        changed = self._passwords.get(session.fix.comp_id)
        if changed is not None:
            self.change_password(changed)

    def _link_copies(self) -> None:
        if not self._has_drop_copies:
            return
        copies: dict[str, list[str]] = {}
        for comp_id, session in self.by_comp_id.items():
            if session.role == DROP_COPY and session.state != "removed":
                copies.setdefault(session.member, []).append(comp_id)
        self.copies.clear()
        for comp_id, session in self.by_comp_id.items():
            if session.role != DROP_COPY and session.member in copies:
                self.copies[comp_id] = tuple(copies[session.member])

    def restore(self, entry: Note, wall: int) -> None:
        """Replay: what happened to a session at this time."""
        if isinstance(entry, SessionOpened):
            fix = self.open(entry).fix
            fix.reset_at = fix.reset_at or wall
        elif isinstance(entry, SessionState):
            self.change_state(entry)
        elif isinstance(entry, PasswordChanged):
            self.change_password(entry)
        else:
            self._restore_numbers(entry, wall)

    def _restore_numbers(self, numbers: SessionNumbers, wall: int) -> None:
        assert self._factory is not None
        fix = self.by_comp_id[numbers.comp_id].fix
        if numbers.resets != fix.resets:
            fix.out.sent.clear()
            fix.resets = numbers.resets
            fix.reset_at = wall
        if numbers.version and numbers.version != fix.version.name:
            fix.speak(self._factory.versions[numbers.version])
        fix.next_in, fix.out.next_out = numbers.next_in, numbers.next_out

    def said_of(self, comp_id: str) -> tuple[SessionOpened, PasswordChanged | None]:
        """What the log said last of who a session is, and of its password."""
        return self._opened[comp_id], self._passwords.get(comp_id)

    def restore_next_in(self, comp_id: str, next_in: int) -> None:
        """Replay: a session's message was taken."""
        self.by_comp_id[comp_id].fix.next_in = next_in

    def change_state(self, entry: SessionState) -> None:
        """The operator suspended a session, let it go on, or removed it."""
        self.by_comp_id[entry.comp_id].state = entry.state
        self._link_copies()

    def change_password(self, entry: PasswordChanged) -> None:
        """The password changed; a hash put into the venue file since then prevails."""
        self._passwords[entry.comp_id] = entry
        session = self.by_comp_id[entry.comp_id]
        config = session.config
        if (config.password_scrypt or config.password_argon2 or "") == entry.instead_of:
            session.hashed = entry.hashed

    def take_output_hash(self) -> OutputHash:
        """What all sessions were told since it was last taken. Raises OSError."""
        assert self._factory is not None
        factory = self._factory
        style = f"{OUTPUT_LAYOUT} {factory.comp_id} {factory.timezone}"
        digits = {c: s.fix.out.style.digits for c, s in self.by_comp_id.items()}
        unusual = [f"{c} {n}" for c, n in sorted(digits.items()) if n != MILLIS]
        return OutputHash(factory.sent.take_crc(), crc32("\n".join([style, *unusual]).encode()))

    def connected(self) -> list[FixSession]:
        """Sessions with a connection."""
        return [s.fix for s in self.by_comp_id.values() if s.fix.connected]


def _unknown(entry: SessionOpened) -> SessionConfig:
    """What somebody is allowed whom the venue admits without knowing."""
    return SessionConfig(
        comp_id=entry.comp_id, member=entry.member, role=entry.role, cancel_on_disconnect="none"
    )
