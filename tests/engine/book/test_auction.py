"""The price of an auction: the worked examples, the message and table, and a second opinion.

Sides are written as the rule book does, `300@100.5 200@market`. The random books are fixed unless
`FIXPIT_SEED=<number>` asks for others.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest

from engine.book.auction import (
    Demand,
    Equilibrium,
    Indicative,
    PriceRow,
    direction,
    equilibrium,
    indicative,
    price_table,
)
from engine.tick_table import RTS11, TickTable, fixed
from engine.values import PRICE_MAX
from gateway.decimals import format_price, parse_price
from tests.support.auction_brute_force import Book, Candidate, Found, brute_force, candidates

SEED = int(os.environ.get("FIXPIT_SEED", "4"))
BOOKS = 60_000
BOOKS_FEWER = 6_000


def _price(text: str) -> int:
    units = parse_price(text)
    assert units is not None, text
    return units


def _demand(text: str) -> Demand:
    orders = [order.split("@") for order in text.split()]
    levels: Counter[int] = Counter()
    for qty, limit in orders:
        if limit != "market":
            levels[_price(limit)] += int(qty)
    market_qty = sum(int(qty) for qty, limit in orders if limit == "market")
    return Demand(tuple(levels.items()), market_qty)


def _found(buys: str, sells: str, tick: str, reference: str = "0") -> str:
    """`price quantity imbalance` of such an auction, or `none`."""
    found = equilibrium(_demand(buys), _demand(sells), _price(reference), fixed(_price(tick)))
    if found is None:
        return "none"
    return f"{format_price(found.price)} {found.qty} {found.imbalance:+}"


# The worked examples

EX_4_3 = ("300@100.5 400@100.0 500@99.5", "200@99.0 300@99.5 600@100.0")


def _indicative(buys: str, sells: str, tick: str, reference: str = "0") -> Indicative:
    return indicative(_demand(buys), _demand(sells), _price(reference), fixed(_price(tick)))


def test_ex_4_1_message_with_a_price() -> None:
    """Price, paired and surplus quantity; a crossed book has no best prices."""
    told = _indicative(*EX_4_3, tick="0.1")
    assert told == Indicative(_price("100.0"), 700, 400, "S", 0, 0, 0, 0)


def test_ex_4_1_message_without_a_price() -> None:
    """Not enough orders: the best bid and ask, with their quantities."""
    told = _indicative("100@99", "100@100", tick="1")
    assert told == Indicative(0, 0, 0, "O", _price("99"), 100, _price("100"), 100)


def test_ex_4_2_nothing_crosses() -> None:
    """There is no equilibrium price."""
    assert _found("100@99", "100@100", tick="1") == "none"


def test_ex_4_3_maximum_volume() -> None:
    """The price that trades most."""
    assert _found(*EX_4_3, tick="0.1") == "100.00 700 -400"


def test_ex_4_4_minimum_imbalance() -> None:
    """Of the prices that trade most, the one that leaves least."""
    assert _found("500@102 100@101 400@100", "500@99 200@102", tick="1") == "101.00 500 +100"


def test_ex_4_5_buy_pressure() -> None:
    """Buyers are left over: the highest price."""
    assert _found("700@102", "500@100", tick="0.5") == "102.00 500 +200"


def test_ex_4_6_sell_pressure() -> None:
    """Sellers are left over: the lowest price."""
    assert _found("500@102", "700@100", tick="0.5") == "100.00 500 -200"


@pytest.mark.parametrize(
    ("reference", "found"),
    [("100.2", "100.20"), ("105", "101.00"), ("98", "99.00")],
)
def test_ex_4_7_balanced(reference: str, found: str) -> None:
    """Nobody is left over: the price nearest to the reference."""
    assert _found("100@101", "100@99", "0.1", reference) == f"{found} 100 +0"


@pytest.mark.parametrize(
    ("reference", "found"), [("101", "101.00 50 -100"), ("100", "100.00 50 +100")]
)
def test_ex_4_8_mixed(reference: str, found: str) -> None:
    """Buyers left over below, sellers above: the nearer to the reference."""
    assert _found("50@101 100@100", "50@100 100@101", "1", reference) == found


def test_ex_4_9_market_orders_only() -> None:
    """Without any limit the reference is the price."""
    assert _found("300@market", "200@market", "0.01", "50") == "50.00 200 +100"


def test_ex_4_10_market_and_limit() -> None:
    """Market orders count at every price."""
    found = _found("300@market 100@49.0", "200@50.5 400@51.0", tick="0.5")
    assert found == "51.00 300 -300"


def test_ex_4_11_published_case() -> None:
    """Volume, then imbalance, then pressure decide."""
    buys = "500@6.40 500@6.39 500@6.39 1000@6.34 500@6.33"
    sells = "1000@6.10 500@6.40 520@6.41 550@6.42 519@6.43"
    assert _found(buys, sells, tick="0.01") == "6.39 1000 +500"


def test_ex_4_12_range_bound() -> None:
    """The reference does not widen the range of limits."""
    assert _found("20@105", "80@market", "1", "95") == "105.00 20 -60"


# What the examples leave open


@pytest.mark.parametrize(
    ("buys", "sells", "reference", "found"),
    [
        ("", "", "100", "none"),
        ("100@101", "", "100", "none"),
        ("", "100@101 100@market", "100", "none"),
        ("300@market", "", "100", "none"),
        ("300@market", "200@market", "0", "none"),
        ("300@market", "200@market", "49.97", "49.95 200 +100"),
        ("300@market", "200@market", "49.975", "50.00 200 +100"),
        ("300@market", "200@market", "0.01", "0.05 200 +100"),
        ("100@101", "100@99", "0", "99.00 100 +0"),
        ("100@101", "100@99", "100.02", "100.00 100 +0"),
        ("100@101", "100@99", "100.025", "100.05 100 +0"),
        ("50@100.05 100@100", "50@100 100@100.05", "0", "100.00 50 +100"),
        ("50@100.05 100@100", "50@100 100@100.05", "100.025", "100.05 50 -100"),
    ],
)
def test_reference_off_tick_or_missing(buys: str, sells: str, reference: str, found: str) -> None:
    """Off tick it is rounded to the nearest, half up; missing, the lowest price stands for it."""
    assert _found(buys, sells, "0.05", reference) == found


def test_limit_off_tick_is_a_candidate() -> None:
    """Orders whose limit went off tick with a new tick table trade with each other."""
    assert _found("100@100.03", "100@100.03", tick="0.05") == "100.03 100 +0"
    assert _found("200@100.03", "100@99.98", tick="0.05") == "100.03 100 +100"


def test_cost_follows_levels_not_ticks() -> None:
    """Between two limits that are all prices apart the answer comes as fast as between two near."""
    widest = (Demand(((PRICE_MAX, 100),)), Demand(((1, 100),)))
    assert equilibrium(*widest, 999_999, fixed(1)) == Equilibrium(999_999, 100, 0)


@pytest.mark.parametrize("limits", [((100, 1), (100, 2)), ((100, 1), (200, 0))])
def test_level_given_twice_or_empty_is_a_bug(limits: tuple[tuple[int, int], ...]) -> None:
    """A side is aggregated before it is asked about, and what does not count is left out."""
    with pytest.raises(AssertionError):
        equilibrium(Demand(limits), Demand(()), 0, fixed(1))
    with pytest.raises(AssertionError):
        equilibrium(Demand(()), Demand(limits), 0, fixed(1))


# The message and the table


@pytest.mark.parametrize(
    ("imbalance", "code"), [(1, "B"), (400, "B"), (0, "N"), (-1, "S"), (-400, "S")]
)
def test_direction(imbalance: int, code: str) -> None:
    """The sign of the imbalance as a letter."""
    assert direction(Equilibrium(1, 1, imbalance)) == code


def test_direction_without_a_price() -> None:
    """O: not enough orders."""
    assert direction(None) == "O"


@pytest.mark.parametrize(
    ("buys", "sells", "told"),
    [
        ("", "", (0, 0, 0, "O", 0, 0, 0, 0)),
        ("100@99 200@98", "", (0, 0, 0, "O", _price("99"), 100, 0, 0)),
        ("200@market", "300@101 100@100", (_price("101"), 200, 200, "S", 0, 0, 0, 0)),
        ("200@market", "100@100", (_price("100"), 100, 100, "B", 0, 0, 0, 0)),
        ("", "300@101 100@100", (0, 0, 0, "O", 0, 0, _price("100"), 100)),
        ("100@100", "100@100", (_price("100"), 100, 0, "N", 0, 0, 0, 0)),
        ("100@100", "100@100 50@market", (_price("100"), 100, 50, "S", 0, 0, 0, 0)),
    ],
)
def test_indicative(buys: str, sells: str, told: tuple[int | str, ...]) -> None:
    """A price where anything can trade, else the best of each side that is there."""
    assert _indicative(buys, sells, tick="1") == told


def _table(buys: str, sells: str, tick: str, reference: str = "0") -> str:
    rows = price_table(_demand(buys), _demand(sells), _price(reference), fixed(_price(tick)))
    return "\n".join(
        f"{format_price(row.price)} {row.buy_qty} {row.sell_qty} {row.tradable} {row.imbalance:+}"
        for row in rows
    )


def _stripped(table: str) -> str:
    return "\n".join(" ".join(line.split()) for line in table.strip().splitlines())


def test_price_table_of_ex_4_3() -> None:
    """A row for each limit and one for each gap: its best price by pressure."""
    assert _table(*EX_4_3, tick="0.1") == _stripped("""
         99.00  1200   200  200  +1000
         99.40  1200   200  200  +1000
         99.50  1200   500  500   +700
         99.90   700   500  500   +200
        100.00   700  1100  700   -400
        100.10   300  1100  300   -800
        100.50   300  1100  300   -800
    """)


def test_price_table_shows_the_price_nearest_to_the_reference() -> None:
    """In a balanced gap the row is the price that step 4 takes; neighbours have no gap."""
    assert _table("100@101 50@99", "100@99", "0.1", "100.23") == _stripped("""
         99.00  150  100  100  +50
        100.20  100  100  100   +0
        101.00  100  100  100   +0
    """)
    assert _table("50@101 100@100", "50@100 100@101", "1", "101") == _stripped("""
        100.00  150   50   50  +100
        101.00   50  150   50  -100
    """)


def test_price_table_without_a_limit() -> None:
    """The reference is the only row, and without one there is none."""
    assert _table("300@market", "200@market", "0.01", "50") == "50.00 300 200 200 +100"
    assert _table("300@market", "200@market", "0.01") == ""


# The second opinion


def _region(ticks: TickTable, start: int, end: int) -> tuple[TickTable, list[int], list[int]]:
    """A tick table, its valid prices in this range, and limits and references to draw from."""
    every = range(start, end + 1)
    return ticks, [one for one in every if ticks.is_on_tick(one)], list(every)


REGIONS = [
    _region(fixed(1), 1, 18),
    _region(fixed(7), 1, 120),
    _region(TickTable("steep", (0, 40, 60, 120), (5, 10, 20, 40)), 1, 240),
    _region(RTS11["rts11-1"], 1_950, 2_100),
    _region(RTS11["rts11-3"], 4_960, 5_080),
    _region(RTS11["rts11-4"], 996_000, 1_005_000),
    _region(RTS11["rts11-6"], 1, 15),
]
"""Few valid prices each, so that orders meet; five lie across a border of tick sizes."""


def _limits(random: Random, valid: list[int], every: list[int], most: int) -> list[tuple[int, int]]:
    """Distinct limits in no order, now and then one off tick."""
    count = random.randrange(7)
    prices = random.sample(valid, min(count, len(valid)))
    if prices and random.random() < 0.08:
        prices[0] = random.choice(every)
    return [(one, random.randint(1, most)) for one in dict.fromkeys(prices)]


def _reference(random: Random, valid: list[int], every: list[int]) -> int:
    """No reference, one far outside, one on tick or one anywhere."""
    match random.randrange(8):
        case 0:
            return 0
        case 1:
            return random.choice((1, every[-1] * 3))
        case 2 | 3 | 4:
            return random.choice(valid)
        case _:
            return random.choice(every)


def _books(count: int) -> Iterator[tuple[str, TickTable, Book]]:
    """Random books, each with what names it in a failure."""
    random = Random(SEED)
    for number in range(count):
        ticks, valid, every = random.choice(REGIONS)
        most = random.choice((1, 3, 3, 900))
        markets = [random.choice((0, 0, random.randint(1, most))) for _ in range(2)]
        buys, sells = (_limits(random, valid, every, most) for _ in range(2))
        reference = _reference(random, valid, every)
        if not buys and not sells and reference:
            reference = random.choice(every)  # the only candidate: brute force must know its ticks
        book = Book(buys, markets[0], sells, markets[1], reference, valid)
        yield f"FIXPIT_SEED={SEED}, book {number}, {ticks.name}: {book[:-1]}", ticks, book


def _asked(book: Book, ticks: TickTable) -> tuple[Demand, Demand, int, TickTable]:
    buys, sells = Demand(book.buys, book.market_buys), Demand(book.sells, book.market_sells)
    return buys, sells, book.reference, ticks


def _as_equilibrium(found: Found | None) -> Equilibrium | None:
    return None if found is None else Equilibrium(found.price, found.volume, found.surplus)


def test_equilibrium_agrees_with_brute_force() -> None:
    """Trying every valid price gives the same price, quantity and imbalance, on every book."""
    for name, ticks, book in _books(BOOKS):
        expected = _as_equilibrium(brute_force(book))
        assert equilibrium(*_asked(book, ticks)) == expected, name


def test_random_books_reach_every_step() -> None:
    """Each step of the rule decides often enough for the agreement to mean something."""
    steps: Counter[str] = Counter()
    for _, _, book in _books(BOOKS_FEWER):
        found = brute_force(book)
        steps["none" if found is None else found.step] += 1
    rare = {step: times for step, times in steps.items() if times < BOOKS_FEWER // 100}
    assert (len(steps), rare) == (7, {}), steps


def test_every_better_limit_is_filled() -> None:
    """Rule 4.3.6: limits strictly better than the price, and market orders with them, trade whole.

    Market orders alone may be cut: then no limit of their side is strictly better.
    """
    better = 0
    for name, ticks, book in _books(BOOKS_FEWER):
        found = equilibrium(*_asked(book, ticks))
        if found is None:
            continue
        above = sum(qty for limit, qty in book.buys if limit > found.price)
        below = sum(qty for limit, qty in book.sells if limit < found.price)
        assert not above or above + book.market_buys <= found.qty, name
        assert not below or below + book.market_sells <= found.qty, name
        better += bool(above) + bool(below)
    assert better > BOOKS_FEWER // 2


def test_price_table_holds_every_kind_of_candidate() -> None:
    """Its rows are candidates as brute force counts them, none of another kind, and the price."""
    for name, ticks, book in _books(BOOKS_FEWER):
        rows = price_table(*_asked(book, ticks))
        tried = {one.price: one for one in candidates(book)}
        assert rows == [_as_row(tried[row.price]) for row in rows], name
        assert [row.price for row in rows] == sorted({row.price for row in rows}), name
        kinds = {(one.bought, one.sold) for one in tried.values()}
        assert {(row.buy_qty, row.sell_qty) for row in rows} == kinds, name
        found = equilibrium(*_asked(book, ticks))
        assert found is None or found.price in {row.price for row in rows}, name


def _as_row(one: Candidate) -> PriceRow:
    return PriceRow(one.price, one.bought, one.sold, one.volume, one.surplus)


def test_order_of_levels_does_not_matter() -> None:
    """The same levels the other way round give the same message."""
    for name, ticks, book in islice(_books(BOOKS_FEWER), 1_000):
        turned = book._replace(buys=book.buys[::-1], sells=book.sells[::-1])
        assert indicative(*_asked(turned, ticks)) == indicative(*_asked(book, ticks)), name
