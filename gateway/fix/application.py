"""What a session's messages do to the venue: the application behind every `FixSession`.

Application messages become commands for the sequencer, or an answer that the venue does not take
them; moved numbers become records; a lost connection may cancel orders. How a message is translated
is `order_entry`; this module only knows whom to tell.
"""

from __future__ import annotations

import structlog

from engine.commands import CancelOnDisconnect, DefineMember, EndSubscriptions
from engine.exchange import Exchange
from gateway.fix import business_reject as business
from gateway.fix import security_list
from gateway.fix import tags as t
from gateway.fix import user_requests as user
from gateway.fix.connection import Connection
from gateway.fix.credentials import Credentials
from gateway.fix.door import plain, username_is_right
from gateway.fix.message import Message
from gateway.fix.order_entry import COMMANDS
from gateway.fix.session import FixSession
from gateway.fix.status_requests import STATUS_COMMANDS
from gateway.fix.throttle import Throttle, Verdict
from gateway.fix.versions import DEFAULT
from gateway.log.records import PasswordChanged, SessionNumbers, SessionOpened, SessionReply
from gateway.passwords import password_problem
from gateway.publisher import Publisher
from gateway.sequencer import Sequencer
from gateway.sessions import ORDER_ENTRY, Sessions, VenueSession
from gateway.turns import Turns

FOR_EVERY_ROLE = frozenset(STATUS_COMMANDS) | {security_list.MSG_TYPE, user.MSG_TYPE}
"""Messages that concern no order: a session of any role may send them."""

SERVED = frozenset(COMMANDS) | FOR_EVERY_ROLE
"""The application messages the venue takes, in the versions that have them."""


log = structlog.get_logger()


class Application:
    """Gives each session's messages their effect."""

    def __init__(
        self,
        exchange: Exchange,
        sequencer: Sequencer,
        publisher: Publisher,
        sessions: Sessions,
        turns: Turns,
        credentials: Credentials,
    ) -> None:
        self._exchange = exchange
        self._sequencer = sequencer
        self._publisher = publisher
        self._sessions = sessions
        self._turns = turns
        self._credentials = credentials
        self.stopping = False

    # Messages

    def take(self, session: FixSession, message: Message) -> None:
        """A valid application message in sequence: the way of every order."""
        venue_session = self._sessions.by_comp_id[session.comp_id]
        if venue_session.is_restricted and self._is_refused(venue_session, message):
            return
        translate = COMMANDS.get(message.msg_type) or STATUS_COMMANDS.get(message.msg_type)
        if translate is None or message.pairs is not None:
            self._take_other(venue_session, message)
            return
        self._sequencer.submit(translate(message, venue_session.sender), session.next_in)
        self._turns.schedule()

    def _is_refused(self, session: VenueSession, message: Message) -> bool:
        """Whether the session may not send this, or not so much."""
        throttle, fix = session.throttle, session.fix
        if throttle is not None and self._is_too_fast(fix, message, throttle):
            return True
        if session.role == ORDER_ENTRY or message.msg_type not in COMMANDS:
            return False
        self._refuse(fix, message, business.NOT_AUTHORIZED)
        return True

    def _take_other(self, session: VenueSession, message: Message) -> None:
        """No order: a request about the session itself, or what the venue does not take."""
        fix = session.fix
        if message.msg_type == "j":
            # Answering a refusal with a refusal could go on for ever.
            log.warning("session.refused_our_message", comp_id=fix.comp_id)
            self.numbers_moved(fix)
        elif message.pairs is None and message.msg_type == user.MSG_TYPE:
            self._on_user_request(session, message)
        elif message.pairs is None and message.msg_type == security_list.MSG_TYPE:
            self._list_securities(fix, message)
        else:
            self._refuse(fix, message, business.UNSUPPORTED_MSG_TYPE)

    def _list_securities(self, session: FixSession, message: Message) -> None:
        instruments = [m.instrument.definition for m in self._exchange.markets.values()]
        dictionary = session.version.decoder.dictionary
        for body in security_list.answers(message, instruments, dictionary):
            self._reply(session, security_list.ANSWER, body)

    def _is_too_fast(self, session: FixSession, message: Message, throttle: Throttle) -> bool:
        verdict = throttle.take(session.now)
        if verdict is Verdict.PASS:
            return False
        self._refuse(session, message, business.THROTTLED)
        if verdict is Verdict.DISCONNECT:
            log.warning("session.throttled", comp_id=session.comp_id)
            session.close_with("throttle limit exceeded five times over", session.now)
        return True

    def _refuse(self, session: FixSession, message: Message, why: business.Reason) -> None:
        self._reply(session, "j", business.body(message, why, session.version.name))

    def _reply(self, session: FixSession, msg_type: str, body: str) -> None:
        self._sequencer.reply(SessionReply(session.comp_id, msg_type, body), session.next_in)
        self._turns.schedule()

    # Passwords

    def _on_user_request(self, session: VenueSession, message: Message) -> None:
        """Answered at once, unless a password has to be hashed."""
        fix, fields = session.fix, message.fields
        asked = fields[t.USER_REQUEST_TYPE]
        if not username_is_right(message, session):
            self._answer(fix, message, user.UNKNOWN_USER)
        elif asked == user.REQUEST_STATUS:
            self._answer(fix, message, user.LOGGED_IN)
        elif asked != user.CHANGE_PASSWORD:
            self._answer(fix, message, user.OTHER, "UserRequestType(924) must be 3 or 4")
        else:
            self._change_password(session, message)

    def _change_password(self, session: VenueSession, message: Message) -> None:
        fix, fields = session.fix, message.fields
        old, new = plain(fields.get(t.PASSWORD, "")), fields.get(t.NEW_PASSWORD, "")
        rule = password_problem(new, old)
        if not session.hashed:
            self._answer(fix, message, user.OTHER, "session has no password")
        elif rule is not None:
            self._answer(fix, message, user.OTHER, f"NewPassword(925) {rule}")
        elif self._credentials.is_busy:
            self._answer(fix, message, user.OTHER, "too many requests at once")
        else:
            self.numbers_moved(fix)
            self._credentials.change(
                old, session.hashed, new, lambda hashed: self._changed(session, message, hashed)
            )

    def _changed(self, session: VenueSession, message: Message, hashed: str) -> None:
        """The old password was wrong, or there is a hash of the new one."""
        if hashed:
            self.password_changed(session, hashed)
            self._answer(session.fix, message, user.CHANGED)
            return
        session.wrong_passwords += 1
        self._answer(session.fix, message, user.WRONG_PASSWORD)
        if session.wrong_passwords >= user.WRONG_PASSWORDS_MAX:
            session.fix.close_with("too many wrong passwords", self._sequencer.wall_now())

    def _answer(self, session: FixSession, message: Message, status: str, text: str = "") -> None:
        self._reply(session, user.ANSWER, user.answer(message, status, text))

    def password_changed(self, session: VenueSession, hashed: str) -> None:
        """Keep the hash of a session's new password."""
        config = session.config
        instead_of = config.password_scrypt or config.password_argon2 or ""
        entry = PasswordChanged(session.fix.comp_id, hashed, instead_of)
        self._sequencer.note(entry)
        self._sessions.change_password(entry)
        self._turns.schedule()
        log.info("session.password_changed", comp_id=session.fix.comp_id)

    # Sessions

    def numbers_moved(self, session: FixSession) -> None:
        """Admin messages moved the session's numbers."""
        next_in, next_out = session.next_in, session.out.next_out
        version = session.version.name
        self._sequencer.note(
            SessionNumbers(session.comp_id, next_in, next_out, session.resets, version)
        )
        self._turns.schedule()

    def open(self, comp_id: str, member: str) -> VenueSession:
        """A session that nobody configured exists from here on, and its member."""
        return self.define(SessionOpened(comp_id, member, version=DEFAULT))

    def define(self, entry: SessionOpened) -> VenueSession:
        """A session that the log does not know so exists from here on, and its member."""
        if entry.member not in self._exchange.members:
            self._sequencer.submit(DefineMember(entry.member, entry.member))
        self._sequencer.note(entry)
        self._turns.schedule()
        session = self._sessions.open(entry)
        session.fix.reset_at = session.fix.reset_at or self._sequencer.wall_now()
        return session

    def attached(self, session: VenueSession, connection: Connection) -> None:
        """A connection carries the session; numbers that are due to begin again do so first."""
        session.wrong_passwords = 0
        self.reset_if_due(session, self._sequencer.wall_now())
        self._publisher.attach(session.fix, connection)

    def reset_if_due(self, session: VenueSession, now: int) -> bool:
        """Begin the numbers of a session without a connection again if their time has come."""
        times, fix = session.reset_times, session.fix
        if times is None or fix.connected or times.last(now) <= fix.reset_at:
            return False
        log.info("session.reset", comp_id=fix.comp_id, why=session.config.reset)
        fix.reset(now)
        self.numbers_moved(fix)
        return True

    def detached(self, session: VenueSession, *, abrupt: bool) -> None:
        """It does not any more; after an abrupt end orders go as configured (rule 5.4.3)."""
        self._publisher.detach(session.fix)
        if self._exchange.subscriptions.has_any(session.fix.comp_id) and not self.stopping:
            self.end_subscriptions(session.fix.comp_id)
        scope = session.config.cancel_on_disconnect
        if abrupt and scope != "none" and not self.stopping:
            self._sequencer.submit(CancelOnDisconnect(session.fix.comp_id, scope == "day"))
            self._turns.schedule()

    def end_subscriptions(self, comp_id: str) -> None:
        """Nothing more goes to a session unasked: it has no connection any more."""
        self._sequencer.submit(EndSubscriptions(comp_id))
        self._turns.schedule()
