"""One FIX session as the accepting side: sequence numbers, logon, gaps, resend. No I/O.

Rule 1: whatever changes a session's state or numbers lives here. The machine knows no socket, clock
or task: bytes and `now` (ns UTC, real time) come in by calls, bytes go out through `outbox`, which
whoever owns the connection drains; `wants_close` says that nothing follows. A session lives longer
than its connections: `connect` (a Logon was accepted) and `disconnect` frame each one.

State: `connected` false -> (logon) -> true -> (logout sent or received) `wants_close` -> false.
Gap: a number too high is kept in `_queue`, the missing ones are asked for once (`_gap_end`), and the
kept ones are taken in order when the gap closes. Numbers: `next_in` is moved before a message is
acted upon, `next_out` when a message is made, whether or not anybody is connected to get it.
Sources: FIX 4.4 volume 2; the reactions are numbered as the FIX session test cases.
"""

from __future__ import annotations

from collections.abc import Callable
import msgspec

from gateway.fix import message as m
from gateway.fix import tags as t
from gateway.fix.decoder import Decoder, Shapes
from gateway.fix.dictionary import SOH
from gateway.fix.encoder import Header
from gateway.fix.message import Message, SessionReject, reject
from gateway.fix.resend import Resend, SentMessages
from gateway.fix.times import NANOS_PER_SECOND, SendingTimes, format_utc_timestamp, nanos_or_zero

MAX_LATENCY_NANOS = 120 * NANOS_PER_SECOND
"""How far SendingTime(52) may be from our clock; QuickFIX's MaxLatency."""

LOGOUT_TIMEOUT_NANOS = 2 * NANOS_PER_SECOND
"""How long the peer's answer to our Logout is awaited."""

QUEUED_MESSAGES_MAX = 10_000
"""Messages kept behind a gap; later ones are dropped, the peer will resend them anyway."""


class SessionSettings(msgspec.Struct, frozen=True, gc=False):
    """What does not change while a session lives."""

    begin_string: str
    sender_comp_id: str
    target_comp_id: str
    reset_on_logon: bool = False


class FixSession:
    """The session between the venue and one comp id of a member.

    `application(message)` is called for each valid application message in sequence;
    `on_admin(session)` whenever numbers moved without an application message going out or a
    message coming in that the application sees, so that the owner can keep them;
    `on_output(session)` when `outbox` gets its first message.
    """

    def __init__(
        self,
        settings: SessionSettings,
        decoder: Decoder,
        msg_types: frozenset[str],
        sent: SentMessages,
        application: Callable[[FixSession, Message], None],
        on_admin: Callable[[FixSession], None],
        on_output: Callable[[FixSession], None],
    ) -> None:
        self.settings = settings
        self.comp_id = settings.target_comp_id
        self.next_in = 1
        self.next_out = 1
        self.resets = 0
        self.connected = False
        self.wants_close = False
        self.outbox: list[bytes] = []
        self.sent = sent
        self.heart_bt_int = 0
        self.now = 0
        self.logout_reason = ""
        self._decoder = decoder
        self._shapes = Shapes(decoder)
        self._msg_types = msg_types
        self._application = application
        self._on_admin = on_admin
        self._on_output = on_output
        self._header = Header(
            settings.begin_string, settings.sender_comp_id, settings.target_comp_id
        )
        self._queue: dict[int, Message] = {}
        self._gap_end = 0
        self.resend = Resend(self._header, sent)
        self._times = SendingTimes(MAX_LATENCY_NANOS)
        self._last_received = 0
        self._last_sent = 0
        self._tests_outstanding = 0
        self._logout_sent_at = 0
        self._clean = False
        self._admin: dict[str, Callable[[Message], None]] = {
            "0": self._on_nothing,
            "1": self._on_test_request,
            "3": self._on_nothing,
            "4": self._on_gap_fill,
            "A": self._on_logon_again,
        }

    def __repr__(self) -> str:
        state = "connected" if self.connected else "disconnected"
        return f"<FixSession {self.comp_id} {state} in={self.next_in} out={self.next_out}>"

    # Connections

    def connect(self, message: Message, now: int) -> bool:
        """A new connection sent this Logon (parsed, not validated); returns whether it is on.

        False: close without a byte (cases 1c, 1d); the numbers have not moved. True with
        `wants_close`: a Logout says why.
        """
        assert not self.connected
        if not self._acceptable_logon(message, now):
            return False
        self.now = now
        self.outbox.clear()
        self.connected = True
        self.wants_close = False
        self._clean = False
        self._queue.clear()
        self.resend.stop()
        self._gap_end = self._tests_outstanding = self._logout_sent_at = 0
        self._last_received = self._last_sent = now
        self.heart_bt_int = int(message.fields[t.HEART_BT_INT])
        seq = int(message.fields[t.MSG_SEQ_NUM])
        wants_reset = message.fields.get(t.RESET_SEQ_NUM_FLAG) == "Y"
        if wants_reset or self.settings.reset_on_logon:
            self.reset()
        if seq < self.next_in:
            self._too_low(seq)
            return True
        if seq == self.next_in:
            self.next_in += 1
        self._answer_logon(reset=wants_reset or self.settings.reset_on_logon)
        if seq > self.next_in:
            self._request_resend(seq)
        return True

    def _acceptable_logon(self, message: Message, now: int) -> bool:
        fields = message.fields
        try:
            self._decoder.validate(message)
        except SessionReject:
            return False
        if fields[t.BEGIN_STRING] != self.settings.begin_string:
            return False
        wants_reset = fields.get(t.RESET_SEQ_NUM_FLAG) == "Y"
        return (
            self._times.are_near(fields[t.SENDING_TIME], now)
            and fields[t.ENCRYPT_METHOD] == "0"
            and int(fields[t.HEART_BT_INT]) >= 0
            and (not wants_reset or fields[t.MSG_SEQ_NUM] == "1")
        )

    def refusal(self, now: int) -> bytes:
        """A Logout for a peer that failed to prove itself; no number moves."""
        time = format_utc_timestamp(now)
        return self._header.encode("5", self.next_out, time, f"58=logon refused{SOH}")

    def disconnect(self) -> bool:
        """The connection is gone; returns whether it ended without a Logout (5.4.3)."""
        was_connected, clean = self.connected, self._clean
        self.connected = False
        self.wants_close = False
        self.outbox.clear()
        self._queue.clear()
        return was_connected and not clean

    def reset(self) -> None:
        """Both numbers to 1, as ResetSeqNumFlag(141) asks; nothing sent before can be resent."""
        self.next_in = self.next_out = 1
        self.resets += 1
        self._gap_end = 0
        self.resend.stop()
        self._queue.clear()
        self.sent.clear()

    def logout(self, text: str, now: int) -> None:
        """Say Logout and await the peer's."""
        self.now = now
        if self.connected and not self._logout_sent_at:
            self._logout_sent_at = now
            self._clean = True
            self.logout_reason = text
            self._send_admin("5", f"58={text}{SOH}")

    # Sending

    def send_application(self, msg_type: str, body: str, sending_time: str) -> None:
        """Number an application message, keep it, and send it if somebody is connected."""
        seq = self.next_out
        self.next_out = seq + 1
        data = self._header.encode(msg_type, seq, sending_time, body)
        self.sent.append(seq, data)
        if self.connected:
            self._put(data)

    def _send_admin(self, msg_type: str, body: str) -> None:
        seq = self.next_out
        self.next_out = seq + 1
        self._transmit(msg_type, seq, body)
        self._on_admin(self)

    def _transmit(self, msg_type: str, seq: int, body: str) -> None:
        if self.connected:
            time = format_utc_timestamp(self.now)
            self._put(self._header.encode(msg_type, seq, time, body))

    def _put(self, data: bytes) -> None:
        if not self.outbox:
            self._on_output(self)
        self.outbox.append(data)

    def continue_resend(self, now: int) -> None:
        """Send the next slice of what the peer asked for; call again while `resend.pending`."""
        self.now = now
        for data in self.resend.slice(format_utc_timestamp(now)):
            self._put(data)

    def note_sent(self, now: int) -> None:
        """The owner wrote the outbox: heartbeats are due from here."""
        self._last_sent = now

    # Receiving

    def receive(self, frame: bytes, now: int) -> None:
        """Take one framed message of the current connection."""
        self.now = self._last_received = now
        self._tests_outstanding = 0
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
            and message.msg_type not in _ADMIN
            and not self._queue
            and self._header_is_ours(fields)
        ):
            # The way almost every message goes: known shape, in sequence, not resent.
            self.next_in += 1
            self._application(self, message)
            return
        self._receive_any(message)

    def _header_is_ours(self, fields: dict[str, str]) -> bool:
        settings = self.settings
        return (
            fields[t.SENDER_COMP_ID] == settings.target_comp_id
            and fields[t.TARGET_COMP_ID] == settings.sender_comp_id
            and fields[t.BEGIN_STRING] == settings.begin_string
            and self._times.are_near(fields[t.SENDING_TIME], self.now)
        )

    def _receive_any(self, message: Message) -> None:
        fields = message.fields
        if fields[t.BEGIN_STRING] != self.settings.begin_string:
            self.logout("Incorrect BeginString", self.now)
            return
        number = fields.get(t.MSG_SEQ_NUM, "")
        if not number.isdecimal() or len(number) > 18:
            self._close_with("MsgSeqNum(34) must be a number")
            return
        seq = int(number)
        try:
            self._check_header(fields)
        except SessionReject as refusal:
            if seq == self.next_in:
                self.next_in += 1
            self._send_reject(message, refusal)
            self.logout(refusal.text, self.now)
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
            self._keep(message, seq)
        elif seq < self.next_in:
            self._on_too_low(message, seq)
        else:
            self._take(message)
            self._drain()

    def _check_header(self, fields: dict[str, str]) -> None:
        """Comp ids and SendingTime; a missing or malformed one is left to the dictionary."""
        settings = self.settings
        if fields.get(t.SENDER_COMP_ID) not in (None, "", settings.target_comp_id):
            raise reject(m.COMP_ID_PROBLEM)
        if fields.get(t.TARGET_COMP_ID) not in (None, "", settings.sender_comp_id):
            raise reject(m.COMP_ID_PROBLEM)
        sending_time = fields.get(t.SENDING_TIME, "")
        if len(sending_time) >= 17 and not self._times.are_near(sending_time, self.now):
            raise reject(m.SENDING_TIME_PROBLEM)

    def _take(self, message: Message) -> None:
        """Act on the message whose number is due."""
        self.next_in += 1
        try:
            self._check_resent(message.fields)
            self._validate(message)
        except SessionReject as refusal:
            self._send_reject(message, refusal)
            if refusal.reason == m.SENDING_TIME_PROBLEM:
                self.logout(refusal.text, self.now)
            return
        handler = self._admin.get(message.msg_type)
        if handler is not None:
            handler(message)
        else:
            self._application(self, message)

    def _validate(self, message: Message) -> None:
        if message.pairs is None:
            return
        if message.msg_type not in self._msg_types:
            raise reject(m.INVALID_MSG_TYPE)
        if message.msg_type in self._decoder.dictionary.messages:
            self._decoder.validate(message)
            self._shapes.learn(message)

    def _check_resent(self, fields: dict[str, str]) -> None:
        """A possible duplicate must say when it was first sent, and not after now (2f, 2g)."""
        if fields.get(t.POSS_DUP_FLAG) != "Y":
            return
        original = fields.get(t.ORIG_SENDING_TIME)
        if original is None:
            raise reject(m.REQUIRED_TAG_MISSING, t.ORIG_SENDING_TIME)
        if nanos_or_zero(original) > nanos_or_zero(fields.get(t.SENDING_TIME, "")):
            raise reject(m.SENDING_TIME_PROBLEM)

    def _drain(self) -> None:
        """Take what was kept behind a gap, as far as it is in sequence now."""
        if self._gap_end and self.next_in > self._gap_end:
            self._gap_end = 0
        while self._queue and not self.wants_close:
            message = self._queue.pop(self.next_in, None)
            if message is None:
                for seq in [seq for seq in self._queue if seq < self.next_in]:
                    del self._queue[seq]
                return
            self._take(message)

    # Numbers out of order

    def _keep(self, message: Message, seq: int) -> None:
        if len(self._queue) < QUEUED_MESSAGES_MAX:
            self._queue[seq] = message
        self._request_resend(seq)

    def _request_resend(self, seq: int) -> None:
        """Ask for what is missing before `seq`, once per gap (2b)."""
        if not self._gap_end:
            self._gap_end = seq
            self._send_admin("2", f"7={self.next_in}{SOH}16=0{SOH}")

    def _on_too_low(self, message: Message, seq: int) -> None:
        if message.fields.get(t.POSS_DUP_FLAG) != "Y":
            self._too_low(seq)
            return
        try:
            self._check_resent(message.fields)
        except SessionReject as refusal:
            self._send_reject(message, refusal)
            if refusal.reason == m.SENDING_TIME_PROBLEM:
                self.logout(refusal.text, self.now)

    def _too_low(self, seq: int) -> None:
        self._close_with(f"MsgSeqNum too low, expecting {self.next_in} but received {seq}")

    def _close_with(self, text: str) -> None:
        self.logout(text, self.now)
        self.wants_close = True

    # Admin messages

    def _on_nothing(self, message: Message) -> None:
        """Heartbeat and Reject only count."""
        self._on_admin(self)

    def _on_test_request(self, message: Message) -> None:
        self._send_admin("0", f"112={message.fields[t.TEST_REQ_ID]}{SOH}")

    def _on_logon_again(self, message: Message) -> None:
        """A second Logon without reset changes nothing."""
        self._on_admin(self)

    def _on_reset_logon(self, message: Message) -> None:
        """In-session reset: both numbers start again, and the answer is the first message."""
        try:
            self._validate(message)
        except SessionReject as refusal:
            self._send_reject(message, refusal)
            return
        if message.fields[t.MSG_SEQ_NUM] != "1":
            self._close_with("MsgSeqNum(34) must be 1 with ResetSeqNumFlag(141)=Y")
            return
        self.reset()
        self.next_in = 2
        self.heart_bt_int = int(message.fields[t.HEART_BT_INT])
        self._answer_logon(reset=True)

    def _answer_logon(self, *, reset: bool) -> None:
        body = f"98=0{SOH}108={self.heart_bt_int}{SOH}"
        self._send_admin("A", f"{body}141=Y{SOH}" if reset else body)

    def _on_logout(self, message: Message, seq: int) -> None:
        """Answered even inside a gap, whose numbers stay due (quickfixn 896)."""
        if seq < self.next_in and message.fields.get(t.POSS_DUP_FLAG) != "Y":
            self._too_low(seq)
            return
        if seq == self.next_in:
            self.next_in += 1
        self._clean = True
        if not self._logout_sent_at:
            self._send_admin("5", "")
        else:
            self._on_admin(self)
        self.wants_close = True

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
        self._gap_end = 0
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
        """Acted on even inside a gap of our own, else both sides wait for ever (case 20)."""
        if seq < self.next_in:
            self._on_too_low(message, seq)
            return
        too_high = seq > self.next_in
        if not too_high:
            self.next_in += 1
        try:
            self._validate(message)
        except SessionReject as refusal:
            self._send_reject(message, refusal)
            return
        begin, end = int(message.fields[t.BEGIN_SEQ_NO]), int(message.fields[t.END_SEQ_NO])
        last = self.next_out - 1
        self.resend.ask(begin, last if end == 0 else min(end, last))
        self.continue_resend(self.now)
        if too_high:
            self._request_resend(seq)
        else:
            self._on_admin(self)
            self._drain()

    def _send_reject(self, message: Message, refusal: SessionReject) -> None:
        fields = message.fields
        routing = sorted((int(to), fields[tag]) for tag, to in t.ROUTING.items() if fields.get(tag))
        head = "".join(f"{tag}={value}{SOH}" for tag, value in routing)
        ref_tag = f"371={refusal.ref_tag}{SOH}" if refusal.ref_tag else ""
        self._send_admin(
            "3",
            f"{head}45={fields[t.MSG_SEQ_NUM]}{SOH}58={refusal.text}{SOH}{ref_tag}"
            f"372={message.msg_type}{SOH}373={refusal.reason}{SOH}",
        )

    # Time

    def next_deadline(self) -> int | None:
        """When `on_timer` wants to be called (real time); None while nothing is awaited."""
        if not self.connected:
            return None
        if self._logout_sent_at:
            return self._logout_sent_at + LOGOUT_TIMEOUT_NANOS
        if not self.heart_bt_int:
            return None
        interval = self.heart_bt_int * NANOS_PER_SECOND
        silence = self._last_received + interval * 6 * (self._tests_outstanding + 1) // 5
        return silence if self._tests_outstanding else min(silence, self._last_sent + interval)

    def on_timer(self, now: int) -> None:
        """Send what is due at `now`: Heartbeat, TestRequest, or give the peer up (4a, 6)."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return
        self.now = now
        if self._logout_sent_at:
            self.wants_close = True
            return
        interval = self.heart_bt_int * NANOS_PER_SECOND
        silence = now - self._last_received
        if 5 * silence >= 12 * interval:
            self.logout_reason = "no answer to TestRequest"
            self.wants_close = True
        elif 5 * silence >= 6 * interval * (self._tests_outstanding + 1):
            self._tests_outstanding += 1
            self._send_admin("1", f"112=TEST{SOH}")
        elif not self._tests_outstanding and now - self._last_sent >= interval:
            self._last_sent = now
            self._send_admin("0", "")


_ADMIN = frozenset("012345A")
