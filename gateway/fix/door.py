"""Who may come in: every question asked of a first message before its session is attached.

A `Refusal` is dropped without a byte, unless `says` is set: then the peer gets a Logout with that
text. The true reason is for the operator alone. What a stranger may learn of is nothing; a wrong
password, or one that comes too soon after wrong ones, is told to be wrong; only who has proved
itself is told that its session is suspended or outside its hours. What must not be here: sockets,
hashes, and the session's own rules for a Logon (`logon`).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from gateway.fix import tags as t
from gateway.fix.admin_bodies import LOGOUT_STATUS
from gateway.fix.lockout import DELAY_NANOS_MAX, FIRST_DELAY_NANOS, KEPT_MAX, Lockouts
from gateway.fix.message import Message
from gateway.sessions import Sessions, VenueSession
from gateway.tls import PeerCertificate, matches

UNKNOWN_SESSIONS_MAX = 1_000
"""Sessions that exist only because somebody used a new comp id on an open test venue."""

LOGON_REFUSED = "logon refused"
"""All that a peer learns which did not prove itself."""

_COMP_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")


class Peer(NamedTuple):
    """Where a connection comes from, and the certificate it showed."""

    source: str
    certificate: PeerCertificate | None = None


class Refusal(NamedTuple):
    """Why not, in words for the operator; what the peer is told, "" for not a byte."""

    reason: str
    says: str = ""
    status: str = ""


class Door:
    """Knows the sessions and who failed to prove itself lately."""

    def __init__(
        self,
        sessions: Sessions,
        venue_comp_id: str,
        allow_from: Sequence[str] = (),
        *,
        replaces: bool = False,
    ) -> None:
        self._sessions = sessions
        self._venue_comp_id = venue_comp_id
        self._allow_from = tuple(allow_from)
        self._replaces = replaces
        self._lockouts = Lockouts(FIRST_DELAY_NANOS, DELAY_NANOS_MAX, KEPT_MAX)
        self._usual: dict[str, str] = {}

    def refuses(self, message: Message, peer: Peer, now: int) -> Refusal | None:
        """What keeps a first message from being looked at further, before any proof."""
        comp_id = message.fields.get(t.SENDER_COMP_ID, "")
        session = self._sessions.by_comp_id.get(comp_id)
        why = self._unfit(message, session, comp_id, peer)
        if why:
            return Refusal(why)
        until = self._lockouts.blocked_until(comp_id, peer.source, now)
        if session is not None and session.hashed and until:
            return _unproved("too many failed logons from there")
        return None

    def _unfit(
        self, message: Message, session: VenueSession | None, comp_id: str, peer: Peer
    ) -> str:
        if message.msg_type != "A":
            return "first message must be a Logon"
        if message.fields.get(t.TARGET_COMP_ID) != self._venue_comp_id:
            return f"TargetCompID(56) must be {self._venue_comp_id}"
        if not is_allowed(peer.source, self._allow_from):
            return "source address is not allowed"
        if session is None:
            return "" if self._may_open(comp_id) else "SenderCompID(49) is not known"
        if not session.admitted or session.state == "removed":
            return "session is no longer configured"
        if not is_allowed(peer.source, session.config.allow_from):
            return "source address is not allowed for this session"
        wanted = session.config.certificate
        if wanted and (peer.certificate is None or not matches(peer.certificate, wanted)):
            return "TLS client certificate is not that of this session"
        if session.fix.connected and not self._replaces:
            return "session is already connected"
        return ""

    def _may_open(self, comp_id: str) -> bool:
        return (
            self._sessions.accept_unknown
            and self._sessions.unknown < UNKNOWN_SESSIONS_MAX
            and _COMP_ID.fullmatch(comp_id) is not None
        )

    def proved(self, session: VenueSession, peer: Peer, now: int, *, right: bool) -> Refusal | None:
        """Whether the password was right is known; what keeps the session from this connection."""
        comp_id = session.fix.comp_id
        if not right:
            self._lockouts.failed(comp_id, peer.source, now)
            return _unproved("password")
        self._lockouts.succeeded(comp_id, peer.source)
        self._usual[comp_id] = peer.source
        # Meanwhile things may have changed.
        if session.fix.connected and not self._replaces:
            return Refusal("session is already connected")
        if session.state != "active":
            return Refusal("session is suspended", "session is suspended", LOGOUT_STATUS["hours"])
        if session.hours is not None and not session.hours.is_open(now):
            text = "session is closed at this time"
            return Refusal("outside the hours of the session", text, LOGOUT_STATUS["hours"])
        return None

    def is_usual(self, comp_id: str, peer: Peer) -> bool:
        """Whether the session's last right logon came from there."""
        return self._usual.get(comp_id) == peer.source


def _unproved(reason: str) -> Refusal:
    return Refusal(reason, LOGON_REFUSED, LOGOUT_STATUS["password"])


def password_of(message: Message) -> str:
    """What a Logon offers: Password(554), or RawData(96) as FIX 4.2 has it; "" for nothing."""
    fields = message.fields
    return plain(fields.get(t.PASSWORD) or fields.get(t.RAW_DATA, ""))


def plain(value: str) -> str:
    """A password as it was typed: messages are read byte by byte, people type UTF-8."""
    return value.encode("latin-1").decode("utf-8", "replace")


def username_is_right(message: Message, session: VenueSession) -> bool:
    """Username(553), where it is given, is the configured one, or else the comp id."""
    wanted = session.config.username or session.fix.comp_id
    return message.fields.get(t.USERNAME, wanted) == wanted


@lru_cache(maxsize=4096)
def is_allowed(source: str, networks: tuple[str, ...]) -> bool:
    """Whether an address lies in one of the networks, or none are named."""
    if not networks:
        return True
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network, strict=False) for network in networks)
