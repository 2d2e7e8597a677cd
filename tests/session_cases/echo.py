"""The application of the session cases: orders come back as they came, and nothing is traded.

What lives here: what the echo does with a message, and the venue file around it. That it reads
and writes FIX is the gateway's work, so whatever a case shows is shown of the real session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.config import Config, FixConfig, SessionConfig, VenueConfig
from gateway.fix import tags as t
from gateway.fix.application import Application
from gateway.fix.connection import Connection
from gateway.fix.message import Message
from gateway.fix.session import FixSession
from gateway.sessions import VenueSession
from tests.support.fix import SOH

ECHOED = frozenset({"D", "d", "C"})
"""NewOrderSingle, SecurityDefinition, Email."""

LOGOUT_TIMEOUT_SECONDS = 2


class EchoApplication(Application):
    """Says every message of `ECHOED` back, fields in order of their tags, and refuses all others.

    An order that may have been sent before (PossResend) comes back only if its ClOrdID is new in
    this connection. Numbers start again at 1 with every Logon, which does not say so (141).
    """

    def __init__(self, *services: Any) -> None:
        super().__init__(*services)
        self._seen: dict[str, set[str]] = {}

    def take(self, session: FixSession, message: Message) -> None:
        """A valid application message in sequence."""
        if message.msg_type not in ECHOED:
            self._reply(session, "j", self.refusal(session, message))
        elif self._was_seen(session, message):
            self.numbers_moved(session)
        else:
            self._reply(session, message.msg_type, _echo(session, message))

    def refusal(self, session: FixSession, message: Message) -> str:
        """BusinessMessageReject(j) of a message that is not taken."""
        number = message.fields[t.MSG_SEQ_NUM]
        return body({45: number, 58: "Unsupported Message Type", 372: message.msg_type, 380: 3})

    def attached(self, session: VenueSession, connection: Connection) -> None:
        """A connection carries the session: nothing is known of an earlier one."""
        self._seen.pop(session.fix.comp_id, None)
        session.fix.reset(self._sequencer.wall_now())
        self.numbers_moved(session.fix)
        super().attached(session, connection)

    def _was_seen(self, session: FixSession, message: Message) -> bool:
        """Whether it is an order that is not to be echoed once more."""
        if message.msg_type != "D":
            return False
        seen = self._seen.setdefault(session.comp_id, set())
        cl_ord_id = message.fields[t.CL_ORD_ID]
        known = cl_ord_id in seen
        seen.add(cl_ord_id)
        return known and message.fields.get(t.POSS_RESEND) == "Y"


def body(fields: Mapping[int, object]) -> str:
    """The fields as they are written between header and trailer."""
    return "".join(f"{tag}={value}{SOH}" for tag, value in fields.items())


def _echo(session: FixSession, message: Message) -> str:
    """All but header and trailer, values as they came; of the header PossResend."""
    dictionary = session.version.decoder.dictionary
    frame = dictionary.header.fields.keys() | dictionary.trailer.fields.keys()
    fields, groups = message.fields, message.groups or {}
    lines = ["97=Y"] if fields.get(t.POSS_RESEND) == "Y" else []
    for tag in sorted(fields.keys() - frame, key=int):
        lines.append(f"{tag}={fields[tag]}")
        lines += [f"{k}={v}" for entry in groups.get(tag, ()) for k, v in entry.items()]
    return SOH.join([*lines, ""])


def echo_config(venue: str, sessions: Mapping[str, str | None], port: int = 0) -> Config:
    """The venue file: who the venue is, and the BeginString(8) of each comp id, None for any."""
    return Config(
        venue=VenueConfig(comp_id=venue),
        fix=FixConfig(port=port, logout_timeout_seconds=LOGOUT_TIMEOUT_SECONDS),
        sessions=tuple(
            SessionConfig(comp_id=comp_id, member=comp_id, begin_string=begin_string)
            for comp_id, begin_string in sessions.items()
        ),
    )
