"""The machine's clock jumps by an hour, or the venue stands still for seconds.

What a member sees: times that never go back, and no end of its session that its own silence or the
venue's own wrong time does not explain. The clock as such is tested in `tests.gateway.test_clock`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.clock import Clock
from tests.support import logs
from tests.support.fix import SECOND, pairs_of
from tests.support.venue_in_memory import OrderVenue

MEMBERS = ("AVA", "NON", "SHB")
HEART_BT_INT = 30
PERIOD = SECOND // 4
"""How often the venue's timer looks at the clock at least."""

HOUR = 3600 * SECOND
ORDER = "35=D|11={}|55=ERIC-B|54=1|38=10|40=2|44=87.30"


class Machine:
    """The machine of the venue: `now` is right, its clock is `off` from it."""

    def __init__(self) -> None:
        self.now = self.off = 0

    def shown(self) -> int:
        """What its clock shows."""
        return self.now + self.off


class JumpingVenue(OrderVenue):
    """A venue with a real `Clock` over that machine; `now` is right, and what members go by."""

    def __init__(self, folder: Path, machine: Machine) -> None:
        self.machine = machine
        self.own: Clock | None = None
        self.folder = folder
        self.deaf: set[str] = set()
        self.texts: list[str] = []
        self.times: list[str] = []
        self.refused: list[str] = []
        self.reports = 0
        super().__init__(folder)

    def clock(self) -> int:
        """The time as the venue has it."""
        self.machine.now = self.now
        self.own = self.own or Clock(self.machine.shown, lambda: self.machine.now)
        return self.own.now()

    def live(self, seconds: float) -> None:
        """Time passes and the timer runs, as it does in the loop; members answer as they must."""
        until = self.now + round(seconds * SECOND)
        while self.now < until:
            self.now += PERIOD
            due = self._next_deadline()
            if due is not None and due <= self.clock():
                self._in_loop(self._carry_out_due)
            self.answer()

    def answer(self) -> None:
        """Members that are not deaf answer what they were asked; what all heard is kept."""
        for who, data in self.heard():
            fields = dict(pairs_of(data)) if data is not None else {"35": "closed"}
            msg_type = fields["35"]
            self.texts.append(f"{who} {msg_type}")
            self.times += [fields["52"]] if "52" in fields else []
            self.reports += msg_type == "8"
            self.refused += [f"{who} {msg_type}"] if msg_type in {"3", "5", "closed"} else []
            if msg_type == "1" and who not in self.deaf:
                self.say(who, f"35=0|112={fields['112']}")

    def enter_all(self, name: str) -> None:
        """Each member enters an order."""
        for member in MEMBERS:
            self.say(member, ORDER.format(f"{member}-{name}"))
        self.answer()


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[JumpingVenue]:
    """Three members are logged on, each has entered an order."""
    machine = Machine()
    with JumpingVenue(tmp_path, machine) as made:
        made.enter_all("FIRST")
        yield made


def work(venue: JumpingVenue, seconds: int) -> None:
    """Quiet and busy in turn, for so long."""
    for n in range(seconds // 40):
        venue.live(20)
        venue.enter_all(f"{n}")
        venue.live(20)


@pytest.mark.parametrize("off", [3600, 60, 5, -5, -60, -3600])
def test_a_jump_ends_no_session(venue: JumpingVenue, off: int) -> None:
    """Heartbeats go on, every order is answered; members who go by the right time stay."""
    venue.machine.off = off * SECOND
    work(venue, 240)
    assert [venue.is_connected(member) for member in MEMBERS] == [True] * 3
    assert venue.reports == len(MEMBERS) * 7
    assert venue.refused == []
    assert abs(venue.clock() - venue.now) <= 25 * SECOND


def test_an_hour_ahead_for_a_moment_shuts_nobody_out(venue: JumpingVenue) -> None:
    """When the clock is right again, so is the venue's: members are not refused for an hour."""
    venue.machine.off = HOUR
    venue.live(1)
    venue.machine.off = 0
    work(venue, 80)
    assert [venue.is_connected(member) for member in MEMBERS] == [True] * 3
    assert venue.refused == []
    assert venue.clock() == venue.now


@pytest.mark.parametrize("off", [HOUR, -HOUR])
def test_times_never_go_back(venue: JumpingVenue, off: int) -> None:
    """In what is sent and in the log, when an hour is jumped and jumped back."""
    for shift in (off, 0, -off, 0):
        venue.machine.off = shift
        venue.live(5)
        for member in MEMBERS:
            venue.say(member, ORDER.format(f"{member}-{shift}"))
        venue.answer()
    assert venue.times == sorted(venue.times)
    shutil.copytree(venue.folder / "log", venue.folder / "copy")  # The venue has its own locked.
    records = logs.read(venue.folder / "copy")
    walls = [record.wall for record in records]
    moments = [record.at for record in records]
    assert (walls, moments) == (sorted(walls), sorted(moments))


@pytest.mark.parametrize("seconds", [0, 5])
def test_a_venue_that_stood_still_goes_on(venue: JumpingVenue, seconds: int) -> None:
    """A stall ends no session: what is due is done once, then all is as before."""
    venue.live(27)
    venue.texts.clear()
    venue.now += seconds * SECOND
    venue.live(0.25)
    assert venue.texts == ([f"{member} 0" for member in MEMBERS] if seconds else [])
    work(venue, 80)
    assert (venue.reports, venue.refused) == (len(MEMBERS) * 3, [])


@pytest.mark.parametrize("off", [0, 60, -60, 3600, -3600])
def test_a_silent_member_is_given_up_all_the_same(venue: JumpingVenue, off: int) -> None:
    """After 2.4 times HeartBtInt of silence, give or take a tenth; the others stay."""
    venue.machine.off = off * SECOND
    venue.deaf.add("AVA")
    venue.live(2.4 * HEART_BT_INT / 1.1 - 1)
    assert venue.is_connected("AVA")
    venue.live(2.4 * HEART_BT_INT * (1 / 0.9 - 1 / 1.1) + 2)
    assert [venue.is_connected(member) for member in MEMBERS] == [False, True, True]
