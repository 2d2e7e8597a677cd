"""A framed message -> a validated `Message`, by the dictionary.

Two ways to the same answer. The step-by-step way splits the message (`parse`), lets the session
look at its sequence number, then checks field by field (`validate`) and names what is wrong. It is
the reference. A message that passes it teaches its *shape*, the sequence of its tags, which becomes
one regular expression that checks every value's format and legal values and cuts them out in one
pass in C (`Shapes`): 2 us for a NewOrderSingle where the steps need 15; compiled (`codec`), shapes
do without the expression and need a fifth of that. What no known shape fits, valid or not, goes the
long way. Tests hold the ways against each other.
"""

from __future__ import annotations

import re

from gateway.fix import message as m
from gateway.fix import tags
from gateway.fix.dictionary import SOH, DataDictionary, GroupSpec
from gateway.fix.message import Message, reject

SHAPES_PER_SESSION_MAX = 8
"""Tried in turn; a client uses one or two per message type. Beyond it the long way serves."""

SHAPES_LEARNED_MAX = 16
"""Compiling one costs a millisecond: a session that keeps changing shape stops learning."""

SHAPE_TAGS_MAX = 60

SECRETS = frozenset({tags.PASSWORD, tags.NEW_PASSWORD})
"""A shape may keep what its fields said last; these are kept nowhere."""

FIXT11 = "FIXT.1.1"
"""The transport that carries application messages of another dictionary."""

DIGITS_MAX = 18
"""No number of FIX is longer; Python refuses to read thousands of digits."""


ShapeField = tuple[str, str, frozenset[str], re.Pattern[str]]
"""Tag, type and legal values of a field in a shape, and the pattern of a value of it."""


class ShapeInPython:
    """A known sequence of tags of one message type, as one pattern over the whole message."""

    __slots__ = ("_pattern", "msg_type", "tags")

    def __init__(self, msg_type: str, fields: list[ShapeField]) -> None:
        self.msg_type = msg_type
        self.tags = tuple(tag for tag, *_ in fields)
        parts = [f"{tag}=({pattern.pattern}){SOH}" for tag, _, _, pattern in fields]
        self._pattern = re.compile("".join(parts))

    def read(self, frame: bytes) -> dict[str, str] | None:
        """The fields of a message of this shape by tag, None for any other message."""
        match = self._pattern.fullmatch(frame.decode("latin-1"))
        return None if match is None else dict(zip(self.tags, match.groups(), strict=True))


try:
    from gateway.fix.codec import Shape as Shape
except ImportError:
    Shape = ShapeInPython  # type: ignore[misc,assignment]


class Decoder:
    """Decodes by one dictionary; shared by all sessions of that version."""

    def __init__(self, dictionary: DataDictionary) -> None:
        self.dictionary = dictionary
        self._formats = {t: re.compile(f.pattern) for t, f in dictionary.fields.items()}
        self._enums = {
            t: re.compile(f.enum_pattern)
            for t, f in dictionary.fields.items()
            if f.enum_pattern is not None and t != tags.MSG_TYPE
        }
        self._shapes: dict[tuple[str, ...], Shape] = {}
        lengths = {t for t, f in dictionary.fields.items() if f.type == "LENGTH"}
        self._lengths = lengths - {tags.BODY_LENGTH}
        self._data = {t for t, f in dictionary.fields.items() if f.type == "DATA"}
        self._session_tags = _session_tags(dictionary)

    def parse(self, frame: bytes) -> Message | None:
        """The message as pairs of tag and value, unchecked; None if it is garbled.

        Garbled: not beginning with tags 8, 9, 35, or a tag that is no number. A data field is cut
        by the length field before it, because it may contain the separator.
        """
        text = frame.decode("latin-1")
        pairs: list[tuple[str, str]] = []
        pos, size, length = 0, len(text), -1
        while pos < size:
            equals = text.find("=", pos)
            tag = text[pos:equals]
            if equals < 0 or not tag.removeprefix("-").isdecimal():
                return None
            end = text.find(SOH, equals)
            if length >= 0 and tag in self._data:
                end = equals + 1 + length
                if text[end : end + 1] != SOH:
                    return None
            value = text[equals + 1 : end]
            is_length = tag in self._lengths and value.isdecimal() and len(value) <= DIGITS_MAX
            length = int(value) if is_length else -1
            pairs.append((tag, value))
            pos = end + 1
        if [tag for tag, _ in pairs[:3]] != [tags.BEGIN_STRING, tags.BODY_LENGTH, tags.MSG_TYPE]:
            return None
        # Later values of a repeated tag do not replace the first: the header stands first.
        fields = dict(reversed(pairs))
        return Message(fields[tags.MSG_TYPE], fields, None, pairs)

    def validate(self, message: Message) -> None:
        """Check a parsed message against the dictionary and read its groups; raises SessionReject.

        Only messages of a type the dictionary knows come here.
        """
        assert message.pairs is not None
        spec = self.dictionary.messages[message.msg_type]
        header, trailer = self.dictionary.header, self.dictionary.trailer
        fields: dict[str, str] = {}
        groups: dict[str, list[dict[str, str]]] = {}
        pairs = message.pairs
        i, in_header = 0, True
        known = self._session_tags if message.msg_type in self.dictionary.admin else self._formats
        while i < len(pairs):
            tag, value = pairs[i]
            if tag not in known:
                raise reject(m.INVALID_TAG_NUMBER, tag)
            self._check_value(tag, value)
            if tag in header.fields:
                if not in_header:
                    raise reject(m.TAG_OUT_OF_ORDER, tag)
            elif tag not in trailer.fields:
                in_header = False
                if tag not in spec.fields:
                    raise reject(m.TAG_NOT_DEFINED, tag)
            if tag in fields:
                raise reject(m.TAG_REPEATED, tag)
            fields[tag] = value
            i += 1
            group = spec.groups.get(tag) or header.groups.get(tag)
            if group is not None:
                groups[tag], i = self._read_group(pairs, i, group, tag, int(value))
        for part in (header, spec, trailer):
            for tag in part.required:
                if tag not in fields:
                    raise reject(m.REQUIRED_TAG_MISSING, tag)
        message.fields = fields
        message.groups = groups or None
        message.pairs = None

    def _check_value(self, tag: str, value: str) -> None:
        pattern = self._formats.get(tag)
        if pattern is None:
            raise reject(m.INVALID_TAG_NUMBER, tag)
        if not value:
            raise reject(m.TAG_WITHOUT_VALUE, tag)
        if tag in self._data:
            return
        if pattern.fullmatch(value) is None:
            raise reject(m.INCORRECT_FORMAT, tag)
        legal = self._enums.get(tag)
        if legal is not None and legal.fullmatch(value) is None:
            raise reject(m.VALUE_INCORRECT, tag)

    def _read_group(
        self, pairs: list[tuple[str, str]], i: int, group: GroupSpec, count_tag: str, count: int
    ) -> tuple[list[dict[str, str]], int]:
        """Entries of a group that begins at pair `i`, and where it ends.

        Nested groups are checked and walked over; an entry keeps its own fields only.
        """
        entries: list[dict[str, str]] = []
        while i < len(pairs) and pairs[i][0] in group.fields:
            tag, value = pairs[i]
            if tag == group.delimiter:
                entries.append({})
            elif not entries:
                raise reject(m.GROUP_COUNT_WRONG, count_tag)
            if tag in entries[-1]:
                raise reject(m.TAG_REPEATED, tag)
            entries[-1][tag] = value
            i += 1
            nested = group.groups.get(tag)
            if nested is not None:
                self._check_value(tag, value)
                _, i = self._read_group(pairs, i, nested, tag, int(value))
        # Values within the entries are judged when all entries are there (case 14i).
        if len(entries) != count:
            raise reject(m.GROUP_COUNT_WRONG, count_tag)
        for entry in entries:
            for tag, value in entry.items():
                self._check_value(tag, value)
            for tag in group.required:
                if tag not in entry:
                    raise reject(m.REQUIRED_TAG_MISSING, tag)
        return entries, i

    def shape_of(self, message: Message) -> Shape | None:
        """The shape of a validated message; None for one with groups, data fields or secrets."""
        sequence = tuple(message.fields)
        if message.groups is not None or len(sequence) > SHAPE_TAGS_MAX:
            return None
        if not (self._data.isdisjoint(sequence) and SECRETS.isdisjoint(sequence)):
            return None
        key = (message.msg_type, *sequence)
        shape = self._shapes.get(key)
        if shape is None:
            fields = [self._shape_field(tag, message.msg_type) for tag in sequence]
            shape = self._shapes[key] = Shape(message.msg_type, fields)
        return shape

    def _shape_field(self, tag: str, msg_type: str) -> ShapeField:
        spec = self.dictionary.fields[tag]
        if tag == tags.MSG_TYPE:
            return tag, spec.type, frozenset({msg_type}), re.compile(re.escape(msg_type))
        return tag, spec.type, spec.enum, self._enums.get(tag) or self._formats[tag]


def _session_tags(dictionary: DataDictionary) -> frozenset[str]:
    """The tags there are for session messages: in FIXT.1.1 those of the transport alone."""
    if dictionary.begin_string != FIXT11:
        return frozenset(dictionary.fields)
    parts = [dictionary.header, dictionary.trailer]
    parts += [dictionary.messages[msg_type] for msg_type in dictionary.admin]
    tags_of: set[str] = set()
    while parts:
        part = parts.pop()
        tags_of |= part.fields.keys()
        parts += part.groups.values()
    return frozenset(tags_of)


class Shapes:
    """The shapes one session's client uses, tried in the order they were learned."""

    __slots__ = ("_decoder", "_learned", "_shapes")

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._shapes: list[Shape] = []
        self._learned = 0

    def decode(self, frame: bytes) -> Message | None:
        """The validated message if a known shape fits, else None."""
        for shape in self._shapes:
            fields = shape.read(frame)
            if fields is not None:
                return Message(shape.msg_type, fields)
        return None

    def learn(self, message: Message) -> None:
        """A message passed the long way: know its shape from now on."""
        if self._learned >= SHAPES_LEARNED_MAX:
            return
        shape = self._decoder.shape_of(message)
        if shape is None or shape in self._shapes:
            return
        self._learned += 1
        if len(self._shapes) >= SHAPES_PER_SESSION_MAX:
            self._shapes.pop()
        self._shapes.append(shape)
