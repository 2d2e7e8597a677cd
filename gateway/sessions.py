"""Which FIX sessions exist, whose they are, and how each came to be.

A session exists from its first mention, in the configuration or in the log, and outlives
connections and restarts. Whether it may log on now is asked of the configuration by the acceptor,
not here.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from gateway.config import SessionConfig
from gateway.fix.decoder import Decoder
from gateway.fix.header_checks import SessionSettings
from gateway.fix.message import Message
from gateway.fix.order_entry import Sender
from gateway.fix.outgoing import Outgoing
from gateway.fix.session import FixSession
from gateway.log.records import SessionNumbers
from gateway.log.sent_file import SentFile


class VenueSession(msgspec.Struct, gc=False):
    """One session of a member; `admitted` is false for one that is no longer configured."""

    fix: FixSession
    sender: Sender
    config: SessionConfig
    admitted: bool = True


class SessionFactory(msgspec.Struct, frozen=True):
    """What all sessions of a venue share."""

    comp_id: str
    timezone: str
    begin_string: str
    decoder: Decoder
    msg_types: frozenset[str]
    served: frozenset[str]
    sent: SentFile
    application: Callable[[FixSession, Message], None]
    on_admin: Callable[[FixSession], None]
    on_output: Callable[[FixSession], None]

    def make(self, config: SessionConfig, *, admitted: bool) -> VenueSession:
        """A session that has never been used."""
        settings = SessionSettings(
            begin_string=config.begin_string or self.begin_string,
            sender_comp_id=self.comp_id,
            target_comp_id=config.comp_id,
            reset_on_logon=config.reset == "on_logon",
        )
        fix = FixSession(
            settings,
            self.decoder,
            self.msg_types,
            self.served,
            self.sent.open_session(),
            self.application,
            self.on_admin,
            self.on_output,
        )
        sender = Sender(config.comp_id, config.member, self.timezone)
        return VenueSession(fix, sender, config, admitted)


class Sessions:
    """All sessions by comp id."""

    def __init__(self, configured: tuple[SessionConfig, ...], *, accept_unknown: bool) -> None:
        self.by_comp_id: dict[str, VenueSession] = {}
        self.outgoing: dict[str, Outgoing] = {}
        self.accept_unknown = accept_unknown
        self._configured = {config.comp_id: config for config in configured}
        self._factory: SessionFactory | None = None

    def use(self, factory: SessionFactory) -> None:
        """How to make sessions; call once, before any is opened."""
        self._factory = factory

    def unopened(self) -> list[SessionConfig]:
        """Configured sessions that the log does not know yet."""
        return [c for comp_id, c in self._configured.items() if comp_id not in self.by_comp_id]

    def open(self, comp_id: str, member: str) -> VenueSession:
        """A session exists from here on; the configuration's word on it prevails."""
        assert self._factory is not None
        assert comp_id not in self.by_comp_id
        config = self._configured.get(comp_id)
        admitted = config is not None or self.accept_unknown
        if config is None:
            config = SessionConfig(comp_id=comp_id, member=member, cancel_on_disconnect="none")
        session = self._factory.make(config, admitted=admitted)
        self.by_comp_id[comp_id] = session
        self.outgoing[comp_id] = session.fix.out
        return session

    def restore(self, numbers: SessionNumbers) -> None:
        """Replay: a session's numbers moved."""
        fix = self.by_comp_id[numbers.comp_id].fix
        if numbers.resets != fix.resets:
            fix.out.sent.clear()
            fix.resets = numbers.resets
        fix.next_in, fix.out.next_out = numbers.next_in, numbers.next_out

    def restore_next_in(self, comp_id: str, next_in: int) -> None:
        """Replay: a session's message was taken."""
        self.by_comp_id[comp_id].fix.next_in = next_in

    def connected(self) -> list[FixSession]:
        """Sessions with a connection."""
        return [s.fix for s in self.by_comp_id.values() if s.fix.connected]
