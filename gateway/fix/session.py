"""One FIX session as the accepting side: what each message that arrives does. No I/O.

Rule 1: whatever changes a session's state or incoming numbers lives here or, where it begins or
ends a connection, in `session_life`; the sending half is `outgoing`. The machine knows no socket,
clock or task: frames and `now` (ns UTC, real time) come in by calls, bytes go out through
`out.outbox`, which whoever owns the connection drains; `wants_close` says that nothing follows. A
session lives longer than its connections: `connect` (a Logon was accepted) and `disconnect` frame
each one.

State: `connected` false -> (logon) -> true -> (logout sent or received) `wants_close` -> false.
Gap: a message too early is kept, the missing ones are asked for once, and the kept ones are taken
in order when the gap closes (`gap`). `next_in` is moved before a message is acted upon.
Sources: FIX 4.4 volume 2; the reactions are numbered as the FIX session test cases.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.fix import admin_bodies
from gateway.fix import message as m
from gateway.fix import tags as t
from gateway.fix.header_checks import check_resent
from gateway.fix.heartbeats import Due
from gateway.fix.message import OUT_OF_TURN_TYPES, Message, SessionReject, reject
from gateway.fix.resend import SentMessages
from gateway.fix.session_life import SessionLife
from gateway.fix.session_settings import SessionSettings
from gateway.fix.versions import Version


class FixSession(SessionLife):
    """The session between the venue and one comp id of a member.

    Called back: `application(session, message)` for each application message in sequence, may raise
    SessionReject; `on_admin(session)` when numbers moved by admin messages, for the owner to keep;
    `on_output(session)` when the outbox gets its first message, or nothing follows any more.
    """

    def __init__(
        self,
        settings: SessionSettings,
        version: Version,
        sent: SentMessages,
        application: Callable[[FixSession, Message], None],
        on_admin: Callable[[FixSession], None],
        on_output: Callable[[FixSession], None],
    ) -> None:
        super().__init__(settings, version, sent)
        self._application = application
        self._on_admin = on_admin
        self._on_output = on_output
        self._admin: dict[str, Callable[[Message], None]] = {
            "0": self._on_nothing,
            "1": self._on_test_request,
            "3": self._on_nothing,
            "4": self._on_gap_fill,
            "A": self._on_nothing,
        }

    def _moved(self) -> None:
        self._on_admin(self)

    def _speaks(self) -> None:
        self._on_output(self)

    # Receiving

    def receive(self, frame: bytes, now: int) -> None:
        """Take one framed message of the current connection."""
        self.now = now
        self._heartbeats.received(now)
        message = self._shapes.decode(frame)
        if message is None:
            message = self._decoder.parse(frame)
            if message is None:
                return
        fields = message.fields
        if (
            message.pairs is None
            and fields[t.MSG_SEQ_NUM] == str(self.next_in)
            and t.POSS_DUP_FLAG not in fields
            and message.msg_type not in OUT_OF_TURN_TYPES
            and not self._gap
            and self._checks.pass_all(fields, now)
        ):
            # The way almost every message goes: known shape, in sequence, not resent.
            self.next_in += 1
            self._act(message)
            return
        self._receive_any(message)

    def _receive_any(self, message: Message) -> None:
        fields = message.fields
        if fields[t.BEGIN_STRING] != self.version.begin_string:
            self.logout("Incorrect BeginString", self.now)
            return
        number = fields.get(t.MSG_SEQ_NUM, "")
        if not number.isdecimal() or len(number) > 18:
            self.close_with("MsgSeqNum(34) must be a number", self.now)
            return
        seq = int(number)
        try:
            self._checks.check(fields, self.now)
        except SessionReject as refusal:
            if seq == self.next_in:
                self.next_in += 1
            self._send_reject(message, refusal)
            self.logout("", self.now)
            return
        if message.msg_type == "4" and fields.get(t.GAP_FILL_FLAG) != "Y":
            self._on_sequence_reset(message)
        elif message.msg_type == "A" and fields.get(t.RESET_SEQ_NUM_FLAG) == "Y":
            self._on_reset_logon(message)
        elif message.msg_type == "2":
            self._on_resend_request(message, seq)
        elif message.msg_type == "5":
            self._on_logout(message, seq)
        elif seq > self.next_in:
            self._gap.keep(seq, message)
            self._request_resend(seq)
        elif seq < self.next_in:
            self._on_too_low(message, seq)
        else:
            self._take(message)
            self._drain()

    def _take(self, message: Message) -> None:
        """Act on the message whose number is due."""
        self.next_in += 1
        try:
            check_resent(message.fields)
            self._validate(message)
        except SessionReject as refusal:
            self._send_reject(message, refusal)
            if refusal.reason == m.SENDING_TIME_PROBLEM:
                self.logout("", self.now)
            return
        self._act(message)

    def _act(self, message: Message) -> None:
        handler = self._admin.get(message.msg_type)
        if handler is not None:
            handler(message)
            return
        try:
            self._application(self, message)
        except SessionReject as refusal:
            self._send_reject(message, refusal)

    def _validate(self, message: Message) -> None:
        if message.pairs is None:
            # Of a known shape: valid, but for what no dictionary says.
            self._checks.check_version(message.fields)
            return
        if message.msg_type not in self.version.msg_types:
            raise reject(m.INVALID_MSG_TYPE)
        if message.msg_type in self._checked:
            self._decoder.validate(message)
            self._checks.check_version(message.fields)
            self._shapes.learn(message)

    def _drain(self) -> None:
        """Take what was kept behind a gap, as far as it is in sequence now."""
        self._gap.close_below(self.next_in)
        while self._gap and not self.wants_close:
            message = self._gap.pop(self.next_in)
            if message is None:
                break
            self._take(message)
            self._gap.close_below(self.next_in)
        if self._gap.wants_more(self.next_in) and not self.wants_close:
            self._ask()

    # Numbers out of order

    def _on_too_low(self, message: Message, seq: int) -> None:
        if message.fields.get(t.POSS_DUP_FLAG) != "Y":
            self._too_low(seq)
            return
        try:
            check_resent(message.fields)
        except SessionReject as refusal:
            self._send_reject(message, refusal)
            if refusal.reason == m.SENDING_TIME_PROBLEM:
                self.logout("", self.now)

    # Admin messages

    def _on_nothing(self, message: Message) -> None:
        """Heartbeat, Reject and a second Logon without reset only count."""
        self._on_admin(self)

    def _on_test_request(self, message: Message) -> None:
        self._send_admin("0", admin_bodies.test_req(message.fields[t.TEST_REQ_ID]))

    def _on_reset_logon(self, message: Message) -> None:
        """In-session reset: both numbers start again, and the answer is the first message."""
        try:
            self._validate(message)
            heart_bt_int = int(message.fields[t.HEART_BT_INT])
            if heart_bt_int < 0:
                raise reject(m.VALUE_INCORRECT, t.HEART_BT_INT)
            if message.fields.get(t.DEFAULT_APPL_VER_ID, "") != self.version.appl_ver_id:
                raise reject(m.VALUE_INCORRECT, t.DEFAULT_APPL_VER_ID)
        except SessionReject as refusal:
            self._send_reject(message, refusal)
            return
        if message.fields[t.MSG_SEQ_NUM] != "1":
            self.close_with("MsgSeqNum(34) must be 1 with ResetSeqNumFlag(141)=Y", self.now)
            return
        if not self.settings.may_reset:
            self.close_with("ResetSeqNumFlag(141)=Y is not allowed for this session", self.now)
            return
        self.reset(self.now)
        self.next_in = 2
        self._heartbeats.change(heart_bt_int)
        self._answer_logon(reset=True)

    def _on_logout(self, message: Message, seq: int) -> None:
        """Answered whatever its number: inside a gap, whose numbers stay due (quickfixn 896), and
        from a peer that has lost count (cases 10, 20, 3b).
        """
        if seq == self.next_in:
            self.next_in += 1
        self._clean = self.wants_close = True
        if not self._logout_sent:
            self._send_admin("5", self._logout_body(""))
        else:
            self._on_admin(self)
            self._on_output(self)

    def _on_sequence_reset(self, message: Message) -> None:
        """Reset mode ignores MsgSeqNum; it may only go forward (11a to 11c)."""
        try:
            self._validate(message)
            new = int(message.fields[t.NEW_SEQ_NO])
            if new < self.next_in:
                raise reject(m.VALUE_INCORRECT)
        except SessionReject as refusal:
            self._send_reject(message, refusal)
            return
        self.next_in = new
        self._gap.close_below(new)
        self._on_admin(self)
        self._drain()

    def _on_gap_fill(self, message: Message) -> None:
        """The peer skips to NewSeqNo; `next_in` has already moved past this message (case 10)."""
        new = int(message.fields[t.NEW_SEQ_NO])
        if new < self.next_in:
            self._send_reject(message, reject(m.VALUE_INCORRECT, t.NEW_SEQ_NO))
            return
        self.next_in = new
        self._on_admin(self)

    def _on_resend_request(self, message: Message, seq: int) -> None:
        """Acted on even inside a gap of our own, else both sides wait for ever (case 20), and from
        a peer that has lost count (case 8), unless it says that it is resent.
        """
        if seq < self.next_in and message.fields.get(t.POSS_DUP_FLAG) == "Y":
            self._on_too_low(message, seq)
            return
        too_high = seq > self.next_in
        if seq == self.next_in:
            self.next_in += 1
        try:
            self._validate(message)
        except SessionReject as refusal:
            self._send_reject(message, refusal)
        else:
            begin, end = int(message.fields[t.BEGIN_SEQ_NO]), int(message.fields[t.END_SEQ_NO])
            self.out.ask_resend(begin, end)
            self.out.continue_resend(self.now)
        if too_high:
            self._request_resend(seq)
        else:
            self._on_admin(self)
            self._drain()

    # Time

    def next_deadline(self) -> int | None:
        """When `on_timer` wants to be called (real time); None while nothing is awaited."""
        return self._heartbeats.next_deadline() if self.connected else None

    def on_timer(self, now: int) -> None:
        """Send what is due at `now`: Heartbeat, TestRequest, or give the peer up (4a, 6)."""
        if not self.connected:
            return
        self.now = now
        due = self._heartbeats.due(now)
        if due is Due.GIVE_UP:
            self.wants_close = True
        elif due is Due.TEST_REQUEST:
            self._send_admin("1", admin_bodies.test_req("TEST"))
        elif due is Due.HEARTBEAT:
            self._send_admin("0", "")
