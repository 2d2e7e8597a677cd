"""The engine against a naive exchange written from the rule book: after every command both agree.

The streams are fixed unless `FIXPIT_SEED=<number>` asks for others; a difference is told with its
seed and the shortest tape that shows it. For longer runs: `python -m tests.reference.run`.
"""

from __future__ import annotations

import os

import pytest

from engine.commands import CancelOrder, EnterOrder
from tests.reference.compare import Differs, Pair, Tape, run_episode, shorten
from tests.reference.rules import MEMBERS, SYMBOL, VenueRules
from tests.reference.run import run
from tests.reference.stream import random_rules

FIRST = int(os.environ.get("FIXPIT_SEED", "1"))
RUNS = 10
COMMANDS = 6_000
SEEDS = [FIRST + 1_000 * number for number in range(RUNS)]


@pytest.mark.parametrize("seed", SEEDS)
def test_engine_and_rule_book_agree_after_every_command(seed: int) -> None:
    """Trades, orders, queues, phase and last price are the same."""
    outcome = run(COMMANDS, seed, tell=False)

    assert outcome.difference is None, f"seed {seed}: {outcome.difference.text()}"
    assert outcome.commands == COMMANDS
    assert outcome.trades > COMMANDS // 20


def test_a_stream_follows_from_its_seed() -> None:
    """Two episodes of one seed are the same, of two seeds not."""
    rules = VenueRules()

    assert run_episode(rules, 7) == run_episode(rules, 7)
    assert run_episode(rules, 7).trades != run_episode(rules, 8).trades
    assert random_rules(7) == random_rules(7)


def _limit(member: str, name: str, side: str, qty: int) -> EnterOrder:
    return EnterOrder(member, member, name, SYMBOL, side, "2", qty, 1_000_000)


def test_a_difference_is_found_and_its_tape_made_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """With another ranking in the naive exchange only the orders that show it are left."""
    own, other = MEMBERS[0], MEMBERS[1]
    tape: Tape = [
        (_limit(own, "away", "2", 5), 0),
        (CancelOrder(own, "away2", "away", SYMBOL, "2"), 0),
        (_limit(other, "first", "2", 5), 0),
        (_limit(own, "second", "2", 5), 0),
        (_limit(own, "in", "1", 5), 0),
    ]
    rules = VenueRules()
    pair = Pair(rules)
    for command, at in tape:
        pair.apply(command, at)

    def without_internal(self: Pair, rules: VenueRules) -> None:
        ordinary(self, rules)
        self.naive.rules = rules._replace(internal=False)

    ordinary = Pair.__init__
    monkeypatch.setattr(Pair, "__init__", without_internal)
    pair = Pair(rules)
    for command, at in tape[:-1]:
        pair.apply(command, at)
    with pytest.raises(Differs, match="trades"):
        pair.apply(*tape[-1])
    shortest, what = shorten(rules, tape)

    assert [command for command, _ in shortest] == [command for command, _ in tape[2:]]
    assert what.startswith("trades")
