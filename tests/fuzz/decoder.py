"""The border where frames become messages: every dictionary, and both ways of the decoder."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache

from gateway.fix.decoder import SECRETS, SHAPE_TAGS_MAX, Decoder, Shapes
from gateway.fix.message import Message, SessionReject
from gateway.fix.versions import NAMES
from tests.fuzz import corpus
from tests.support.fix import SOH, our_decoder, stock_decoder


class Border:
    """One decoder, with shapes learned from valid messages."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._shapes = Shapes(decoder)
        self._data = {tag for tag, f in decoder.dictionary.fields.items() if f.type == "DATA"}
        for frame in corpus.messages():
            message = self._decoded(frame)
            if isinstance(message, Message):
                self._shapes.learn(message)

    def _decoded(self, frame: bytes) -> Message | tuple[int | None, str] | None:
        """The message, reason and tag of its reject, or None for one that is garbled or unknown."""
        message = self._decoder.parse(frame)
        if message is None:
            return None
        assert message.pairs is not None
        firsts: dict[str, str] = {}
        text = "".join(f"{tag}={value}{SOH}" for tag, value in message.pairs)
        assert text.encode("latin-1") == frame, "no byte of a frame is lost"
        for tag, value in message.pairs:
            assert firsts.setdefault(tag, value) == message.fields[tag], "the first one counts"
        if message.msg_type not in self._decoder.dictionary.messages:
            return None
        try:
            self._decoder.validate(message)
        except SessionReject as refusal:
            assert message.pairs is not None, "a refused message is as it was"
            return refusal.reason, refusal.ref_tag
        return message

    def run(self, frame: bytes) -> Hashable:
        """A shape that fits says what the steps say; what they accept, its own shape fits."""
        stepwise = self._decoded(frame)
        quick = self._shapes.decode(frame)
        assert quick is None or quick == stepwise
        if not isinstance(stepwise, Message):
            return stepwise
        fits = (
            stepwise.groups is None
            and len(stepwise.fields) <= SHAPE_TAGS_MAX
            and self._data.isdisjoint(stepwise.fields)
            and SECRETS.isdisjoint(stepwise.fields)
        )
        shape = self._decoder.shape_of(stepwise)
        assert (shape is not None) == fits
        if shape is not None:
            assert shape.read(frame) == stepwise.fields
            assert shape.read(frame) == stepwise.fields, "what a shape remembers changes nothing"
        return stepwise.msg_type, len(stepwise.fields)


@cache
def borders() -> tuple[Border, ...]:
    """All versions by our dictionaries, and by the stock ones as some that we did not write."""
    names = NAMES.values()
    return tuple(Border(read(name)) for read in (our_decoder, stock_decoder) for name in names)


def run(data: bytes) -> Hashable:
    """Only SessionReject comes of a frame, whatever is in it, by any dictionary.

    The framer hands on nothing that does not end with a separator; the rest of it may be wrong.
    """
    frame = data if data.endswith(b"\x01") else data + b"\x01"
    return tuple(border.run(frame) for border in borders())
