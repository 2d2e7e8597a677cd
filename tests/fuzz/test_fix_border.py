"""Anything at all sent to the FIX border: only what is documented may come of it.

Members connect, log on and send messages that are valid, spoiled or noise, in pieces of any size;
now and then they break off, or time passes. Whatever they do, the venue answers with messages that
a stock dictionary accepts, says nothing, or closes; no exception gets out, the market stays whole,
the next one who logs on properly is served, and a restart finds everything in the log.

A run prints its seed, which brings it back. `FUZZ_SECONDS=600` goes on with other seeds that long.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from engine import invariants
from engine.digest import digest
from tests.support.fix import SECOND, decoded, pairs_of, stock_decoder
from tests.support.fix_mutations import VALID, fields_of, framed, spoil
from tests.support.venue_in_memory import OrderVenue

MESSAGES = 2_000
FUZZ_SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SAYS = frozenset({"A", "0", "1", "2", "3", "4", "5", "8", "9", "r", "j"})
WHO = ("AVA", "NON")
TEXTS = (*VALID, "35=B|34=2|148=news|33=1|58=hello", "35=8|34=2")
"""What is spoiled; the last two are types that the venue does not take."""


class Fuzzer:
    """One run: what the members do follows from the seed alone."""

    def __init__(self, venue: OrderVenue, seed: int) -> None:
        self.venue = venue
        self.random = random.Random(seed)
        self.cl_ord_id = 0

    def run(self, messages: int) -> None:
        """So many doings, then two members who know how to behave."""
        for _ in range(messages):
            self.do(self.random.choice(WHO))
            self.check()
        for who in WHO:
            self.behave(who)
        invariants.check(self.venue.exchange)

    def do(self, who: str) -> None:
        """Something a member might do."""
        roll = self.random.random()
        if not self.venue.is_connected(who):
            self.venue.connect(who)
            if roll < 0.9:
                self.venue.send(who, self.logon(who))
        elif roll < 0.01:
            self.venue.disconnect(who)
        elif roll < 0.03:
            self.venue.pass_time(self.venue.now + self.random.randrange(40 * SECOND))
        elif roll < 0.08:
            self.send(who, self.noise())
        else:
            self.send(
                who, b"".join(self.message(who) for _ in range(self.random.choice((1, 1, 3))))
            )

    def send(self, who: str, data: bytes) -> None:
        """In one piece or in several."""
        size = self.random.choice((len(data), len(data), 1 + self.random.randrange(60)))
        for i in range(0, len(data), max(1, size)):
            self.venue.send(who, data[i : i + max(1, size)])

    def message(self, who: str) -> bytes:
        """A message that is valid more often than not, with a number that mostly is due."""
        text = self.random.choice(TEXTS).replace("54=1", self.random.choice(("54=1", "54=2")))
        times = self.random.choice((0, 0, 0, 1, 1, 2, 4))
        self.cl_ord_id += 1
        due = self.venue.sessions.by_comp_id[who].fix.next_in
        shift = self.random.choice((0,) * 30 + (1, 2, -1, -due))
        text = text.replace("|34=2", f"|34={due + shift}").replace("=ID", f"=ID{self.recent()}")
        fields = spoil(text, times, self.random.randrange)
        data = framed(["49=" + who if f == "49=AVA" else self.dated(f) for f in fields])
        if self.random.random() < 0.03:
            spot = self.random.randrange(len(data))
            return data[:spot] + self.random.randbytes(1) + data[spot + 1 :]
        return data

    def recent(self) -> int:
        """An id that is new, or was used a little while ago."""
        return self.cl_ord_id - self.random.choice((0, 0, 1, 5))

    def dated(self, field: str) -> str:
        """SendingTime moves with the venue's clock."""
        return self.now() if field.startswith("52=2026") else field

    def now(self) -> str:
        return f"52={self.venue.time_text()}"

    def noise(self) -> bytes:
        """No FIX, or only nearly."""
        some = self.random.randbytes(self.random.randrange(1, 200))
        near = b"8=FIX.4.4\x019=%d\x0135=D\x01" % self.random.randrange(1, 300)
        return self.random.choice(
            (some, near + some, near, b"8=FIX" + some, some + b"\x0110=000\x01")
        )

    def logon(self, who: str) -> bytes:
        """One that is accepted, whatever happened before."""
        text = f"35=A|34=1|49={who}|{self.now()}|98=0|108={self.random.choice((0, 5, 30))}|141=Y"
        return framed(fields_of(text))

    def check(self) -> None:
        """What the venue has said is of its kind, and well-formed."""
        for _, data in self.venue.heard():
            if data is not None:
                assert dict(pairs_of(data)).get("35") in SAYS
                decoded(data, stock_decoder())

    def behave(self, who: str) -> None:
        """Whoever logs on as one should is answered."""
        if self.venue.is_connected(who):
            self.venue.disconnect(who)
        self.venue.heard()
        self.venue.connect(who)
        self.venue.send(who, self.logon(who))
        self.venue.say(who, f"35=1|34=2|{self.now()}|112=STILL THERE")
        answers = [
            dict(pairs_of(data)) for name, data in self.venue.heard() if data and name == who
        ]
        assert [answer.get("112") for answer in answers][-1] == "STILL THERE"


def run(folder: Path, seed: int) -> None:
    """One run on a venue of its own."""
    print(f"fuzz seed {seed}")  # noqa: T201  how to do it again
    folder.mkdir()
    with OrderVenue(folder) as venue:
        Fuzzer(venue, seed).run(MESSAGES)
    with OrderVenue(folder) as again:
        assert remembered(again) == remembered(venue)


def remembered(venue: OrderVenue) -> tuple[str, list[str]]:
    """The market, and every session's numbers: what a restart must bring back."""
    sessions = [repr(session.fix) for session in venue.sessions.by_comp_id.values()]
    return digest(venue.exchange), sessions


@pytest.mark.parametrize("seed", [1, 20261122, 44])
def test_anything_at_all(tmp_path: Path, seed: int) -> None:
    """Documented outcomes only, and a venue that goes on."""
    run(tmp_path / "venue", seed)


def test_for_as_long_as_is_asked_for(tmp_path: Path) -> None:
    """Other seeds every time, for FUZZ_SECONDS; one run if that is not set."""
    deadline = time.monotonic() + FUZZ_SECONDS
    first = random.SystemRandom().randrange(10**9)
    run(tmp_path / "0", first)
    for n in range(1, 10**6):
        if time.monotonic() > deadline:
            break
        run(tmp_path / str(n), first + n)
