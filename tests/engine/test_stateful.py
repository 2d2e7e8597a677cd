"""The engine as a state machine whose model is the naive exchange of the rule book.

Hypothesis chooses the steps and shrinks a failing story to the few that matter. After each step the
two agree, what is bought is sold, no quantity is lost, and continuous trading is uncrossed.
`FIXPIT_SEED=<number>` asks for other stories.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engine.commands import (
    CancelOnDisconnect,
    CancelOrder,
    ChangePhase,
    Command,
    EnterOrder,
    HaltTrading,
    Instructions,
    MassCancel,
    PassTime,
    ReplaceOrder,
    ResumeTrading,
)
from tests.reference.compare import Pair
from tests.reference.orders import NaiveOrder
from tests.reference.rules import MEMBERS, MIDDLE, SEGMENT, SYMBOL, VenueRules
from tests.reference.stream import PHASES, SECOND

SEED = os.environ.get("FIXPIT_SEED")
EXAMPLES = 200
STEPS = 40
TICK = VenueRules().tick

_members = st.sampled_from(MEMBERS)
_sides = st.sampled_from("12")
_qtys = st.integers(1, 9)
_prices = st.integers(-4, 4).map(lambda ticks: MIDDLE + ticks * TICK)
_resting = st.sampled_from("016")
_flags = st.booleans()


def _venue(fields: dict[str, Any]) -> VenueRules:
    return VenueRules(**fields)


_venues = st.fixed_dictionaries(
    {
        "internal": _flags,
        "internal_in_calls": _flags,
        "sweeps": _flags,
        "joins": _flags,
        "guard_dynamic": st.sampled_from((0, 0, 1)),
        "guard_static": st.sampled_from((0, 0, 2)),
        "extension": st.sampled_from((0, 1)),
    }
).map(_venue)
_self_matches = st.builds(
    Instructions,
    self_match=st.sampled_from("123"),
    self_match_level=st.just("2"),
)
_pegs = st.builds(
    Instructions,
    exec_inst=st.sampled_from("MPR"),
    peg_offset=st.integers(-2, 2),
    peg_offset_type=st.just("2"),
)


class EngineAndRuleBook(RuleBasedStateMachine):
    """Steps of members and the operator; the two are compared by every one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 0
        self.names = 0
        self.pair = Pair(VenueRules())

    @initialize(rules=_venues)
    def begin(self, rules: VenueRules) -> None:
        """Some venue."""
        self.pair = Pair(rules)

    def _apply(self, command: Command) -> None:
        self.pair.apply(command, self.at)

    def _name(self) -> str:
        self.names += 1
        return f"N{self.names}"

    def _enter(self, member: str, side: str, ord_type: str, qty: int, **fields: Any) -> None:
        entry = EnterOrder(member, member, self._name(), SYMBOL, side, ord_type, qty, **fields)
        self._apply(entry)

    def _expiry(self, lasts: str) -> int:
        return self.at + 100 * SECOND if lasts == "6" else 0

    def _pick(self, nth: int) -> NaiveOrder:
        live = self.pair.naive.live
        return live[nth % len(live)]

    def _has_orders(self) -> bool:
        return bool(self.pair.naive.live)

    # Members

    @rule(
        member=_members, side=_sides, qty=_qtys, price=_prices, lasts=st.sampled_from("00016342B7")
    )
    def limit(self, member: str, side: str, qty: int, price: int, lasts: str) -> None:
        """A limit order of any time in force."""
        until = self._expiry(lasts)
        self._enter(member, side, "2", qty, price=price, time_in_force=lasts, expire_at=until)

    @rule(member=_members, side=_sides, qty=_qtys, lasts=st.sampled_from("0342B7"))
    def market(self, member: str, side: str, qty: int, lasts: str) -> None:
        """An order without a limit."""
        self._enter(member, side, "1", qty, time_in_force=lasts)

    @rule(member=_members, side=_sides, qty=_qtys, price=_prices, floor=st.integers(1, 3))
    def reserve(self, member: str, side: str, qty: int, price: int, floor: int) -> None:
        """An order that shows slices."""
        asked = Instructions(max_floor=floor)
        self._enter(member, side, "2", qty, price=price, instructions=asked)

    @rule(member=_members, side=_sides, qty=_qtys, price=_prices, least=st.integers(0, 9))
    def hidden(self, member: str, side: str, qty: int, price: int, least: int) -> None:
        """A hidden order, with a minimum or without."""
        asked = Instructions(max_floor=0, min_qty=least)
        self._enter(member, side, "2", qty, price=price, displayed=False, instructions=asked)

    @rule(member=_members, side=_sides, qty=_qtys, price=_prices, asked=_self_matches)
    def guarded(self, member: str, side: str, qty: int, price: int, asked: Instructions) -> None:
        """An order that must not meet its own member's."""
        self._enter(member, side, "2", qty, price=price, instructions=asked)

    @rule(member=_members, side=_sides, qty=_qtys, price=_prices, code=st.sampled_from("6KZ"))
    def conditional(self, member: str, side: str, qty: int, price: int, code: str) -> None:
        """Post-only, or leaving on a halt or when not best."""
        asked = Instructions(exec_inst=code)
        self._enter(member, side, "2", qty, price=price, instructions=asked)

    @rule(member=_members, side=_sides, qty=_qtys, trigger=_prices, price=st.none() | _prices)
    def stop(self, member: str, side: str, qty: int, trigger: int, price: int | None) -> None:
        """A stop, with a limit or without."""
        asked = Instructions(stop_px=trigger)
        ord_type = "3" if price is None else "4"
        self._enter(member, side, ord_type, qty, price=price or 0, instructions=asked)

    @rule(member=_members, side=_sides, qty=_qtys, ticks=st.integers(1, 3))
    def trailing(self, member: str, side: str, qty: int, ticks: int) -> None:
        """A stop that follows the price."""
        asked = Instructions(exec_inst="a", peg_offset=ticks * TICK)
        self._enter(member, side, "P", qty, instructions=asked)

    @rule(member=_members, side=_sides, qty=_qtys, asked=_pegs, cap=st.none() | _prices)
    def peg(self, member: str, side: str, qty: int, asked: Instructions, cap: int | None) -> None:
        """An order that follows the quotes."""
        self._enter(member, side, "P", qty, price=cap or 0, displayed=False, instructions=asked)

    @precondition(_has_orders)
    @rule(nth=st.integers(0, 30), qty=_qtys, price=_prices, moves=_flags, lasts=_resting)
    def replace(self, nth: int, qty: int, price: int, *, moves: bool, lasts: str) -> None:
        """Another quantity, price and end for some order."""
        order = self._pick(nth)
        self._apply(
            ReplaceOrder(
                order.session,
                self._name(),
                order.name,
                SYMBOL,
                order.side,
                order.ord_type,
                qty,
                price if moves and order.limit else order.limit,
                lasts,
                self._expiry(lasts),
            )
        )

    @precondition(_has_orders)
    @rule(nth=st.integers(0, 30))
    def cancel(self, nth: int) -> None:
        """Cancel some order."""
        order = self._pick(nth)
        self._apply(CancelOrder(order.session, self._name(), order.name, SYMBOL, order.side))

    @rule(member=_members, side=st.sampled_from(("", "1", "2")))
    def mass_cancel(self, member: str, side: str) -> None:
        """Cancel all orders of a member, or of a side."""
        self._apply(MassCancel(member, self._name(), "7", side=side))

    @rule(member=_members, day_only=_flags)
    def disconnect(self, member: str, *, day_only: bool) -> None:
        """A member's connection is lost."""
        self._apply(CancelOnDisconnect(member, day_only))

    # The venue

    @rule(phase=st.sampled_from(PHASES))
    def phase(self, phase: str) -> None:
        """The segment goes into a phase."""
        self._apply(ChangePhase(SEGMENT, phase))

    @rule(seconds=st.integers(0, 200))
    def wait(self, seconds: int) -> None:
        """Time passes: orders expire, calls end."""
        self.at += seconds * SECOND
        self._apply(PassTime())

    @rule(entry=_flags, flush=_flags)
    def halt(self, *, entry: bool, flush: bool) -> None:
        """Trading stops."""
        self._apply(HaltTrading(SYMBOL, entry, flush))

    @precondition(lambda self: self.pair.naive.halted)
    @rule()
    def resume(self) -> None:
        """A halt ends."""
        self._apply(ResumeTrading(SYMBOL))

    @invariant()
    def sold_what_was_bought(self) -> None:
        """Every trade has two sides; the pair has checked all else already."""
        assert self.pair.ledger.bought == self.pair.ledger.sold


def test_engine_and_rule_book_agree_in_every_story() -> None:
    """Whatever the steps are; FIXPIT_SEED asks for others than the ones of every day."""
    machine = EngineAndRuleBook if SEED is None else seed(int(SEED))(EngineAndRuleBook)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=SEED is None,
            database=None,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            print_blob=True,
        ),
    )
