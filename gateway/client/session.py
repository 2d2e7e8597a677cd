"""The initiator's side of a FIX session, as a pure machine: no socket, no clock.

Feed it bytes and the time; it leaves bytes to send (`bytes_to_send`) and events (`events`) behind.
Time is an argument (ns since 1970, UTC), a deadline is an answer (`next_deadline`).

Whatever changes the state lives here. Rules: the venue answers Logon(A) or the session ends; a
number too high is asked for again with one ResendRequest(2) and the message dropped, because
the answer to 16=0 brings it again; a number too low without PossDupFlag(43) ends the session; a
request for our own messages is answered with one gap fill, because an old order must not be
entered twice; silence of 1.2 heartbeats brings a TestRequest(1), of 2.4 the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import Enum, auto
from typing import ClassVar

from gateway.client.events import (
    Alive,
    Closed,
    Event,
    LoggedOn,
    Note,
    Received,
    SequenceNumbers,
    SessionConfig,
    Wire,
)
from gateway.client.wire import Field, Framer, GarbledError, Message, decode, encode

SECOND = 1_000_000_000
LOGON_WAIT = 10 * SECOND  # what venues allow a client too
LOGOUT_WAIT = 2 * SECOND  # as QuickFIX
RESET_HINT = " (--reset starts both directions at 1)"
HEADER_TAGS = frozenset(
    (
        *(34, 43, 49, 50, 52, 56, 57, 90, 91, 97, 115, 116, 122, 128, 129, 142, 143, 144, 145),
        *(212, 213, 347, 369, 1128, 1129),
    )
)


class State(Enum):
    """Where the session stands; it only ever moves downwards."""

    IDLE = auto()
    LOGON_SENT = auto()
    ACTIVE = auto()
    LOGOUT_SENT = auto()
    CLOSED = auto()


class ClientSession:
    """One FIX session from Logon(A) to the end of its connection."""

    def __init__(self, config: SessionConfig, numbers: SequenceNumbers | None = None) -> None:
        self.state = State.IDLE
        self.numbers = numbers or SequenceNumbers()
        self._config = config
        self._framer = Framer()
        self._heartbeat = config.heartbeat_seconds * SECOND
        self._out: list[bytes] = []
        self._events: list[Event] = []
        self._last_out = self._last_in = self._asked_at = 0
        self._gap_through = 0  # highest number seen beyond the gap that was asked for
        self._tests: dict[str, int] = {}  # TestReqID(112) -> when it was sent
        self._probes = 0

    # Inputs

    def start(self, now: int) -> None:
        """Send the Logon(A); call once, when the connection stands."""
        assert self.state is State.IDLE
        config = self._config
        if config.reset:
            self.numbers.out = self.numbers.into = 1
        body: list[Field] = [(98, "0"), (108, str(config.heartbeat_seconds))]
        if config.reset:
            body.append((141, "Y"))
        if config.username is not None:
            body.append((553, config.username))
        if config.password is not None:
            body.append((554, config.password))
        if config.begin_string == "FIXT.1.1":
            body.append((1137, "9"))
        self.state, self._asked_at, self._last_in = State.LOGON_SENT, now, now
        self._send("A", body, now)

    def feed(self, data: bytes, now: int) -> None:
        """Take bytes from the venue; garbage ends the session with a Closed event."""
        self._last_in = now
        self._framer.append(data)
        try:
            while self.state is not State.CLOSED and (frame := self._framer.next_frame()):
                self._events.append(Wire("<", frame))
                self._receive(decode(frame), now)
        except GarbledError as error:
            self._close(f"garbled message from the venue: {error}")

    def tick(self, now: int) -> None:
        """Do what is due: heartbeat, test request, end of patience."""
        if self.state is State.LOGON_SENT and now >= self._asked_at + LOGON_WAIT:
            self._close("the venue did not answer the Logon(A) within 10 s")
        elif self.state is State.LOGOUT_SENT and now >= self._asked_at + LOGOUT_WAIT:
            self._close("logged out, the venue did not answer the Logout(5)", clean=True)
        elif self.state is State.ACTIVE and self._heartbeat:
            self._keep_alive(now)

    def send_application(self, msg_type: str, fields: Sequence[Field], now: int) -> int:
        """Send a message and return its MsgSeqNum(34).

        A header field among `fields` replaces the session's own. A given MsgSeqNum(34) does not
        move the session's, so that scripts can break the rules on purpose.
        """
        return self._send(msg_type, fields, now)

    def test(self, test_req_id: str, now: int) -> None:
        """Send a TestRequest(1); its answer arrives as Alive."""
        self._tests[test_req_id] = now
        self._send("1", [(112, test_req_id)], now)

    def logout(self, now: int, text: str | None = None) -> None:
        """Send a Logout(5) and wait for the venue's."""
        if self.state is State.ACTIVE:
            self.state, self._asked_at = State.LOGOUT_SENT, now
            self._send("5", [(58, text)] if text else [], now)

    def connection_lost(self, why: str = "") -> None:
        """Take the end of the connection; `why`, if something is known of it."""
        known = f" ({why})" if why else ""
        if self.state is State.LOGOUT_SENT:
            self._close("logged out, the venue did not answer the Logout(5)", clean=True)
        elif self.state is State.LOGON_SENT:
            self._close(f"the venue closed the connection without answering the Logon(A){known}")
        else:
            self._close(f"the venue closed the connection without a Logout(5){known}")

    # Outputs

    def bytes_to_send(self) -> bytes:
        """Return and forget the bytes due; after each input, write them before anything else."""
        out, self._out = b"".join(self._out), []
        return out

    def events(self) -> list[Event]:
        """Return and forget the events since the last call."""
        events, self._events = self._events, []
        return events

    def next_deadline(self) -> int | None:
        """Return when `tick` wants to be called, None when nothing is due."""
        if self.state is State.LOGON_SENT:
            return self._asked_at + LOGON_WAIT
        if self.state is State.LOGOUT_SENT:
            return self._asked_at + LOGOUT_WAIT
        if self.state is not State.ACTIVE or not self._heartbeat:
            return None
        patience = 24 if self._probe in self._tests else 12
        return min(
            self._last_out + self._heartbeat, self._last_in + self._heartbeat * patience // 10
        )

    # Sequence

    def _receive(self, message: Message, now: int) -> None:
        problem = self._header_problem(message)
        if problem is not None:
            self._close(problem)
        elif message.msg_type == "A":
            self._on_logon(message, now)
        elif message.msg_type == "4" and message.get(123) != "Y":
            self._on_reset(message, now)
        elif self.state is State.LOGON_SENT:
            # A refusal may carry any number: the venue's sequence need not have moved.
            reason = message.text(58) or "no reason given"
            hint = RESET_HINT if "MsgSeqNum too low" in reason else ""
            self._close(f"the venue refused the Logon(A): {reason}{hint}")
        else:
            self._in_sequence(message, int(message.text(34)), now)

    def _header_problem(self, message: Message) -> str | None:
        config = self._config
        expected = (
            (8, config.begin_string),
            (49, config.target_comp_id),
            (56, config.sender_comp_id),
        )
        names = {8: "BeginString", 49: "SenderCompID", 56: "TargetCompID"}
        for tag, value in expected:
            if message.get(tag) != value:
                return f"{names[tag]}({tag}) must be {value}, was {message.text(tag) or 'missing'}"
        if not is_number(message.text(34)):
            return f"MsgSeqNum(34) must be a number, was {message.text(34) or 'missing'}"
        if self.state is State.LOGON_SENT and message.msg_type not in ("A", "5"):
            return f"MsgType(35) of the first answer must be A, was {message.msg_type}"
        return None

    def _in_sequence(self, message: Message, seq: int, now: int) -> None:
        if seq < self.numbers.into:
            self._too_low(message, seq, now)
        elif seq > self.numbers.into:
            if message.msg_type in ("2", "5"):  # else two sides waiting for each other stay so
                self._HANDLERS[message.msg_type](self, message, now)
            self._ask_again(seq, now)
        else:
            self.numbers.into += 1
            handler = self._HANDLERS.get(message.msg_type)
            if handler is None:
                self._events.append(Received(message))
            else:
                handler(self, message, now)

    def _too_low(self, message: Message, seq: int, now: int) -> None:
        if message.get(43) == "Y":
            return
        text = f"MsgSeqNum too low, expecting {self.numbers.into} but received {seq}"
        self._send("5", [(58, text)], now)
        self._close(f"{text}{RESET_HINT}")

    def _ask_again(self, seq: int, now: int) -> None:
        if self.state is State.CLOSED:
            return
        asked = self._gap_through >= self.numbers.into
        self._gap_through = max(self._gap_through, seq)
        if not asked:
            expected = self.numbers.into
            self._events.append(Note(f"gap: expected MsgSeqNum(34) {expected}, was {seq}"))
            self._send("2", [(7, str(expected)), (16, "0")], now)

    # One handler for each session message

    def _on_logon(self, message: Message, now: int) -> None:
        if self.state is not State.LOGON_SENT:
            self._close("the venue sent a second Logon(A)")
            return
        seq = int(message.text(34))
        if message.get(141) == "Y" and not self._config.reset:
            self.numbers.out, self.numbers.into = 2, 1  # our Logon was the first message
        if seq < self.numbers.into:
            self._too_low(message, seq, now)
            return
        self.state = State.ACTIVE
        if is_number(message.text(108)):
            self._heartbeat = int(message.text(108)) * SECOND
        self._events.append(LoggedOn(self._heartbeat // SECOND))
        if seq > self.numbers.into:
            self._ask_again(seq, now)
        else:
            self.numbers.into += 1

    def _on_heartbeat(self, message: Message, now: int) -> None:
        sent_at = self._tests.pop(message.text(112), None)
        if sent_at is not None and message.text(112) != self._probe:
            self._events.append(Alive(message.text(112), now - sent_at))

    def _on_test_request(self, message: Message, now: int) -> None:
        self._send("0", [(112, message.text(112))], now)

    def _on_resend_request(self, message: Message, now: int) -> None:
        first, last = message.text(7), message.text(16)
        if not is_number(first) or int(first) >= self.numbers.out:
            self._events.append(Note(f"ResendRequest(2) for {first}: nothing to send again"))
            return
        after_last = self.numbers.out
        if is_number(last) and int(first) <= int(last) < self.numbers.out:
            after_last = int(last) + 1
        header = [(34, first), (43, "Y"), (122, utc_timestamp(now))]
        self._send("4", [*header, (123, "Y"), (36, str(after_last))], now)

    def _on_gap_fill(self, message: Message, now: int) -> None:
        new = message.text(36)
        if is_number(new) and int(new) >= self.numbers.into:
            self.numbers.into = int(new)
        else:
            self._refuse_reset(message, now)

    def _on_reset(self, message: Message, now: int) -> None:
        self._on_gap_fill(message, now)  # the same, whatever its MsgSeqNum(34)

    def _refuse_reset(self, message: Message, now: int) -> None:
        text = "Value is incorrect (out of range) for this tag"
        self._send("3", [(45, message.text(34)), (58, text), (372, "4"), (373, "5")], now)

    def _on_logout(self, message: Message, now: int) -> None:
        if self.state is State.LOGOUT_SENT:
            self._close("logged out", clean=True)
            return
        self._events.append(Received(message))
        self._send("5", [], now)
        self._close(f"the venue logged the session out: {message.text(58) or 'no reason given'}")

    _HANDLERS: ClassVar[dict[str, Callable[[ClientSession, Message, int], None]]] = {
        "0": _on_heartbeat,
        "1": _on_test_request,
        "2": _on_resend_request,
        "4": _on_gap_fill,
        "5": _on_logout,
    }

    # Sending

    @property
    def _probe(self) -> str:
        return f"probe-{self._probes}"

    def _keep_alive(self, now: int) -> None:
        silent = now - self._last_in
        if silent * 10 >= self._heartbeat * 24:
            self._close(f"nothing heard from the venue for {silent // SECOND} s")
        elif silent * 10 >= self._heartbeat * 12 and self._probe not in self._tests:
            self._probes += 1
            self.test(self._probe, now)
        elif now - self._last_out >= self._heartbeat:
            self._send("0", [], now)

    def _send(self, msg_type: str, fields: Sequence[Field], now: int) -> int:
        header = {
            49: self._config.sender_comp_id,
            56: self._config.target_comp_id,
            34: str(self.numbers.out),
            52: utc_timestamp(now),
        }
        given = {tag: value for tag, value in fields if tag in HEADER_TAGS}
        body = [(tag, value) for tag, value in fields if tag not in HEADER_TAGS]
        frame = encode(self._config.begin_string, msg_type, [*(header | given).items(), *body])
        if 34 not in given:
            self.numbers.out += 1
        self._last_out = now
        self._out.append(frame)
        self._events.append(Wire(">", frame))
        return self.numbers.out - 1

    def _close(self, reason: str, *, clean: bool = False) -> None:
        if self.state is not State.CLOSED:
            self.state = State.CLOSED
            self._events.append(Closed(reason, clean))


def is_number(text: str) -> bool:
    """Say whether the text is a sequence number: ASCII digits, at most 18."""
    return text.isascii() and text.isdecimal() and len(text) <= 18


def utc_timestamp(now: int) -> str:
    """Write ns since 1970 as UTCTimestamp with milliseconds: `20261122-12:01:03.214`."""
    seconds, rest = divmod(now, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y%m%d-%H:%M:%S}.{rest // 1_000_000:03}"
