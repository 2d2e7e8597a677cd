"""Market time passing in a venue: everything due happens, in order, each at its own moment.

The machine of `tests.support.machine`: the real exchange, a log in memory, real time by hand.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from engine.commands import DefineMember, EnterOrder, PassTime, PlanPhases, SeedDraws
from gateway import reference_data
from gateway.config import Config, demo, load
from gateway.market_clock import MarketClock, MarketTimeError
from gateway.market_time import ADVANCE_DAYS_MAX, MarketTime
from gateway.sequencer import Sequencer
from gateway.timetables import DAY_NANOS
from tests.support.machine import SECOND, Machine

STOCKHOLM = ZoneInfo("Europe/Stockholm")
VENUES = Path(__file__).parents[2] / "fix_specs" / "venue"


def moment(text: str) -> int:
    """Local time as ns UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).timestamp()) * SECOND


def stockholm(segment: str = "STO") -> Config:
    """The shipped venue with one segment alone, that of mid-size companies."""
    config = load(VENUES / "stockholm.toml")
    return replace(
        config,
        segments=tuple(s for s in config.segments if s.id == segment),
        instruments=tuple(i for i in config.instruments if i.segment == segment),
    )


class Market(Machine):
    """A machine whose market time begins where and runs as a test says."""

    def __init__(
        self, folder: Path, real: str, speed: int = 1, config: Config | None = None
    ) -> None:
        super().__init__(folder, config or stockholm())
        self.now = moment(real)
        clock = MarketClock(lambda: self.now, Fraction(speed))
        self.sequencer = Sequencer(
            self.exchange, self.log, self.publisher, lambda: self.now, clock.at
        )
        self.market = MarketTime(self.config, self.exchange, self.sequencer, clock)

    def start(self, start: str | None = None, seed: int | None = 7) -> Market:
        """Begin as `gateway.app` does."""
        begin = None if start is None else moment(start)
        self.market.stand(begin)
        for command in reference_data.changes(self.config, self.exchange):
            self.sequencer.submit(command)
        for entry in self.sessions.unsaid():
            self.define(entry)
        self.market.seed(seed)
        self.market.begin(begin)
        return self

    def real(self, text: str) -> bool:
        """Real time passes at once, then the timer fires."""
        self.now = moment(text)
        return self.market.on_timer(self.now)

    @property
    def phase(self) -> str:
        """Of the only segment."""
        return self.exchange.segments["STO"].phase

    def passed(self) -> list[str]:
        """When PassTime was said, local time."""
        return [self.text(r.at) for r in self.log.records if isinstance(r.entry, PassTime)]

    def text(self, at: int) -> str:
        """A moment in local time; `..` where it is not a whole second."""
        wall = datetime.fromtimestamp(at // SECOND, STOCKHOLM)
        return f"{wall:%a %H:%M:%S}" + (".." if at % SECOND else "")

    def count(self, kind: type) -> int:
        """How many commands of a kind there are."""
        return sum(isinstance(record.entry, kind) for record in self.log.records)


# A day


def test_a_day_walks_through_its_phases(tmp_path: Path) -> None:
    """Each step at its own moment, books at theirs, however late the timer comes."""
    market = Market(tmp_path, "2024-06-10 07:00").start()
    phases = [market.phase]
    for time in ("08:00", "08:45", "09:00:05", "17:25", "17:30", "18:00"):
        market.real(f"2024-06-10 {time}")
        phases.append(market.phase)
    passed = market.passed()
    assert (
        phases,
        [p for p in passed if not p.endswith("..")],
        [p[:9] for p in passed if p.endswith("..")],
    ) == (
        [
            "CLOSED",
            "PRE_OPEN",
            "OPENING_CALL",
            "CONTINUOUS",
            "CLOSING_CALL",
            "POST_TRADE",
            "CLOSED",
        ],
        [
            *("Mon 08:00:00", "Mon 08:45:00", "Mon 09:00:00"),
            *("Mon 17:25:00", "Mon 17:29:30", "Mon 18:00:00"),
        ],
        ["Mon 09:00", "Mon 17:29"],
    )


def test_5_1_five_auctions_of_first_north(tmp_path: Path) -> None:
    """What is entered in between trades at the next of them: 16:00 in the closing one."""
    config = stockholm("FN-AUCTIONS")
    market = Market(tmp_path, "2024-06-10 07:00", config=config).start()
    for hour in ("08:50", "10:00", "12:00", "14:00", "16:00"):
        market.real(f"2024-06-10 {hour}")
        for side in "12":
            order = EnterOrder("AVA1", "AVA", f"{hour}{side}", "FJARD", side, "2", 10, 42_600)
            market.sequencer.submit(order)
    market.real("2024-06-10 18:00")
    trades = [(market.text(t.at)[4:9], t.cross) for t in market.exchange.trades.of("FJARD")]
    assert list(reversed(trades)) == [
        ("09:00", "O"),
        ("11:00", "I"),
        ("13:00", "I"),
        ("15:00", "I"),
        ("17:29", "C"),
    ]


def test_what_is_due_comes_before_the_command_that_comes_late(tmp_path: Path) -> None:
    """The loop was busy over the end of the day: an order finds the market as it is by now."""
    market = Market(tmp_path, "2024-06-10 17:20").start()
    market.now = moment("2024-06-10 18:30")
    market.sequencer.submit(DefineMember("NEW", "New"))
    last = market.log.records[-1]
    assert (market.phase, last.entry, market.text(last.at)) == (
        "CLOSED",
        DefineMember("NEW", "New"),
        "Mon 18:30:00",
    )
    assert [p[:9] for p in market.passed()] == ["Mon 17:25", "Mon 17:29", "Mon 17:29", "Mon 18:00"]


def test_each_stamp_is_the_moment_it_was_due_and_the_wall_is_real(tmp_path: Path) -> None:
    """What happens late happens at its market time."""
    market = Market(tmp_path, "2024-06-10 07:00").start()
    market.real("2024-06-10 08:50")
    stamps = [(market.text(r.at), market.text(r.wall)) for r in market.log.records[-2:]]
    assert stamps == [("Mon 08:00:00", "Mon 08:50:00"), ("Mon 08:45:00", "Mon 08:50:00")]


def test_nothing_is_said_while_nothing_is_due(tmp_path: Path) -> None:
    """The timer may come as often as it likes."""
    market = Market(tmp_path, "2024-06-10 09:30").start()
    before = market.log.last_seq
    fired = [market.real(f"2024-06-10 {hour}:00") for hour in range(10, 17)]
    assert (any(fired), market.log.last_seq) == (False, before)


def test_the_timer_is_wanted_when_something_is_due(tmp_path: Path) -> None:
    """In real time; every day at least, to plan ahead; never where market time stands still."""
    found = []
    for speed in (1, 60, 0):
        market = Market(tmp_path / str(speed), "2024-06-10 07:00", speed).start()
        due = market.market.next_deadline()
        found.append(due if due is None else (due - market.now) // SECOND)
    always = Market(tmp_path / "demo", "2024-06-10 07:00", config=demo()).start()
    due = always.market.next_deadline()
    assert (found, due is not None and due > always.now + 10**17) == ([3600, 60, None], True)


def test_a_timetable_is_known_a_week_ahead(tmp_path: Path) -> None:
    """Day by day over a month: said once a week, never late, and a stalled month is caught up."""
    market = Market(tmp_path, "2024-06-10 12:00").start()
    for days in range(1, 30):
        market.now = moment("2024-06-10 12:00") + days * DAY_NANOS
        market.market.on_timer(market.now)
        segment = market.exchange.segments["STO"]
        assert segment.planned_until > market.now + 6 * DAY_NANOS - 12 * 3600 * SECOND
    said = market.count(PlanPhases)
    market.real("2024-08-20 10:00")
    steps = [p for p in market.passed() if p.endswith("08:00:00")]
    assert (said <= 6, market.phase, len(steps)) == (True, "CONTINUOUS", 50)


def test_a_late_command_after_a_long_stall_finds_the_days_planned(tmp_path: Path) -> None:
    """A machine that slept for a month: the message that wakes it comes after all of them."""
    market = Market(tmp_path, "2024-06-10 12:00").start()
    market.now = moment("2024-07-15 10:00")
    market.sequencer.submit(DefineMember("NEW", "New"))
    opened = [p for p in market.passed() if p.endswith("08:00:00")]
    assert (market.phase, len(opened)) == ("CONTINUOUS", 24)


# Moved by hand


def test_time_is_moved_through_everything_due(tmp_path: Path) -> None:
    """Market time stands still: from morning to evening in one step."""
    market = Market(tmp_path, "2026-01-01 00:00", speed=0).start("2024-06-10 07:00")
    before = market.text(market.market.now)
    market.market.advance(moment("2024-06-10 17:27"))
    call = market.phase, market.text(market.market.now), market.passed()[-1]
    market.market.advance(moment("2024-06-10 18:00"))
    assert (before, call, market.phase, market.market.speed) == (
        "Mon 07:00:00",
        ("CLOSING_CALL", "Mon 17:27:00", "Mon 17:27:00"),
        "CLOSED",
        0,
    )


def test_moved_time_runs_on_from_there(tmp_path: Path) -> None:
    """At its speed."""
    market = Market(tmp_path, "2024-06-10 07:00", speed=60).start()
    market.market.advance(moment("2024-06-10 08:30"))
    market.now += SECOND
    assert market.text(market.market.now) == "Mon 08:31:00"


def test_time_is_moved_over_months(tmp_path: Path) -> None:
    """Over two changes of the clock, half days and a year's end, day by day."""
    market = Market(tmp_path, "2024-03-01 12:00").start()
    market.market.advance(moment("2025-03-03 12:00"))
    passed = market.passed()
    opened = [p for p in passed if p.endswith("08:00:00")]
    halves = [p for p in passed if p.endswith("12:55:00")]
    assert (market.phase, len(opened), len(halves)) == ("CONTINUOUS", 249, 4)


@pytest.mark.parametrize(
    ("to", "refusal"),
    [
        ("2024-06-10 06:59", "must not be before now, 2024-06-10T05:00:00.000Z, was "),
        (
            "2025-07-16 07:00",
            "must be within 400 days from now, up to 2025-07-15T05:00:00.000Z, was ",
        ),
    ],
)
def test_time_is_not_moved_back_or_too_far(tmp_path: Path, to: str, refusal: str) -> None:
    """A refusal changes nothing."""
    market = Market(tmp_path, "2024-06-10 07:00").start()
    before = market.log.last_seq
    with pytest.raises(MarketTimeError) as refused:
        market.market.advance(moment(to))
    assert (str(refused.value).startswith(refusal), market.log.last_seq) == (True, before)


def test_time_is_moved_as_far_as_it_may(tmp_path: Path) -> None:
    """And not at all, which is allowed too."""
    market = Market(tmp_path, "2024-06-10 07:00", config=demo()).start()
    market.market.advance(market.now)
    market.market.advance(market.now + ADVANCE_DAYS_MAX * DAY_NANOS)
    assert market.market.now == moment("2024-06-10 07:00") + ADVANCE_DAYS_MAX * DAY_NANOS


# Starts


def test_a_new_log_begins_at_real_time_or_where_it_is_told(tmp_path: Path) -> None:
    """In the phase of that moment; no day before it is walked through."""
    real = Market(tmp_path / "1", "2024-06-10 10:00").start()
    told = Market(tmp_path / "2", "2026-01-01 00:00").start("2024-06-10 17:26")
    assert [
        (market.phase, market.text(market.market.now), market.passed()) for market in (real, told)
    ] == [("CONTINUOUS", "Mon 10:00:00", []), ("CLOSING_CALL", "Mon 17:26:00", [])]


def test_a_restart_carries_out_what_was_due_while_the_venue_was_down(tmp_path: Path) -> None:
    """The log ends at noon, the venue starts at seven in the evening."""
    noon = Market(tmp_path / "1", "2024-06-10 12:00").start()
    order = EnterOrder("AVA1", "AVA", "A1", "CLAS-B", "1", "2", 10, 1_876_000)
    noon.sequencer.submit(order)
    evening = Market(tmp_path / "2", "2024-06-10 19:00")
    evening.replay(noon.log.records)
    working = len(list(evening.exchange.orders.all_working()))
    evening.start()
    assert (
        working,
        len(list(evening.exchange.orders.all_working())),
        evening.phase,
        [p[:9] for p in evening.passed()],
        evening.market.now,
    ) == (
        1,
        0,
        "CLOSED",
        ["Mon 17:25", "Mon 17:29", "Mon 17:29", "Mon 18:00"],
        moment("2024-06-10 19:00"),
    )


def test_a_restart_says_nothing_new(tmp_path: Path) -> None:
    """Same file, same seed, nothing due: not a record."""
    first = Market(tmp_path / "1", "2024-06-10 12:00").start(seed=None)
    again = Market(tmp_path / "2", "2024-06-10 12:30")
    again.replay(first.log.records)
    again.start(seed=None)
    assert (again.log.last_seq, again.exchange.seed) == (first.log.last_seq, first.exchange.seed)


def test_a_restart_goes_on_where_the_log_ends_if_that_is_later(tmp_path: Path) -> None:
    """Market time was moved ahead of real time: it never goes back."""
    first = Market(tmp_path / "1", "2024-06-10 12:00").start()
    first.market.advance(moment("2024-07-01 12:00"))
    again = Market(tmp_path / "2", "2024-06-10 13:00")
    again.replay(first.log.records)
    again.start()
    again.now += 60 * SECOND
    assert again.text(again.market.now) == "Mon 12:01:00"


def test_a_restart_may_begin_later_and_not_earlier(tmp_path: Path) -> None:
    """Earlier than the log ends is refused, with where that is."""
    first = Market(tmp_path / "1", "2024-06-10 12:00").start()
    again = Market(tmp_path / "2", "2024-06-10 12:00")
    again.replay(first.log.records)
    with pytest.raises(MarketTimeError) as refused:
        again.market.check_start(moment("2024-06-10 11:59"))
    again.start("2024-06-11 17:26")
    assert (str(refused.value), again.phase, len(again.passed())) == (
        "must not be before 2024-06-10T10:00:00.000Z, where the log ends, "
        "was 2024-06-10T09:59:00.000Z",
        "CLOSING_CALL",
        9,
    )


def test_the_venue_file_holds_from_where_the_log_ends(tmp_path: Path) -> None:
    """What was due while the venue was down is done by the file it starts with."""
    first = Market(tmp_path / "1", "2024-06-10 12:00").start()
    config = stockholm()
    day = config.schedules[0]
    longer = replace(day.phases[-1], at="20:00:00")
    changed = replace(config, schedules=(replace(day, phases=(*day.phases[:-1], longer)),))
    again = Market(tmp_path / "2", "2024-06-10 19:00", config=changed)
    again.replay(first.log.records)
    again.start()
    phase = again.phase
    again.real("2024-06-10 20:00")
    assert (phase, again.phase, again.passed()[-1]) == ("POST_TRADE", "CLOSED", "Mon 20:00:00")


# Seeds


def test_draws_follow_from_a_seed_in_the_log(tmp_path: Path) -> None:
    """The one that was given, or one nobody knows; said once, and again only if it is another."""
    given = Market(tmp_path / "1", "2024-06-10 12:00").start(seed=7)
    drawn = [Market(tmp_path / str(i), "2024-06-10 12:00").start(seed=None) for i in (2, 3)]
    again = Market(tmp_path / "4", "2024-06-10 12:00")
    again.replay(given.log.records)
    again.start(seed=7)
    same = again.count(SeedDraws)
    again.market.seed(8)
    seeds = {market.exchange.seed for market in drawn}
    assert (given.exchange.seed, same, again.exchange.seed, len(seeds), 0 in seeds) == (
        7,
        1,
        8,
        2,
        False,
    )


def test_the_same_seed_gives_the_same_day(tmp_path: Path) -> None:
    """To the nanosecond of the uncross; another seed gives another."""
    days = []
    for i, seed in enumerate((7, 7, 8)):
        market = Market(tmp_path / str(i), "2024-06-10 07:00").start(seed=seed)
        market.market.advance(moment("2024-06-10 19:00"))
        days.append([r.at for r in market.log.records if isinstance(r.entry, PassTime)])
    assert (days[0] == days[1], days[0] == days[2]) == (True, False)
