"""FIX written with `|` for the tests of the client: messages in, messages and events out."""

from __future__ import annotations

from gateway.client.events import Event, SequenceNumbers, SessionConfig, Wire
from gateway.client.session import SECOND, ClientSession
from gateway.client.wire import Field, Framer, Message, decode, encode, parse_fields, piped

START = 1_795_348_863_214_000_000
STAMP = "20261122-12:01:03.214"
_EVERYWHERE = frozenset((8, 9, 10, 49, 52, 56))


def message(text: str) -> Message:
    """Make a message of `35=8|...` without writing it as bytes."""
    fields = parse_fields(text)
    return Message(dict(fields)[35], fields)


def frame(text: str, *, sender: str = "PIT", target: str = "AVA") -> bytes:
    """Write `35=0|34=2|...` as the venue would, header and trailer added."""
    (_, msg_type), *fields = parse_fields(text)
    header: list[Field] = [(49, sender), (56, target), (52, STAMP)]
    return encode("FIX.4.4", msg_type, [*header, *fields])


class Tape:
    """A session whose input and output are lines; time in seconds after the start."""

    def __init__(
        self,
        config: SessionConfig | None = None,
        numbers: SequenceNumbers | None = None,
    ) -> None:
        self.numbers = numbers or SequenceNumbers()
        self.session = ClientSession(config or SessionConfig("AVA", "PIT"), self.numbers)

    def logged_on(self) -> Tape:
        """Start and log on, and forget what was sent for that."""
        self.session.start(START)
        self.feed(f"35=A|34={self.numbers.into}|98=0|108=30|141=Y")
        self.sent()
        return self

    def feed(self, *lines: str, at: float = 0) -> list[Event]:
        """Feed messages from the venue and return the events, but for the bytes."""
        self.session.feed(b"".join(map(frame, lines)), _time(at))
        return self.events()

    def feed_bytes(self, data: bytes) -> list[Event]:
        """Feed bytes from the venue and return the events, but for the bytes."""
        self.session.feed(data, START)
        return self.events()

    def tick(self, at: float) -> list[Event]:
        """Let time pass and return the events, but for the bytes."""
        self.session.tick(_time(at))
        return self.events()

    def events(self) -> list[Event]:
        """Return the events since the last call, but for the bytes."""
        return [event for event in self.session.events() if not isinstance(event, Wire)]

    def sent(self) -> list[str]:
        """Return the messages sent since the last call, without what every message has."""
        framer = Framer()
        framer.append(self.session.bytes_to_send())
        return [line(decode(frame)) for frame in iter(framer.next_frame, None)]

    @property
    def due(self) -> float | None:
        """Return the next deadline in seconds after the start."""
        deadline = self.session.next_deadline()
        return None if deadline is None else (deadline - START) / SECOND


def line(message: Message) -> str:
    """Write a message without the fields that every message has."""
    return piped([field for field in message.fields if field[0] not in _EVERYWHERE])


def _time(seconds: float) -> int:
    return START + round(seconds * SECOND)
