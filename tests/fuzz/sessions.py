"""The border of a session: any messages at any time, and whatever else may happen to it.

An input is a script, one line for each thing that happens: a FIX message with `|` between its
fields, framed rightly here, or one of the words below; the first line may name a version and say
that resends are asked for in parts. It is played against two sessions, one that learns shapes and
one that takes every message step by step; they must say the same.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import cache
from unittest import mock

from gateway.fix import decoder
from gateway.fix.framing import Framer
from gateway.fix.message import Message
from gateway.fix.session_settings import SessionSettings
from gateway.fix.times import format_utc_timestamp
from gateway.fix.versions import FIX42, FIX44, FIX50SP2, NAMES
from tests.fuzz import corpus
from tests.support.fix import (
    MEMBER,
    SECOND,
    VENUE,
    check_sum_of,
    decoded,
    our_versions,
    pairs_of,
    stock_decoder,
)
from tests.support.session_tape import SessionTape

LINES_MAX = 40

MESSAGE_BYTES_MAX = 64 * 1024
"""The venue says nothing longer."""

PUBLISHED = "6=0|11=ID|14=0|17=1-1|{}37=O1|39=0|54=1|55=ERIC-B|150=0|151=0"
"""A report that FIX 4.2 wants one more field in."""

WORDS = (
    *(b"\n", b"\nwait 1", b"\nwait 36", b"\nwait 99", b"\ndisconnect\n", b"\npublish\n", b"\n8="),
    *(b"\nlogout\n", b"{now}", b"{now-121}", b"{now+121}", b"{now-1}", b"{next}", b"{out}"),
    *(b"{next+1}", b"{next+5}", b"{next-1}", b"{next+999999999999999990}", b"{now+1}"),
    *(b"\n35=0|34={next}", b"\n35=1|34={next}|112=X", b"\n35=2|34={next}|7=1|16=0"),
    *(b"\n35=4|34={next}|36={next+9}|123=Y", b"\n35=4|34=1|36={next}", b"\n35=5|34={next}"),
    *(b"\n35=4|34={next}|36={next-2}|123=Y", b"\n35=2|34={next}|7=0|16=0", b"\n35=8|34={next}"),
    *(b"\n35=A|34=1|98=0|108=30|141=Y", b"\n35=A|34={next}|98=0|108=5", b"|43=Y|122={now}"),
    *(b"\n35=2|34={next}|7={out}|16=999999999999999999", b"|115=JCD|116=x", b"|369=1", b"|789=1"),
    *(b"|789={out}", b"|383=4096", b"|1137=9", b"FIX.4.2", b"FIX.5.0SP2", b"FIX.4.4 parts"),
    *(b"\n35=D|34={next}|43=Y|122={now+1}|11=ID|40=1|54=1|55=ERIC-B|60={now}", b"122={now+1}"),
)

_PLACE = re.compile(r"\{(now|next|out)([+-][0-9]{1,18})?\}")
_WAIT = re.compile(rb"wait ([0-9]{1,3})")


class Play:
    """A session of AVA at PIT under an input; what is checked holds after every line."""

    def __init__(self, version: str, resend_messages_max: int) -> None:
        self.tape = SessionTape(
            application=self._application,
            version=our_versions()[version],
            settings=SessionSettings("", VENUE, MEMBER, resend_messages_max=resend_messages_max),
        )
        self._stock = stock_decoder(version)
        self.said: list[bytes] = []
        self._begin = f"8={self.tape.version.begin_string}"
        self._framer = Framer(MESSAGE_BYTES_MAX)
        self._resets = 0
        self._next_in = 1
        self._next_out = 1
        self._due = 1
        self._taken = 0

    def _application(self, _: object, message: Message) -> None:
        """Application messages come in sequence, each number once."""
        session = self.tape.session
        self._notice_reset()
        number = int(message.fields["34"])
        assert number == session.next_in - 1
        assert number > self._taken
        self._taken = number

    def _notice_reset(self) -> None:
        if self.tape.session.resets != self._resets:
            self._resets = self.tape.session.resets
            self._next_in = self._next_out = self._due = 1
            self._taken = 0

    def run(self, lines: list[bytes]) -> None:
        """Play a script."""
        for line in lines:
            self._do(line)
            self._check()

    def _do(self, line: bytes) -> None:
        tape, session = self.tape, self.tape.session
        if (wait := _WAIT.fullmatch(line)) is not None:
            for _, _, data in tape.pass_time(tape.now + int(wait[1]) * SECOND):
                self._hear(data)
        elif line == b"disconnect":
            tape.disconnect("")
        elif line == b"publish":
            more = "20=0|" if tape.version.name == FIX42 else ""
            tape.publish("8", PUBLISHED.format(more))
        elif line == b"logout":
            session.logout("the venue closes", tape.now)
        elif line:
            tape.take(self._frame(line.decode("latin-1")))

    def _frame(self, text: str) -> bytes:
        """The line as a message: places filled in, header and frame where it has none."""
        fields = _PLACE.sub(self._fill, text).split("|")
        begin = fields.pop(0) if fields[0].startswith("8=") else self._begin
        tags = {field.partition("=")[0] for field in fields}
        standard = (("49", "AVA"), ("52", self._time(0)), ("56", "PIT"))
        fields[2:2] = [f"{tag}={value}" for tag, value in standard if tag not in tags]
        body = ("\x01".join(fields) + "\x01").encode("latin-1")
        data = begin.encode("latin-1") + b"\x019=%d\x01" % len(body) + body
        return data + b"10=%03d\x01" % check_sum_of(data)

    def _fill(self, place: re.Match[str]) -> str:
        shift = int(place[2] or 0)
        if place[1] == "now":
            return self._time(max(-10_000, min(shift, 10_000)))
        session = self.tape.session
        return str((session.next_in if place[1] == "next" else session.out.next_out) + shift)

    def _time(self, shift: int) -> str:
        return format_utc_timestamp(self.tape.now + shift * SECOND)

    def _check(self) -> None:
        """Everything said is a message; no number went back, but for a reset."""
        tape, session = self.tape, self.tape.session
        for _, data in tape.heard():
            self._hear(data)
        self._notice_reset()
        assert session.next_in >= self._next_in
        assert session.out.next_out >= self._next_out
        self._next_in, self._next_out = session.next_in, session.out.next_out
        assert not session.wants_close, "the tape has closed"
        due = session.next_deadline()
        assert due is None or session.connected

    def _hear(self, data: bytes | None) -> None:
        self.said.append(data or b"closed")
        if data is None:
            return
        assert self._framer.feed(data) == [data]
        fields = decoded(data, self._stock).fields
        number = int(fields["34"])
        assert number >= 1
        if fields["35"] == "4":
            assert int(fields["36"]) > number, "a gap fill fills something"
        if fields.get("43") == "Y":
            assert number < self.tape.session.out.next_out, "only what was said is said again"
            return
        if number == 1:
            self._due = 1
        assert number >= self._due, "no number is used twice"
        self._due = number + 1


def run(data: bytes) -> Hashable:
    """No exception; with and without shapes the venue says the same and ends up the same."""
    lines = data.split(b"\n")[:LINES_MAX]
    version, _, parts = lines[0].decode("latin-1").partition(" ")
    if version in NAMES.values():
        lines = lines[1:]
    else:
        version, parts = FIX44, ""
    most = 2 if parts == "parts" else 0
    quick, slow = Play(version, most), Play(version, most)
    quick.run(lines)
    with mock.patch.object(decoder, "SHAPES_LEARNED_MAX", 0):
        slow.run(lines)
    assert quick.said == slow.said
    assert repr(quick.tape.session) == repr(slow.tape.session)
    assert [m.fields for m in quick.tape.took] == [m.fields for m in slow.tape.took]
    kinds = [dict(pairs_of(said)).get("35") if said != b"closed" else "." for said in quick.said]
    return tuple(kinds[:12])


def _due(body: str, more: str = "") -> str:
    """The message with the number that is awaited; the same again has the shape of the first."""
    return body.replace("34=2", "34={next}" + more)


@cache
def seeds() -> tuple[bytes, ...]:
    """The session scripts; each valid message behind a Logon."""
    logon = "35=A|34=1|98=0|108=30"
    scripts = [list(said) for said in corpus.conversations()]
    scripts += [[logon, *[_due(body)] * 3] for body in corpus.bodies()]
    scripts += [[logon, *[_due(body, "|43=Y|122={now}")] * 2] for body in corpus.bodies()]
    fixt = [[FIX50SP2, *(one.replace("35=A|", "35=A|1137=9|") for one in s)] for s in scripts]
    parts = [[f"{FIX44} parts", *script] for script in scripts[:60]]
    scripts += fixt + parts + [[FIX42, *script] for script in scripts]
    return tuple("\n".join(script).encode("latin-1") for script in scripts)
