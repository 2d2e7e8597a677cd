"""`fixpit view`: FIX in readable form, names beside tags, secrets masked.

Takes log lines or raw captures, fields apart by SOH, `|` or `^A`, with or without a prefix before
`8=FIX`. Names and value names come from the dictionaries of `fix_specs`; a file that is not there
costs names, never the output. A BodyLength(9) or CheckSum(10) that does not fit is marked, because
the log may have lost bytes. Input is read line by line, so that it can stand behind `tail -f`.

Nothing is decided about FIX here, and the codec of the gateway is not used: the viewer shows what
is there, broken messages too.
"""

from __future__ import annotations

import argparse
import functools
import importlib.resources
import os
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

Field = tuple[int, str]

MASK = "***"
_SECRET_TAGS = frozenset((554, 925, 1402, 1404))  # passwords, plain and encrypted
_SECRET_LOGON_TAGS = frozenset((95, 96))  # RawData carries credentials on some FIX.4.2 Logons
_START = re.compile(rb"8=(FIXT?\.[0-9]\.[0-9][A-Z0-9]*)(\x01|\||\^A)")
_DICTIONARIES = {
    "FIX.4.2": ("FIX42.xml", "FIX44.xml", "FIX50SP2.xml"),
    "FIXT.1.1": ("FIXT11.xml", "FIX50SP2.xml", "FIX44.xml"),
}
_OTHER_DICTIONARIES = ("FIX44.xml", "FIXT11.xml", "FIX50SP2.xml", "FIX42.xml")
_DATA_TAGS = {  # data field, which may hold separators -> the field before it, its length
    **{91: 90, 89: 93, 96: 95, 213: 212, 349: 348, 351: 350, 353: 352, 355: 354},
    **{1402: 1401, 1404: 1403},
}
_TAG = re.compile(rb"([0-9]{1,6})=")
_CHECKSUM = re.compile(rb"[0-9]{1,3}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `fixpit view`."""
    parser.add_argument("file", help="log or capture with FIX messages; - for standard input")
    parser.add_argument("--oneline", action="store_true", help="one line for each message")
    parser.add_argument(
        "--only", metavar="TYPES", help="only these MsgTypes, apart by commas, as in D,8"
    )


def run(args: argparse.Namespace) -> int:
    """Print the messages of a file; 1 when it has none, 2 when it cannot be read."""
    wanted = frozenset(args.only.split(",")) if args.only else None
    write = one_line if args.oneline else in_full
    try:
        if args.file == "-":
            shown = _show(sys.stdin.buffer, write, wanted)
        else:
            with open(args.file, "rb") as stream:
                shown = _show(stream, write, wanted)
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        sys.stderr.write(f"fixpit view: {args.file}: {error.strerror}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    if not shown:
        sys.stderr.write(f"fixpit view: {args.file}: no FIX message found\n")
        return 1
    return 0


def _show(stream: BinaryIO, write: Callable[[Seen], str], wanted: frozenset[str] | None) -> int:
    """Write what is wanted of the stream, flushed line by line; return how much was found."""
    count = 0
    for line in stream:
        for seen in find(line):
            count += 1
            if wanted is None or seen.text(35) in wanted:
                sys.stdout.write(write(seen))
        sys.stdout.flush()
    return count


def mask(fields: Sequence[Field]) -> list[Field]:
    """Return the fields of a message with secrets replaced by `***`."""
    secret = _SECRET_TAGS
    if (35, "A") in fields:
        secret |= _SECRET_LOGON_TAGS
    return [(tag, MASK if tag in secret else value) for tag, value in fields]


def printable(text: str) -> str:
    """Return the text with control characters written out, harmless to a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


# Finding messages


@dataclass(frozen=True, slots=True)
class Seen:
    """A message found in the input; `remarks` by tag say what does not fit."""

    prefix: str
    fields: list[Field]
    remarks: dict[int, str] = field(default_factory=dict)

    def text(self, tag: int) -> str:
        """Return the first value of the tag, or an empty text."""
        return next((value for t, value in self.fields if t == tag), "")


def find(line: bytes) -> Iterator[Seen]:
    """Yield the messages of a line, secrets masked."""
    at = 0
    while (start := _START.search(line, at)) is not None:
        separator = start[2]
        raw, end = _take_fields(line, start.start(), separator)
        prefix = line[at : start.start()].strip(b" \r\n\x01|")
        decoded = [(tag, value.decode(errors="backslashreplace")) for tag, value in raw]
        yield Seen(
            printable(prefix.decode(errors="backslashreplace")),
            [(tag, printable(value)) for tag, value in mask(decoded)],
            _remarks(raw),
        )
        at = end


def _take_fields(line: bytes, at: int, separator: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """Read fields from `at` up to CheckSum(10), the next message or the end of the line."""
    fields: list[tuple[int, bytes]] = []
    while at < len(line):
        tag_match = _TAG.match(line, at)
        if tag_match is None and fields:  # a separator inside a value, as in 58=a|b
            start = at
            while at < len(line) and _TAG.match(line, at) is None:
                _, at = _take_value(line, at, separator)
            if line.endswith(separator, start, at):
                rest = line[start : at - len(separator)]
            else:
                rest = line[start:].rstrip(b"\r\n")
            tag, value = fields[-1]
            fields[-1] = (tag, value + separator + rest)
            continue
        assert tag_match is not None  # the start of a message is a field
        tag = int(tag_match[1])
        if tag == 8 and fields:
            break
        if tag == 10 and (checksum := _CHECKSUM.match(line, tag_match.end())) is not None:
            fields.append((tag, checksum[0]))
            at = checksum.end()
            break
        length = _data_length(tag, fields, line, tag_match.end(), separator)
        value, at = _take_value(line, tag_match.end(), separator, length)
        fields.append((tag, value))
    return fields, at


def _take_value(
    line: bytes, at: int, separator: bytes, length: int | None = None
) -> tuple[bytes, int]:
    """Return the value at `at` and where the next field begins."""
    end = line.find(separator, at) if length is None else at + length
    if end < 0:
        return line[at:].rstrip(b"\r\n"), len(line)
    return line[at:end], end + len(separator)


def _data_length(
    tag: int, fields: list[tuple[int, bytes]], line: bytes, at: int, separator: bytes
) -> int | None:
    """Return how long a data field says it is, if a separator stands there."""
    if tag not in _DATA_TAGS or fields[-1][0] != _DATA_TAGS[tag] or not fields[-1][1].isdigit():
        return None
    length = int(fields[-1][1][:9])
    return length if line.startswith(separator, at + length) else None


def _remarks(fields: list[tuple[int, bytes]]) -> dict[int, str]:
    tags = [tag for tag, _ in fields]
    if tags[-1] != 10:
        return {tags[-1]: "the message ends without CheckSum(10)"}
    if tags[:2] != [8, 9]:
        return {}
    parts = [b"%d=%b\x01" % (tag, value) for tag, value in fields[:-1]]
    length, checksum = sum(map(len, parts[2:])), sum(b"".join(parts)) % 256
    remarks = {}
    if fields[1][1] != b"%d" % length:
        remarks[9] = f"must be {length}"
    if fields[-1][1] != b"%03d" % checksum:
        remarks[10] = f"must be {checksum:03}"
    return remarks


# Names


@dataclass(frozen=True, slots=True)
class Names:
    """What the dictionaries call tags, values and message types, and what groups hold."""

    tags: dict[int, str] = field(default_factory=dict)
    values: dict[tuple[int, str], str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    groups: dict[int, frozenset[int]] = field(default_factory=dict)

    def value(self, tag: int, value: str) -> str:
        """Return the name of a value, of each part of a multiple value, or an empty text."""
        if tag == 35:
            return self.messages.get(value, "")
        parts = [self.values.get((tag, part), "") for part in value.split(" ")]
        return " ".join(parts) if all(parts) else ""


@functools.cache
def names_for(begin_string: str) -> Names:
    """Load the names for a BeginString(8): its own dictionaries first, others for the rest."""
    names = Names()
    files = _DICTIONARIES.get(begin_string, ()) + _OTHER_DICTIONARIES
    for name in dict.fromkeys(files):
        source = importlib.resources.files("fix_specs") / name
        if source.is_file():
            _add_names(names, ET.fromstring(source.read_bytes()))  # noqa: S314 - our own file
    return names


def _add_names(names: Names, root: ET.Element) -> None:
    numbers = {}
    for element in root.iterfind("fields/field"):
        tag = int(element.get("number", "0"))
        numbers[element.get("name", "")] = tag
        names.tags.setdefault(tag, element.get("name", ""))
        for value in element.iterfind("value"):
            names.values.setdefault((tag, value.get("enum", "")), value.get("description", ""))
    for message in root.iterfind("messages/message"):
        names.messages.setdefault(message.get("msgtype", ""), message.get("name", ""))
    components = {c.get("name", ""): c for c in root.iterfind("components/component")}
    for group in root.iter("group"):
        tag = numbers.get(group.get("name", ""), 0)
        members = frozenset(numbers.get(name, 0) for name in _members(group, components))
        names.groups[tag] = names.groups.get(tag, frozenset()) | members


def _members(element: ET.Element, components: dict[str, ET.Element]) -> Iterator[str]:
    """Yield the field names in a group, those of groups and components inside it included."""
    for child in element:
        if child.tag != "component":
            yield child.get("name", "")
        inner = components.get(child.get("name", "")) if child.tag == "component" else child
        if inner is not None:
            yield from _members(inner, components)


# Writing


def in_full(seen: Seen) -> str:
    """Write a message as a heading and one line for each field, groups indented."""
    names = names_for(seen.text(8))
    msg_type = seen.text(35)
    heading = (
        f"{names.messages.get(msg_type) or 'message'}({msg_type}) "
        f"{seen.text(49)} -> {seen.text(56)}, {seen.text(34)}, {seen.text(52)}"
    )
    lines = [f"{seen.prefix} {heading}".strip()]
    width = max(len(names.tags.get(tag, "")) for tag, _ in seen.fields)
    for (tag, value), depth in zip(seen.fields, _depths(seen.fields, names), strict=True):
        meaning, remark = names.value(tag, value), seen.remarks.get(tag)
        line = f"{tag:>6} {'  ' * depth}{names.tags.get(tag, ''):<{width}}  {value}"
        lines.append(
            line + (f" {meaning}" if meaning else "") + (f"  <- {remark}" if remark else "")
        )
    return "\n".join(lines) + "\n\n"


def one_line(seen: Seen) -> str:
    """Write a message as `Side(54)=1:BUY|...` on one line."""
    names = names_for(seen.text(8))
    parts = []
    for tag, value in seen.fields:
        meaning, remark = names.value(tag, value), seen.remarks.get(tag)
        parts.append(
            f"{names.tags.get(tag, '')}({tag})={value}"
            + (f":{meaning}" if meaning else "")
            + (f" <- {remark}" if remark else "")
        )
    return f"{seen.prefix} {'|'.join(parts)}".strip() + "\n"


def _depths(fields: Iterable[Field], names: Names) -> Iterator[int]:
    """Yield how many groups each field is inside of."""
    inside: list[frozenset[int]] = []
    for tag, _ in fields:
        while inside and tag not in inside[-1]:
            inside.pop()
        yield len(inside)
        if tag in names.groups:
            inside.append(names.groups[tag])
