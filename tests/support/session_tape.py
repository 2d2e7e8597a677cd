"""The session of AVA at PIT without a connection: what scripts of session tests are played against.

The test is the owner of the session: the tape drains its outbox, calls its timer, and closes.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.fix.message import Message
from gateway.fix.session import FixSession
from gateway.fix.session_settings import SessionSettings
from gateway.fix.times import format_utc_timestamp
from gateway.fix.versions import DEFAULT, Version
from tests.support.fix import (
    MEMBER,
    SOH,
    START,
    VENUE,
    SentInMemory,
    dialects,
    our_versions,
)
from tests.support.script import play

LOGON = """
    > 35=A|34=1|98=0|108=30
    < 35=A|34=1|98=0|108=30
"""
ORDER = "11=ID|40=1|54=1|55=ERIC-B|60={now}"


class SessionTape:
    """The session of AVA at PIT without a connection, as `script.play` wants it.

    The first message is the Logon. The peer speaks `version`. `took` are the application
    messages the session handed on, in order; `why_not` is what was wrong with the last Logon.
    """

    def __init__(
        self,
        *,
        reset_on_logon: bool = False,
        application: Callable[[FixSession, Message], None] | None = None,
        version: Version | None = None,
        settings: SessionSettings | None = None,
    ) -> None:
        self.now = START
        self.took: list[Message] = []
        self.admin_moves: list[tuple[int, int]] = []
        self.outputs = 0
        self.abrupt: bool | None = None
        self.why_not = ""
        self.version = version or our_versions()[DEFAULT]
        self._application = application
        self.session = FixSession(
            settings or SessionSettings("", VENUE, MEMBER, reset_on_logon),
            self.version,
            SentInMemory(),
            self._on_application,
            lambda s: self.admin_moves.append((s.next_in, s.out.next_out)),
            self._on_output,
        )
        self._heard: list[tuple[str, bytes | None]] = []

    def _on_application(self, session: FixSession, message: Message) -> None:
        self.took.append(message)
        if self._application is not None:
            self._application(session, message)

    def _on_output(self, session: FixSession) -> None:
        self.outputs += 1

    def connect(self, who: str) -> None:
        """A connection without a session yet."""

    def say(self, who: str, text: str) -> None:
        """The peer says something; not framed, so only whole messages."""
        self.take(dialects(MEMBER, self.version.name)[0].whole(text, self.now))

    def short(self, who: str, data: bytes, when: int) -> str:
        """What the venue said at that time, in short."""
        return dialects(MEMBER, self.version.name)[1].short(data, when)

    def take(self, data: bytes) -> None:
        """The peer's next message: the Logon, or any other."""
        session = self.session
        if session.wants_close:
            return
        if session.connected:
            session.receive(data, self.now)
        else:
            version = our_versions().of_frame(data)
            logon = version.decoder.parse(data) if version is not None else None
            if version is None or logon is None or logon.msg_type != "A":
                self._heard.append(("", None))
                return
            self.why_not = self.session.connect(logon, version, self.now)
            if self.why_not:
                self._heard.append(("", None))
                return
        self._drain()

    def disconnect(self, who: str) -> None:
        """The peer is gone."""
        self.abrupt = self.session.disconnect()

    def pass_time(self, until: int) -> list[tuple[int, str, bytes | None]]:
        """Let time pass; what is heard on the way, and when."""
        heard: list[tuple[int, str, bytes | None]] = []
        while self.session.connected:
            due = self.session.next_deadline()
            if due is None or due > until:
                break
            self.now = max(due, self.now)
            self.session.on_timer(self.now)
            self._drain()
            heard += [(self.now, *one) for one in self.heard()]
        self.now = until
        return heard

    def publish(self, msg_type: str, body: str) -> None:
        """The venue has an application message for the peer; `|` in the body."""
        self.session.out.send_application(
            msg_type, body.replace("|", SOH) + SOH, format_utc_timestamp(self.now)
        )
        self._drain()

    def _drain(self) -> None:
        """What the owner of a connection does at the end of a turn."""
        out = self.session.out
        while out.resend.pending:
            out.continue_resend(self.now)
        if out.outbox:
            self._heard += [("", data) for data in out.outbox]
            out.outbox.clear()
            self.session.note_sent(self.now)
        if self.session.wants_close:
            self._heard.append(("", None))
            self.abrupt = self.session.disconnect()

    def heard(self) -> list[tuple[str, bytes | None]]:
        """What the venue said since the last call; None: it closed the connection."""
        heard, self._heard = self._heard, []
        return heard


def plays(script: str, tape: SessionTape | None = None) -> SessionTape:
    """Play a script; everything in it must happen, and nothing else."""
    tape = tape or SessionTape()
    actual, expected = play(script, tape)
    assert actual == expected, f"\n{actual}\n-- not:\n{expected}"
    return tape


def logged_on() -> SessionTape:
    """AVA is on; the next numbers are 2 both ways."""
    return plays(LOGON)
