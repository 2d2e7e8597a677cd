"""The venue with an echo in place of its market: what the session cases are played against."""

from __future__ import annotations

from pathlib import Path

from gateway.config import Config, SessionConfig, VenueConfig
from gateway.fix import tags as t
from gateway.fix.message import Message
from gateway.fix.session import FixSession
from gateway.sessions import VenueSession
from tests.support.fix import SOH, Dialect, stock_decoder
from tests.support.venue_in_memory import VenueInMemory

ECHOED = frozenset({"D", "d"})


class EchoVenue(VenueInMemory):
    """A venue that serves all of stock FIX 4.4 and trades nothing.

    NewOrderSingle and SecurityDefinition come back as they came, fields in order of their tags; an
    order that may have been sent before (PossResend) only if its ClOrdID is new on this connection.
    Numbers start again at 1 with every connection.
    """

    def __init__(self, folder: Path) -> None:
        self.msg_types = self.served = frozenset(stock_decoder().dictionary.messages)
        self._seen: set[str] = set()
        sessions = (SessionConfig(comp_id="AVA", member="AVA"),)
        config = Config(venue=VenueConfig(comp_id="PIT"), sessions=sessions)
        super().__init__(folder, config, stock_decoder())

    def dialects(self, who: str) -> tuple[Dialect, Dialect]:
        """Every client says it is AVA."""
        return Dialect("AVA", "PIT"), Dialect("PIT", "AVA")

    def take(self, session: FixSession, message: Message) -> None:
        """Echo it; what is not echoed is not taken."""
        if message.msg_type not in ECHOED:
            super().take(session, message)
            return
        cl_ord_id = message.fields.get(t.CL_ORD_ID, "")
        if message.fields.get(t.POSS_RESEND) == "Y" and cl_ord_id in self._seen:
            return
        self._seen.add(cl_ord_id)
        session.out.send_application(message.msg_type, self._body(message), self.time_text())

    def _body(self, message: Message) -> str:
        dictionary = self.decoder.dictionary
        frame = dictionary.header.fields.keys() | dictionary.trailer.fields.keys()
        fields, groups = message.fields, message.groups or {}
        lines = ["97=Y"] if fields.get(t.POSS_RESEND) == "Y" else []
        for tag in sorted(fields.keys() - frame, key=int):
            lines.append(f"{tag}={fields[tag]}")
            lines += [f"{k}={v}" for entry in groups.get(tag, ()) for k, v in entry.items()]
        return SOH.join([*lines, ""])

    def detached(self, session: VenueSession, *, abrupt: bool) -> None:
        """What was seen on a connection is forgotten with it, and numbers start again."""
        super().detached(session, abrupt=abrupt)
        self._seen.clear()
        session.fix.reset()
