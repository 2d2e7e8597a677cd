"""Market time passing: what is due happens, in order, each at its own moment.

Timetables are said to the exchange some days ahead (`timetables`), and time passes in steps that
are shorter than that, however far it is moved or however long the venue was down. What must not be
here: market time as a number (`market_clock`), and what happens at a moment, which is the engine's.
"""

from __future__ import annotations

import secrets

from engine.commands import PassTime, SeedDraws
from engine.exchange import Exchange
from engine.values import NEVER
from gateway.config import Config
from gateway.market_clock import SEED_MAX, MarketClock, MarketTimeError, text_of
from gateway.sequencer import Sequencer
from gateway.timetables import DAY_NANOS, has_timetable, plan

ADVANCE_DAYS_MAX = 400
"""The venue does nothing else while time is moved."""

PLANNED_AHEAD_NANOS = 7 * DAY_NANOS
LOOKED_AT_EVERY_NANOS = DAY_NANOS
STEP_NANOS = 5 * DAY_NANOS


class MarketTime:
    """Lets market time pass in an exchange.

    Until `begin`, market time is what `clock` says and nothing is planned.
    """

    def __init__(
        self,
        config: Config,
        exchange: Exchange,
        sequencer: Sequencer,
        clock: MarketClock,
    ) -> None:
        self._config = config
        self._exchange = exchange
        self._sequencer = sequencer
        self._clock = clock
        self._has_timetables = any(has_timetable(one) for one in config.schedules)
        self._look_at = 0

    @property
    def now(self) -> int:
        """Market time, ns UTC; never before that of the last command."""
        return max(self._sequencer.at, self._clock.now())

    @property
    def speed(self) -> float:
        """Seconds of market time in a second of real time."""
        return float(self._clock.speed)

    # The start of the venue

    def check_start(self, start: int | None) -> None:
        """Raises MarketTimeError if the market cannot begin there: the log is already later."""
        last = self._sequencer.at
        if start is not None and start < last:
            raise MarketTimeError(
                f"must not be before {text_of(last)}, where the log ends, was {text_of(start)}"
            )

    def stand(self, start: int | None) -> None:
        """Be where the log ends, for what is to be said before time goes on; a new log begins."""
        self.check_start(start)
        last = self._sequencer.at
        self._clock.stand_at(last or (self._clock.real() if start is None else start))

    def begin(self, start: int | None) -> None:
        """Go on to `start`, without one to real time (never back), and run from there.

        What was due while the venue was down happens on the way.
        """
        real, last = self._clock.real(), self._sequencer.at
        to = max(real, last) if start is None else start
        self._walk(to)
        if start is None and to == real:
            self._clock.run()
        else:
            self._clock.run_from(to)
        self._sequencer.follows_real_time = self._clock.is_real
        self._sequencer.catch_up = self._walk

    def seed(self, seed: int | None) -> None:
        """Say what all draws follow from: `seed`, or if there is none yet, one nobody knows."""
        known = self._exchange.seed
        wanted = seed or known or 1 + secrets.randbelow(SEED_MAX)
        if wanted != known:
            self._sequencer.submit(SeedDraws(wanted))

    # Time passes

    def advance(self, to: int) -> None:
        """Move market time forward; what is due on the way has happened when this returns.

        Raises MarketTimeError if that is backward, or further than ADVANCE_DAYS_MAX.
        """
        now = self.now
        if to < now:
            raise MarketTimeError(f"must not be before now, {text_of(now)}, was {text_of(to)}")
        if to - now > ADVANCE_DAYS_MAX * DAY_NANOS:
            last = text_of(now + ADVANCE_DAYS_MAX * DAY_NANOS)
            raise MarketTimeError(
                f"must be within {ADVANCE_DAYS_MAX} days from now, up to {last}, was {text_of(to)}"
            )
        self._walk(to)
        # By itself it may have gone further meanwhile.
        self._sequencer.follows_real_time = False
        self._clock.run_from(max(to, self._clock.now()))
        self._sequencer.submit(PassTime())

    def next_deadline(self) -> int | None:
        """The moment of real time at which `on_timer` wants to be called; None for never."""
        return self._clock.real_at(min(self._exchange.next_at, self._look_at))

    def on_timer(self, real: int) -> bool:
        """Let happen what is due at this moment of real time; whether there was anything."""
        at = self._clock.at(real)
        if at < self._exchange.next_at and at < self._look_at:
            return False
        before = self._sequencer.seq
        self._walk(at)
        return self._sequencer.seq != before

    def _walk(self, to: int) -> None:
        """Let happen what is due up to `to`, planning ahead on the way."""
        at = min(to, self._sequencer.at)
        while True:
            stop = min(to, at + STEP_NANOS)
            if stop >= self._look_at:
                self._plan(stop)
            self._sequencer.carry_out(stop)
            if stop == to:
                return
            at = stop

    def _plan(self, at: int) -> None:
        for command in plan(self._config, self._exchange, at + PLANNED_AHEAD_NANOS):
            self._sequencer.submit_ahead(command)
        self._look_at = at + LOOKED_AT_EVERY_NANOS if self._has_timetables else NEVER
