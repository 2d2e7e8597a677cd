"""What a session's messages do to the venue: the application behind every `FixSession`.

Application messages become commands for the sequencer, or an answer that the venue does not take
them; moved numbers become records; a lost connection may cancel orders. How a message is translated
is `order_entry`; this module only knows whom to tell.
"""

from __future__ import annotations

import structlog

from engine.commands import CancelOnDisconnect, DefineMember
from engine.exchange import Exchange
from gateway.fix import tags as t
from gateway.fix.connection import Connection
from gateway.fix.dictionary import SOH
from gateway.fix.message import Message
from gateway.fix.order_entry import COMMANDS
from gateway.fix.session import FixSession
from gateway.log.records import SessionNumbers, SessionOpened, SessionReply
from gateway.publisher import Publisher
from gateway.sequencer import Sequencer
from gateway.sessions import Sessions, VenueSession
from gateway.turns import Turns

UNSUPPORTED_MSG_TYPE = 3
"""BusinessRejectReason(380) for a type that FIX has and this venue does not take."""

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
    ) -> None:
        self._exchange = exchange
        self._sequencer = sequencer
        self._publisher = publisher
        self._sessions = sessions
        self._turns = turns
        self.stopping = False

    def take(self, session: FixSession, message: Message) -> None:
        """A valid application message in sequence: the way of every order."""
        translate = COMMANDS.get(message.msg_type)
        if translate is None:
            self._refuse_msg_type(session, message)
            return
        sender = self._sessions.by_comp_id[session.comp_id].sender
        self._sequencer.submit(translate(message, sender), session.next_in)
        self._turns.schedule()

    def _refuse_msg_type(self, session: FixSession, message: Message) -> None:
        if message.msg_type == "j":
            # Answering a refusal with a refusal could go on for ever.
            log.warning("session.refused_our_message", comp_id=session.comp_id)
            self.numbers_moved(session)
            return
        body = (
            f"45={message.fields[t.MSG_SEQ_NUM]}{SOH}58=Unsupported Message Type{SOH}"
            f"372={message.msg_type}{SOH}380={UNSUPPORTED_MSG_TYPE}{SOH}"
        )
        self._sequencer.reply(SessionReply(session.comp_id, "j", body), session.next_in)
        self._turns.schedule()

    def numbers_moved(self, session: FixSession) -> None:
        """Admin messages moved the session's numbers."""
        self._sequencer.note(
            SessionNumbers(session.comp_id, session.next_in, session.out.next_out, session.resets)
        )
        self._turns.schedule()

    def open(self, comp_id: str, member: str) -> VenueSession:
        """A session that the log does not know exists from here on, and its member."""
        if member not in self._exchange.members:
            self._sequencer.submit(DefineMember(member, member))
        self._sequencer.note(SessionOpened(comp_id, member))
        self._turns.schedule()
        return self._sessions.open(comp_id, member)

    def attached(self, session: VenueSession, connection: Connection) -> None:
        """A connection carries the session."""
        self._publisher.attach(session.fix, connection)

    def detached(self, session: VenueSession, *, abrupt: bool) -> None:
        """It does not any more; after an abrupt end orders go as configured (rule 5.4.3)."""
        self._publisher.detach(session.fix)
        scope = session.config.cancel_on_disconnect
        if abrupt and scope != "none" and not self.stopping:
            self._sequencer.submit(CancelOnDisconnect(session.fix.comp_id, scope == "day"))
            self._turns.schedule()
