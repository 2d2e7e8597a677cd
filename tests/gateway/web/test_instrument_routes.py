"""The calls about instruments: facts, book, trades, auction; halt, resume, split."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.web import instrument_routes
from tests.gateway.web.market_venue import API, ERIC, LOOSE, STO, TIME, MarketVenue, market
from tests.gateway.web.web_venue import error_of

BOTH = ("AVA", "NON")


def tape_of(book: dict[str, object]) -> list[str]:
    """A book as lines: level, then who stands there."""
    found = []
    for side in ("bids", "asks"):
        levels = book[side]
        assert isinstance(levels, list)
        for level in levels:
            found.append(f"{side} {level['price']} {level['qty']} {level['shown']}")
            found += [queued(order) for order in level["orders"]]
    return found


def queued(order: dict[str, object]) -> str:
    """An order in its queue, as a line."""
    keys = ("order_id", "member", "cl_ord_id", "kind", "qty", "shown")
    marks = [key for key in ("displayed", "internal") if order[key]]
    return " ".join(str(order[key]) for key in keys) + f" {'+'.join(marks)}"


# Facts


async def test_instruments_are_listed_by_symbol(tmp_path: Path) -> None:
    """Reference data and the day so far; what there is none of is null."""
    async with market(tmp_path) as venue:
        status, shown = await venue.get(f"{API}/instruments")
        assert isinstance(shown, dict)
        assert (status, [row["symbol"] for row in shown["instruments"]]) == (
            200,
            ["A/B C", "ERIC-B", "VOLV-B"],
        )
        assert shown["instruments"][0] == {
            "symbol": "A/B C",
            "isin": None,
            "segment": "LOOSE",
            "currency": "EUR",
            "security_type": "ETF",
            "tick_table": None,
            "tick_size": "0.05",
            "lot": 10,
            "phase": "CONTINUOUS",
            "halted": False,
            "last": None,
            "open": None,
            "close": None,
            "reference_price": None,
        }


async def test_an_instrument_shows_its_day(tmp_path: Path) -> None:
    """Open and last as they come about, the close at the end, the reference from then on."""
    async with market(tmp_path, *BOTH) as venue:
        facts = await venue.shown(ERIC)
        assert (facts["isin"], facts["tick_table"], facts["tick_size"], facts["lot"]) == (
            "SE0000108656",
            "rts11-6",
            None,
            1,
        )
        seen = [await venue.keys(ERIC, "last", "open", "close", "reference_price")]
        await venue.orders("A1 sell 10 @ 87.30", "N1 buy 10 @ 87.30")
        await venue.orders("A2 sell 10 @ 87.50", "N2 buy 10 @ 87.50")
        seen.append(await venue.keys(ERIC, "last", "open", "close", "reference_price"))
        await venue.done(TIME, {"to": "2026-11-23T17:45:00"})
        seen.append(await venue.keys(ERIC, "last", "open", "close", "reference_price"))
        await venue.done(TIME, {"to": "2026-11-24T08:00:00"})
        seen.append(await venue.keys(ERIC, "last", "open", "close", "reference_price"))
        assert seen == [
            ["87.30", None, None, "87.30"],
            ["87.50", "87.30", None, "87.30"],
            ["87.50", "87.30", "87.50", "87.30"],
            ["87.50", None, None, "87.50"],
        ]


@pytest.mark.parametrize("path", ["A/B C", "A/B%20C", "A%2FB%20C", "%41%2fB C"])
async def test_a_symbol_may_hold_slashes_and_blanks(tmp_path: Path, path: str) -> None:
    """Percent-encoded or not, with everything that hangs below."""
    async with market(tmp_path) as venue:
        one = f"{API}/instruments/{path}"
        for below in ("", "/book", "/trades", "/auction"):
            assert await venue.keys(one + below, "symbol") == ["A/B C"]
        assert (await venue.done(f"{one}/halt"))["halted"] is True


@pytest.mark.parametrize("symbol", ["eric-b", "ERIC-B/", "book", "A", "A/B", "%00", "%FF"])
async def test_a_symbol_that_there_is_not(tmp_path: Path, symbol: str) -> None:
    """Not found, whatever is asked of it."""
    async with market(tmp_path) as venue:
        one = f"{API}/instruments/{symbol}"
        for below in ("", "/book", "/trades", "/auction"):
            assert error_of(await venue.get(one + below))[:2] == (404, "unknown"), below
        for below, body in (("halt", None), ("resume", None), ("split", {"new": 2, "old": 1})):
            assert error_of(await venue.post(f"{one}/{below}", body))[:2] == (404, "unknown")


# Books


async def test_a_book_shows_every_order_in_its_queue(tmp_path: Path) -> None:
    """As an outsider would meet them: displayed before hidden, then by time."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(
            "A1 buy 500 @ 87.20 111=0",
            "N1 buy 300 @ 87.20",
            "A2 buy 1000 @ 87.20 111=100",
            "N2 buy 50 @ 87.28 20001=Y",
            "N3 sell 70 @ 87.40",
        )
        book = await venue.shown(f"{ERIC}/book")
        assert (book["symbol"], book["phase"], book["complete"]) == ("ERIC-B", "CONTINUOUS", True)
        assert (book["market_orders"], book["waiting"]) == ({"bids": [], "asks": []}, [])
        assert tape_of(book) == [
            "bids 87.28 50 50",
            "O4 NON N2 limit 50 50 displayed",
            "bids 87.20 1800 400",
            "O2 NON N1 limit 300 300 displayed+internal",
            "O3 AVA A2 reserve 1000 100 displayed+internal",
            "O1 AVA A1 hidden 500 0 internal",
            "asks 87.40 70 70",
            "O5 NON N3 limit 70 70 displayed+internal",
        ]


async def test_what_a_call_has_collected_without_a_limit_stands_apart(tmp_path: Path) -> None:
    """By side; it is in no level."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.done(f"{STO}/phase", {"phase": "OPENING_CALL"})
        await venue.orders("A1 buy 100", "N1 sell 40", "N2 sell 50 @ 87.30")
        book = await venue.shown(f"{ERIC}/book")
        collected = book["market_orders"]
        assert isinstance(collected, dict)
        assert {side: [queued(one) for one in orders] for side, orders in collected.items()} == {
            "bids": ["O1 AVA A1 market 100 100 displayed+internal"],
            "asks": ["O2 NON N1 market 40 40 displayed+internal"],
        }
        assert tape_of(book) == [
            "asks 87.30 50 50",
            "O3 NON N2 limit 50 50 displayed+internal",
        ]


async def test_who_waits_outside_the_book_is_shown_too(tmp_path: Path) -> None:
    """Stops with their trigger, and orders that wait for a call."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 buy 100 40=3 99=88.00", "N1 sell 30 @ 87.00 59=7")
        book = await venue.shown(f"{ERIC}/book")
        common = {"session": "AVA", "member": "AVA"}
        other = {"session": "NON", "member": "NON"}
        assert (book["bids"], book["asks"]) == ([], [])
        assert book["waiting"] == [
            common
            | {"order_id": "O1", "cl_ord_id": "A1", "side": "buy", "kind": "stop"}
            | {"qty": 100, "stop_px": "88.00"},
            other
            | {"order_id": "O2", "cl_ord_id": "N1", "side": "sell", "kind": "limit"}
            | {"qty": 30, "stop_px": None},
        ]


async def test_a_book_is_shown_as_deep_as_asked(tmp_path: Path) -> None:
    """Each side alone; the answer says whether there is more."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 buy 1 @ 87.10", "A2 buy 2 @ 87.00", "A3 sell 3 @ 87.50")
        shown = {}
        for depth in (1, 2):
            book = await venue.shown(f"{ERIC}/book?depth={depth}")
            shown[depth] = [line for line in tape_of(book) if "AVA" not in line], book["complete"]
        assert shown == {
            1: (["bids 87.10 1 1", "asks 87.50 3 3"], False),
            2: (["bids 87.10 1 1", "bids 87.00 2 2", "asks 87.50 3 3"], True),
        }


async def test_a_very_large_book_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels stay whole in their numbers, orders are left out and that is said."""
    monkeypatch.setattr(instrument_routes, "BOOK_ORDERS_MAX", 2)
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 buy 1 @ 87.10", "A2 buy 2 @ 87.10", "A3 sell 3 @ 87.50")
        assert await venue.keys(f"{ERIC}/book", "complete") == [True]
        await venue.orders("A4 buy 4 @ 87.10")
        book = await venue.shown(f"{ERIC}/book")
        assert (book["complete"], tape_of(book)) == (
            False,
            [
                "bids 87.10 7 7",
                "O1 AVA A1 limit 1 1 displayed+internal",
                "O2 AVA A2 limit 2 2 displayed+internal",
                "asks 87.50 3 3",
                "O3 AVA A3 limit 3 3 displayed+internal",
            ],
        )


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("book?depth=0", "depth must be a whole number from 1 to 10000, was 0"),
        ("book?depth=-1", "depth must be a whole number from 1 to 10000, was -1"),
        ("book?depth=10001", "depth must be a whole number from 1 to 10000, was 10001"),
        ("book?depth=ten", "depth must be a whole number from 1 to 10000, was ten"),
        ("trades?limit=1001", "limit must be a whole number from 1 to 1000, was 1001"),
        ("trades?limit=", "limit must be a whole number from 1 to 1000, was "),
        ("trades?before=5", "before must be a match id like T5, was 5"),
        ("trades?before=O5", "before must be a match id like T5, was O5"),
        ("trades?before=T0", "before must be a match id like T5, was T0"),
        ("auction?depth=1", "query must be left out, was depth"),
    ],
)
async def test_a_query_is_held_to_its_form(tmp_path: Path, query: str, text: str) -> None:
    """No number is guessed or cut."""
    async with market(tmp_path) as venue:
        assert error_of(await venue.get(f"{ERIC}/{query}")) == (422, "bad_value", text)


# Trades


async def test_trades_are_shown_with_both_sides_last_first(tmp_path: Path) -> None:
    """Buyer and seller by member, who came in, and the kind of auction."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(
            "A1 sell 100 @ 87.30", "N1 buy 60 @ 87.30", "A2 sell 5 @ 80.00 55=VOLV-B"
        )
        await venue.done(TIME, {"to": "2026-11-23T17:25:00"})
        await venue.orders("N2 buy 40 @ 87.30")
        await venue.done(f"{STO}/phase", {"phase": "POST_TRADE"})
        assert await venue.shown(f"{ERIC}/trades") == {
            "symbol": "ERIC-B",
            "trades": [
                {
                    "match_id": "T2",
                    "symbol": "ERIC-B",
                    "at": "2026-11-23T17:25:00.000000+01:00",
                    "price": "87.30",
                    "qty": 40,
                    "buyer": "NON",
                    "seller": "AVA",
                    "buy_order_id": "O4",
                    "sell_order_id": "O1",
                    "history_line": "NON | AVA",
                    "cross": "C",
                    "aggressor": None,
                    "busted": False,
                },
                {
                    "match_id": "T1",
                    "symbol": "ERIC-B",
                    "at": "2026-11-23T10:00:00.000000+01:00",
                    "price": "87.30",
                    "qty": 60,
                    "buyer": "NON",
                    "seller": "AVA",
                    "buy_order_id": "O2",
                    "sell_order_id": "O1",
                    "history_line": "NON | AVA",
                    "cross": None,
                    "aggressor": "buy",
                    "busted": False,
                },
            ],
            "next": None,
        }


async def test_trades_come_in_pages(tmp_path: Path) -> None:
    """Each answer says where the next one begins; other instruments' trades are not counted."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 buy 50 @ 87.30", "A2 buy 9 @ 80.00 55=VOLV-B")
        for number in range(1, 6):
            await venue.orders(f"N{number} sell 10 @ 87.30", f"N1{number} sell 1 @ 80.00 55=VOLV-B")
        pages, query = [], "?limit=2"
        while query:
            page = await venue.shown(f"{ERIC}/trades{query}")
            trades = page["trades"]
            assert isinstance(trades, list)
            pages.append([trade["match_id"] for trade in trades])
            query = f"?limit=2&before={page['next']}" if page["next"] else ""
        assert pages == [["T9", "T7"], ["T5", "T3"], ["T1"]]
        assert await venue.keys(f"{ERIC}/trades?before=T1", "trades", "next") == [[], None]
        assert await venue.keys(f"{ERIC}/trades?limit=5", "next") == [None]


# Auctions


async def test_an_auction_shows_its_price_and_the_table_behind_it(tmp_path: Path) -> None:
    """What would be bought and sold at each price, and what is left over."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.done(f"{STO}/phase", {"phase": "OPENING_CALL"})
        await venue.orders("A1 buy 300 @ 87.40", "N1 sell 100 @ 87.20", "N2 sell 50 @ 87.40")
        shown = await venue.shown(f"{ERIC}/auction")
        table = shown.pop("table")
        assert isinstance(table, list)
        keys = ("price", "buy_qty", "sell_qty", "tradable", "imbalance")
        assert [tuple(row[key] for key in keys) for row in table] == [
            ("87.20", 300, 100, 100, 200),
            ("87.39", 300, 100, 100, 200),
            ("87.40", 300, 150, 150, 150),
        ]
        assert shown == {
            "symbol": "ERIC-B",
            "phase": "OPENING_CALL",
            "in_call": True,
            "extended": False,
            "reference_price": "87.30",
            "cross": "O",
            "price": "87.40",
            "paired_qty": 150,
            "imbalance_qty": 150,
            "direction": "B",
            "best_bid": None,
            "best_bid_qty": None,
            "best_ask": None,
            "best_ask_qty": None,
        }


async def test_a_call_that_is_not_crossed_shows_the_best_prices(tmp_path: Path) -> None:
    """There is no price then."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.done(f"{STO}/phase", {"phase": "CLOSING_CALL"})
        keys = ("cross", "price", "paired_qty", "direction")
        best = ("best_bid", "best_bid_qty", "best_ask", "best_ask_qty")
        assert await venue.keys(f"{ERIC}/auction", *keys, *best) == [
            *("C", None, 0, "O"),
            *(None, None, None, None),
        ]
        await venue.orders("A1 buy 300 @ 87.00", "N1 sell 100 @ 87.20")
        assert await venue.keys(f"{ERIC}/auction", *keys, *best) == [
            *("C", None, 0, "O"),
            *("87.00", 300, "87.20", 100),
        ]


async def test_outside_a_call_there_is_no_auction(tmp_path: Path) -> None:
    """Which is no mistake of who asks."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 buy 300 @ 87.00")
        shown = await venue.shown(f"{ERIC}/auction")
        assert {key for key, value in shown.items() if value} == {
            "symbol",
            "phase",
            "reference_price",
        }
        assert (shown["in_call"], shown["phase"], shown["table"]) == (False, "CONTINUOUS", [])


# Halts


async def test_a_halt_ends_by_a_call(tmp_path: Path) -> None:
    """Members' orders stay and are refused meanwhile; after ten minutes it trades again."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 sell 100 @ 87.30")
        halted = await venue.done(f"{ERIC}/halt")
        assert (halted["phase"], halted["halted"]) == ("HALT_FROZEN", True)
        await venue.orders("N1 buy 100 @ 87.30")
        assert await venue.said("NON", "11 150 58") == [
            "11=N1|150=8|58=PHASE_FORBIDS_ENTRY: Phase must be one that "
            "permits new orders, was HALT_FROZEN"
        ]
        resumed = await venue.done(f"{ERIC}/resume")
        assert (resumed["phase"], resumed["halted"]) == ("HALT_OPEN", False)
        assert await venue.keys(STO, "phase", "books") == [
            "CONTINUOUS",
            {"ERIC-B": "HALT_OPEN", "VOLV-B": "CONTINUOUS"},
        ]
        await venue.orders("N2 buy 100 @ 87.30")
        await venue.done(TIME, {"advance_seconds": 606})
        assert await venue.keys(ERIC, "phase", "last") == ["CONTINUOUS", "87.30"]
        assert await venue.keys(f"{ERIC}/trades", "next") == [None]


async def test_a_halt_may_let_orders_in_or_cancel_what_stands(tmp_path: Path) -> None:
    """As the body says; it may be halted again in another way."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 sell 100 @ 87.30")
        shown = await venue.done(f"{ERIC}/halt", {"entry": True})
        assert shown["phase"] == "HALT_OPEN"
        await venue.orders("N1 buy 100 @ 87.30")
        await venue.said("AVA", "35")
        shown = await venue.done(f"{ERIC}/halt", {"entry": False, "flush": True})
        assert shown["phase"] == "HALT_FROZEN"
        assert await venue.said("AVA", "11 150") == ["11=A1|150=4"]
        assert await venue.keys(f"{ERIC}/book", "bids", "asks") == [[], []]


async def test_what_is_not_halted_is_not_resumed(tmp_path: Path) -> None:
    """Nor is it twice."""
    async with market(tmp_path) as venue:
        text = "symbol must be halted, was ERIC-B in CONTINUOUS"
        assert error_of(await venue.post(f"{ERIC}/resume")) == (409, "conflict", text)
        await venue.done(f"{ERIC}/halt")
        await venue.done(f"{ERIC}/resume")
        text = "symbol must be halted, was ERIC-B in HALT_OPEN"
        assert error_of(await venue.post(f"{ERIC}/resume")) == (409, "conflict", text)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("halt", {"entry": "yes"}),
        ("halt", {"entry": 1}),
        ("halt", {"reason": "news"}),
        ("resume", {"call": False}),
        ("split", {"new": 2}),
        ("split", {"new": 2, "old": 1.5}),
        ("split", {"new": 2, "old": 1, "price": 1}),
        ("split", {"new": "2", "old": 1}),
    ],
)
async def test_a_body_is_held_to_its_form(tmp_path: Path, call: str, body: object) -> None:
    """Nothing happens."""
    async with market(tmp_path) as venue:
        refused = error_of(await venue.post(f"{ERIC}/{call}", body))
        assert refused[:2] == (422, "bad_value")
        assert refused[2].startswith("body must have the right form: ")
        assert await venue.keys(ERIC, "phase", "halted") == ["CONTINUOUS", False]


# Splits


async def split_refused(venue: MarketVenue, new: int, old: int, path: str = ERIC) -> str:
    """How a split is refused for what there is; nothing has changed then."""
    before = await venue.shown(f"{path}/book")
    status, code, text = error_of(await venue.post(f"{path}/split", {"new": new, "old": old}))
    assert (status, code, await venue.shown(f"{path}/book")) == (409, "conflict", before)
    return text


async def test_a_split_takes_orders_along(tmp_path: Path) -> None:
    """Twice the shares at half the price; the owners hear of it."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 buy 100 @ 87.00", "N1 sell 30 @ 87.40")
        await venue.said("AVA", "35")
        await venue.done(f"{ERIC}/halt")
        shown = await venue.done(f"{ERIC}/split", {"new": 2, "old": 1})
        assert (shown["last"], shown["reference_price"]) == ("43.65", "43.65")
        assert tape_of(await venue.shown(f"{ERIC}/book")) == [
            "bids 43.50 200 200",
            "O1 AVA A1 limit 200 200 displayed+internal",
            "asks 43.70 60 60",
            "O2 NON N1 limit 60 60 displayed+internal",
        ]
        assert await venue.said("AVA", "11 150 38 44") == ["11=A1|150=D|38=200|44=43.50"]


async def test_a_split_while_trading_matches_nobody(tmp_path: Path) -> None:
    """Orders at old prices do not meet orders at new ones."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 sell 100 @ 87.40", "N1 buy 100 @ 87.00")
        await venue.done(f"{ERIC}/split", {"new": 2, "old": 1})
        book = await venue.shown(f"{ERIC}/book")
        found = [[level["price"] for level in book[side]] for side in ("bids", "asks")]  # type: ignore[attr-defined]
        assert found == [["43.50"], ["43.70"]]


@pytest.mark.parametrize(
    ("new", "old", "text"),
    [
        (0, 1, "new must be 1 to 1000, was 0"),
        (2, 1001, "old must be 1 to 1000, was 1001"),
        (-2, 1, "new must be 1 to 1000, was -2"),
        (3, 3, "new must be another number than old, was 3"),
    ],
)
async def test_a_split_is_a_ratio(tmp_path: Path, new: int, old: int, text: str) -> None:
    """Of two numbers that are not too large."""
    async with market(tmp_path) as venue:
        refused = error_of(await venue.post(f"{ERIC}/split", {"new": new, "old": old}))
        assert refused == (422, "bad_value", text)


async def test_a_split_that_would_break_an_order(tmp_path: Path) -> None:
    """Too many shares, less than a lot left, or no price: the order is named."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 buy 999999999 @ 87.00")
        await venue.done(f"{ERIC}/halt")
        assert await split_refused(venue, 2, 1) == (
            "split must leave orders with 1 to 999999999 shares, O1 would have 1999999998"
        )
        await venue.done(f"{ERIC}/halt", {"flush": True, "entry": True})
        await venue.orders("A2 buy 1000 @ 87.00", "A3 buy 9 @ 87.00")
        assert await split_refused(venue, 1, 10) == (
            "split must leave orders with 1 to 999999999 shares, O3 would have 0"
        )
        await venue.done(f"{LOOSE}/halt", {"entry": True})
        ava = venue.fix.client("AVA")
        ava.send("35=D|11=A4|54=1|38=20|40=2|44=0.40|55=A/B C|60=20261123-09:00:00")
        await venue.fix.until_taken()
        assert await split_refused(venue, 1, 3, LOOSE) == (
            "split must leave orders with 10 to 999999999 shares, O4 would have 6"
        )
        assert await split_refused(venue, 10, 1, LOOSE) == (
            "split must leave orders with a price above 0 and no more than 100 million, "
            "O4 would have 0.00"
        )
