"""The trade history and its statistics: EX-7.1 and EX-7.2 of the rule book."""

from __future__ import annotations

import pytest

from engine.commands import BustTrade, DefineMember
from engine.events import Traded
from engine.oms.statistics import Statistics, statistics
from tests.support.market import Rules, Venue, enter, price


@pytest.mark.parametrize(
    ("anonymity", "line", "hides"),
    [
        ("large", ("AVA", "-"), "R"),
        ("other", ("AVA", "ENS"), ""),
        ("index", ("-", "-"), "RI"),
    ],
)
def test_ex_7_1_who_is_shown(anonymity: str, line: tuple[str, str], hides: str) -> None:
    """Buyer AVA is shown, seller ENS opted out: what the history says depends on the book."""
    venue = Venue(Rules(more={"anonymity": anonymity}))
    events = venue.apply_all(
        DefineMember("ENS", "SEB", hides=True),
        enter("S ENS sell 100 @ 10.00"),
        enter("B AVA buy 100 @ 10.00"),
    )
    trade = venue.exchange.trades.find(1)
    assert trade is not None
    assert trade.history_line == line
    assert [event.hides for event in events if isinstance(event, Traded)] == [hides]


def test_a_member_may_be_shown_again() -> None:
    """The choice is the member's, from the next trade on."""
    venue = Venue(Rules(more={"anonymity": "large"}))
    venue.apply_all(
        DefineMember("ENS", "SEB", hides=True),
        DefineMember("ENS", "SEB"),
        enter("S ENS sell 100 @ 10.00"),
        enter("B AVA buy 100 @ 10.00"),
    )
    trade = venue.exchange.trades.find(1)
    assert trade is not None
    assert trade.history_line == ("AVA", "ENS")


def _table(told: Statistics) -> dict[str, tuple[int, int, int, int]]:
    """Bought, sold, internal value in whole crowns, share in hundredths of a percent."""
    unit = price("1")
    return {
        name: (
            day.buy_value // unit,
            day.sell_value // unit,
            day.internal_value // unit,
            told.share(name),
        )
        for name, day in told.members.items()
    }


def test_ex_7_2_statistics_with_a_bust() -> None:
    """Turnover counts each trade once; a bust takes its trade out of everything."""
    venue = Venue()
    venue.apply_all(
        enter("1 NON sell 100 @ 10"),
        enter("2 AVA buy 100 @ 10"),
        enter("3 AVA sell 50 @ 10"),
        enter("4 AVA buy 50 @ 10"),
        enter("5 AVA sell 30 @ 11"),
        enter("6 SHB buy 30 @ 11"),
    )
    before = statistics(venue.exchange.trades.of("ERIC-B"))
    venue.apply(BustTrade(2))
    after = statistics(venue.exchange.trades.of("ERIC-B"))
    assert [before.turnover // price("1"), after.turnover // price("1")] == [1830, 1330]
    assert _table(before) == {
        "AVA": (1500, 830, 500, 6366),
        "NON": (0, 1000, 0, 2732),
        "SHB": (330, 0, 0, 902),
    }
    assert _table(after) == {
        "AVA": (1000, 330, 0, 5000),
        "NON": (0, 1000, 0, 3759),
        "SHB": (330, 0, 0, 1241),
    }


def test_the_incoming_side_is_the_aggressive_one() -> None:
    """A trade of continuous trading counts as aggressive for the member that came in."""
    venue = Venue()
    venue.apply_all(enter("1 NON sell 100 @ 10"), enter("2 AVA buy 100 @ 10"))
    told = statistics(venue.exchange.trades.of("ERIC-B"))
    values = {name: day.aggressive_value // price("1") for name, day in told.members.items()}
    assert values == {"AVA": 1000, "NON": 0}
