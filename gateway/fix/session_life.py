"""The life of a FIX session around its messages: version, logon, logout, reset. No I/O.

What lives here: everything that begins or ends a session's connection or its numbers, and the
session messages said for it. What each message that arrives does is `session`, which builds on
this. A session speaks one version at a time: the one it is configured for, or that of its last
Logon; what was sent in one version cannot be sent again in another, so that a change needs a reset.
Sources: FIX 4.4 volume 2, FIXT 1.1; the reactions are numbered as the FIX session test cases.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from gateway.fix import admin_bodies, logon
from gateway.fix.decoder import Shapes
from gateway.fix.encoder import Header
from gateway.fix.gap import Gap
from gateway.fix.header_checks import HeaderChecks
from gateway.fix.heartbeats import Heartbeats
from gateway.fix.logon import LogonTerms
from gateway.fix.message import ADMIN_TYPES, Message, SessionReject
from gateway.fix.outgoing import Outgoing
from gateway.fix.resend import SentMessages
from gateway.fix.session_settings import SessionSettings
from gateway.fix.versions import Version


class SessionLife(ABC):
    """A session without the messages that arrive in it.

    `reset_at` is when its numbers last began again (ns UTC, real time; 0: they never did);
    `last_words` the text of the Logout that we said on the connection of the moment.
    """

    def __init__(
        self,
        settings: SessionSettings,
        version: Version,
        sent: SentMessages,
    ) -> None:
        self.settings = settings
        self.comp_id = settings.target_comp_id
        self.next_in = 1
        self.resets = 0
        self.reset_at = 0
        self.connected = False
        self.wants_close = False
        self.last_words = ""
        self.now = 0
        self.out = Outgoing(sent, self._speaks)
        self._gap = Gap(settings.resend_messages_max)
        self._heartbeats = Heartbeats(settings.logout_timeout_nanos)
        self._logout_sent = False
        self._clean = False
        self.speak(version)

    def speak(self, version: Version) -> None:
        """Take and send messages of this version from here on."""
        settings = self.settings
        self.version = version
        self._decoder = version.decoder
        self._shapes = Shapes(version.decoder)
        self._checked = version.served | ADMIN_TYPES
        self._checks = HeaderChecks(settings, version.begin_string, version.appl_ver_id)
        header = Header(version.begin_string, settings.sender_comp_id, settings.target_comp_id)
        self.out.use(header, version.style(settings.time_digits))

    def __repr__(self) -> str:
        state = "connected" if self.connected else "disconnected"
        numbers = f"in={self.next_in} out={self.out.next_out}"
        return f"<FixSession {self.comp_id} {self.version.name} {state} {numbers}>"

    def configure(self, settings: SessionSettings) -> None:
        """Other settings hold from here on; the version stays until a Logon."""
        self.settings = settings
        self._gap.messages_max = settings.resend_messages_max
        self._heartbeats.logout_timeout = settings.logout_timeout_nanos
        self.speak(self.version)

    @abstractmethod
    def _moved(self) -> None:
        """Numbers moved by an admin message."""

    @abstractmethod
    def _speaks(self) -> None:
        """The outbox has got its first message."""

    # Connections

    def connect(self, message: Message, version: Version, now: int, status: str = "") -> str:
        """A new connection sent this Logon (parsed, not validated) in this version.

        Returns why it is to be closed without a byte (cases 1c, 1d), "" if it is not: then the
        Logon is answered, `status` being SessionStatus(1409), or a Logout says why not. Nothing
        has moved where it is refused.
        """
        assert not self.connected
        terms = self._terms(message, version, now)
        if isinstance(terms, str):
            return terms
        self.now = now
        self.out.open()
        self.connected = True
        self.wants_close = False
        self._clean = False
        self.last_words = ""
        self._gap.clear()
        self._logout_sent = False
        self._heartbeats.start(terms.heart_bt_int, now)
        if version is not self.version:
            self.speak(version)
            self._moved()
        resets = self._resets(terms)
        if terms.wants_reset and not self.settings.may_reset:
            self._refuse("ResetSeqNumFlag(141)=Y is not allowed for this session")
        elif not self._expects_too_much(terms, resets=resets):
            if resets:
                self.reset(now)
            self._go_on(terms, resets=resets, status=status)
        return ""

    def objects_to(self, message: Message, version: Version, now: int) -> str:
        """What `connect` would return, before anything is given up for this Logon."""
        terms = self._terms(message, version, now)
        return terms if isinstance(terms, str) else ""

    def _terms(self, message: Message, version: Version, now: int) -> LogonTerms | str:
        terms = logon.read(message, version)
        if isinstance(terms, str):
            return terms
        if not HeaderChecks(self.settings, version.begin_string).pass_all(message.fields, now):
            return "comp ids or SendingTime(52) are not those of this session and time"
        return self._cannot_speak(version, resets=self._resets(terms)) or terms

    def _resets(self, terms: LogonTerms) -> bool:
        asked = terms.wants_reset and self.settings.may_reset
        return asked or self.settings.reset_on_logon

    def _cannot_speak(self, version: Version, *, resets: bool) -> str:
        """What was sent in one version cannot be sent again in another."""
        wanted = self.settings.begin_string
        if wanted and version.begin_string != wanted:
            return f"BeginString(8) must be {wanted}, was {version.begin_string}"
        if version is not self.version and self.out.sent and not resets:
            now = self.version.begin_string
            return f"BeginString(8) must be {now} until a reset (141=Y), was {version.begin_string}"
        return ""

    def _expects_too_much(self, terms: LogonTerms, *, resets: bool) -> bool:
        """Refuse a Logon that awaits a number we have not come to; before any number moves."""
        if resets and not terms.wants_reset:
            # The peer does not know yet that the numbers begin again.
            return False
        most = 1 if resets else self.out.next_out
        if terms.next_expected <= most or (not resets and terms.seq < self.next_in):
            return False
        text = f"NextExpectedMsgSeqNum(789) must be at most {most}, was {terms.next_expected}"
        self._refuse(text)
        return True

    def _go_on(self, terms: LogonTerms, *, resets: bool, status: str) -> None:
        """The numbers both sides have decide what follows the Logon."""
        seq, wanted = terms.seq, terms.next_expected
        if seq < self.next_in:
            self._too_low(seq)
            return
        if seq == self.next_in:
            self.next_in += 1
        own = self.out.next_out
        self._answer_logon(
            reset=resets,
            extra={
                383: self.settings.message_bytes_max if terms.max_message_size else "",
                789: self.next_in if wanted else "",
                1409: status if self.version.appl_ver_id else "",
            },
        )
        if 0 < wanted < own:
            # As if by a ResendRequest: up to our Logon, which a gap fill covers.
            self.out.ask_resend(wanted, own)
            self.out.continue_resend(self.now)
        if seq > self.next_in and wanted:
            self._gap.promise(seq)
        elif seq > self.next_in:
            self._request_resend(seq)

    def forgive_silence(self, now: int) -> None:
        """The venue did not read for a while: the peer's silence counts from now."""
        self._heartbeats.received(now)

    def note_sent(self, now: int) -> None:
        """The owner wrote the outbox: heartbeats are due from here."""
        self._heartbeats.sent(now)

    def disconnect(self) -> bool:
        """The connection is gone; returns whether it ended without a Logout (5.4.3)."""
        was_connected, clean = self.connected, self._clean
        self.connected = False
        self.wants_close = False
        self.out.close()
        self._gap.clear()
        return was_connected and not clean

    def reset(self, now: int) -> None:
        """Both numbers to 1, as ResetSeqNumFlag(141) asks; nothing sent before can be resent."""
        self.reset_at = now
        self.next_in = 1
        self.resets += 1
        self._gap.clear()
        self.out.reset()

    def logout(self, text: str, now: int, status: str = "") -> None:
        """Say Logout and await the peer's; `status` is SessionStatus(1409)."""
        self.now = now
        if self.connected and not self._logout_sent:
            self._logout_sent = True
            self._heartbeats.logout_sent(now)
            self._send_admin("5", self._logout_body(text, status))

    def close_with(self, text: str, now: int, status: str = "") -> None:
        """Say Logout and close; nothing where there is no connection."""
        self.logout(text, now, status)
        self.wants_close = self.connected

    def farewell(
        self, text: str, now: int, status: str = "", version: Version | None = None
    ) -> bytes:
        """A Logout for a peer whose connection does not carry the session; no number moves."""
        version = version or self.version
        settings = self.settings
        header = Header(version.begin_string, settings.sender_comp_id, settings.target_comp_id)
        body = admin_bodies.logout(text, status if version.appl_ver_id else "")
        return header.encode("5", self.out.next_out, self.out.time_text(now), body)

    def _refuse(self, text: str, status: str = "") -> None:
        """Answer a Logon with a Logout that uses up no number, and close."""
        self.out.say_unnumbered("5", self._logout_body(text, status), self.now)
        self._logout_sent = self._clean = self.wants_close = True

    def _logout_body(self, text: str, status: str = "") -> str:
        self.last_words = text
        return admin_bodies.logout(text, status if self.version.appl_ver_id else "")

    # What the session says

    def _request_resend(self, seq: int) -> None:
        """Ask for what is missing before `seq`, once per gap (2b)."""
        if self._gap.open(seq):
            self._ask()

    def _ask(self) -> None:
        self._send_admin("2", admin_bodies.resend_request(*self._gap.next_request(self.next_in)))

    def _too_low(self, seq: int) -> None:
        text = f"MsgSeqNum too low, expecting {self.next_in} but received {seq}"
        self.close_with(text, self.now)

    def _answer_logon(self, *, reset: bool, extra: dict[int, object] | None = None) -> None:
        fields = {1137: self.version.appl_ver_id} | (extra or {})
        heart_bt_int = self._heartbeats.heart_bt_int
        self._send_admin("A", admin_bodies.logon(heart_bt_int, reset=reset, extra=fields))

    def _send_admin(self, msg_type: str, body: str) -> None:
        self.out.send_admin(msg_type, body, self.now)
        self._moved()

    def _send_reject(self, message: Message, refusal: SessionReject) -> None:
        body = admin_bodies.session_reject(message, refusal, self.version.reason_max)
        self._send_admin("3", body)
