"""The calls about single orders and trades: cancel, restate, bust, correct, explain."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.commands import PassTime
from gateway.explain import command
from gateway.web import order_routes
from tests.gateway.web.market_venue import API, ERIC, STO, TIME, MarketVenue, market
from tests.gateway.web.web_venue import error_of

BOTH = ("AVA", "NON")
ORDERS = f"{API}/orders"
TRADES = f"{API}/trades"
TRADE = ("A1 sell 100 @ 87.30", "N1 buy 60 @ 87.30")


async def refused(venue: MarketVenue, path: str, body: object = None) -> tuple[int, str, str]:
    """How a call is refused, which must have changed nothing."""
    before = await seen(venue)
    found = error_of(await venue.post(path, body))
    assert await seen(venue) == before
    return found


async def seen(venue: MarketVenue) -> list[object]:
    """What orders and trades there are."""
    return [await venue.shown(f"{ERIC}/{what}") for what in ("book", "trades")]


# Orders


async def test_an_order_is_canceled_by_the_operator(tmp_path: Path) -> None:
    """Its owner hears of it unasked (scenario E.1.b), the answer shows it."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(*TRADE)
        await venue.said("AVA", "35")
        assert await venue.done(f"{ORDERS}/O1/cancel") == {
            "order_id": "O1",
            "session": "AVA",
            "cl_ord_id": "A1",
            "member": "AVA",
            "symbol": "ERIC-B",
            "side": "sell",
            "kind": "limit",
            "time_in_force": "day",
            "status": "canceled",
            "qty": 100,
            "price": "87.30",
            "leaves_qty": 0,
            "cum_qty": 60,
            "avg_px": "87.30",
        }
        assert await venue.said("AVA", "11 150 39 14 151") == ["11=A1|150=4|39=4|14=60|151=0"]
        assert await venue.keys(f"{ERIC}/book", "asks") == [[]]


@pytest.mark.parametrize(
    ("body", "shown", "told"),
    [
        ({"qty": 80}, (80, "87.30", 20), "150=D|38=80|44=87.30|151=20"),
        ({"qty": 300, "price": "87.40"}, (300, "87.40", 240), "150=D|38=300|44=87.40|151=240"),
        ({"price": "87.4"}, (100, "87.40", 40), "150=D|38=100|44=87.40|151=40"),
        ({"price": "87.40", "qty": None}, (100, "87.40", 40), "150=D|38=100|44=87.40|151=40"),
    ],
)
async def test_an_order_is_restated_by_the_operator(
    tmp_path: Path, body: object, shown: tuple[object, ...], told: str
) -> None:
    """Another quantity or limit, and its owner hears of it (scenarios E.1.c and E.1.d)."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(*TRADE)
        await venue.said("AVA", "35")
        order = await venue.done(f"{ORDERS}/O1/restate", body)
        assert tuple(order[key] for key in ("qty", "price", "leaves_qty")) == shown
        assert await venue.said("AVA", "150 38 44 151") == [told]


async def test_a_restated_order_may_trade(tmp_path: Path) -> None:
    """It comes in at its new price."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 sell 100 @ 87.40", "N1 buy 60 @ 87.30")
        order = await venue.done(f"{ORDERS}/O2/restate", {"price": "87.40"})
        assert (order["status"], order["avg_px"]) == ("filled", "87.40")


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({}, 422, "qty or price must be given, both were left out"),
        ({"qty": None}, 422, "qty or price must be given, both were left out"),
        ({"qty": 60}, 409, "qty must be above 60, what has traded, was 60"),
        ({"qty": 0}, 422, "ORDER_QTY_TOO_SMALL: OrderQty(38) must be at least 1, was 0"),
        ({"qty": -5}, 422, "ORDER_QTY_TOO_SMALL: OrderQty(38) must be at least 1, was -5"),
        (
            {"qty": 10**9},
            422,
            "ORDER_QTY_TOO_LARGE: OrderQty(38) must be at most 999999999, was 1000000000",
        ),
        ({"price": "87.305"}, 422, "PRICE_OFF_TICK: Price(44) must be a multiple of 0.01, was "),
        ({"price": "0"}, 422, "price must be above 0, was 0"),
        ({"price": "999999999"}, 422, "PRICE_TOO_LARGE: Price(44) must be at most 100000000"),
        ({"price": "-1"}, 422, "body must have the right form: Expected `str` matching regex"),
        ({"price": "1e2"}, 422, "body must have the right form: Expected `str` matching regex"),
        ({"price": 87.4}, 422, "body must have the right form: Expected `str | null`, got `float`"),
        ({"qty": 70.5}, 422, "body must have the right form: Expected `int | null`, got `float`"),
        ({"side": "buy"}, 422, "body must have the right form: Object contains unknown field"),
        ({"qty": 100}, 409, "qty or price must be another one, was O1's"),
        ({"price": "87.30"}, 409, "qty or price must be another one, was O1's"),
    ],
)
async def test_what_an_order_cannot_become(
    tmp_path: Path, body: object, status: int, text: str
) -> None:
    """The rule and what was asked, as a member would be told where there is such a rule."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(*TRADE)
        found = await refused(venue, f"{ORDERS}/O1/restate", body)
        assert (found[0], found[2][: len(text)]) == (status, text)


async def test_an_order_without_a_limit_gets_none(tmp_path: Path) -> None:
    """Its quantity may be changed."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.done(f"{STO}/phase", {"phase": "OPENING_CALL"})
        await venue.orders("A1 sell 100")
        found = await refused(venue, f"{ORDERS}/O1/restate", {"price": "87.30"})
        text = "price must be left out for an order without a limit, was 87.30"
        assert found == (409, "conflict", text)
        order = await venue.done(f"{ORDERS}/O1/restate", {"qty": 50})
        assert (order["qty"], order["price"]) == (50, None)


@pytest.mark.parametrize(("call", "body"), [("cancel", None), ("restate", {"qty": 5})])
async def test_an_order_that_cannot_be_changed(tmp_path: Path, call: str, body: object) -> None:
    """It never was, has ended, or is in a book that is closed."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(*TRADE, "A2 sell 100 @ 87.50 59=1")
        for name in ("O4", "O999999999999999999"):
            text = f"order id must be that of an order, was {name}"
            found = await refused(venue, f"{ORDERS}/{name}/{call}", body)
            assert found == (404, "unknown", text)
        for name in ("4", "T4", "O0", "O04", "O-1", "A1", "O1%20"):
            found = await refused(venue, f"{ORDERS}/{name}/{call}", body)
            text = f"order id must be like O12, was {name.replace('%20', ' ')}"
            assert found == (404, "unknown", text)
        found = await refused(venue, f"{ORDERS}/O2/{call}", body)
        assert found == (409, "conflict", "order must still work, was O2, which has ended")
        await venue.done(f"{STO}/phase", {"phase": "CLOSED"})
        found = await refused(venue, f"{ORDERS}/O3/{call}", body)
        text = "order must be in a book whose phase permits cancels, was in CLOSED"
        assert found == (409, "conflict", text)


@pytest.mark.parametrize(("call", "body"), [("cancel", None), ("restate", {"qty": 5})])
async def test_an_order_whose_time_is_up_just_now(tmp_path: Path, call: str, body: object) -> None:
    """What is due by now has happened before the operator's word is looked at."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders("A1 sell 100 @ 87.30 59=6 126=20261123-09:00:10")
        clock = venue.fix.clock
        clock.advance(10)  # type: ignore[attr-defined]
        found = error_of(await venue.post(f"{ORDERS}/O1/{call}", body))
        assert found == (409, "conflict", "order must still work, was O1, which has ended")
        assert (await venue.said("AVA", "11 150"))[-1] == "11=A1|150=C"


async def test_what_the_operator_did_is_there_after_a_restart(tmp_path: Path) -> None:
    """All of it, in the state that was answered."""
    async with market(tmp_path, *BOTH, sync="group") as venue:
        await venue.orders("A1 sell 100 @ 87.30 59=1", "N1 buy 60 @ 87.30", "N2 buy 10 @ 87.30")
        await venue.orders("A2 sell 100 @ 87.40 59=1", "A3 sell 100 @ 87.40 59=1")
        await venue.done(f"{TRADES}/T1/bust", {"reason": "E"})
        await venue.done(f"{TRADES}/T2/correct", {"price": "87.20", "qty": 5})
        await venue.done(f"{ORDERS}/O4/cancel")
        await venue.done(f"{ORDERS}/O5/restate", {"qty": 7})
        trades = await venue.shown(f"{ERIC}/trades")
    async with market(tmp_path, sync="group") as venue:
        assert await venue.shown(f"{ERIC}/trades") == trades
        asks = (await venue.keys(f"{ERIC}/book", "asks"))[0]
        assert isinstance(asks, list)
        assert [(level["price"], level["qty"]) for level in asks] == [("87.30", 30), ("87.40", 7)]


# Trades


async def test_a_busted_trade_never_was(tmp_path: Path) -> None:
    """Both sides hear of it with their totals without it; the history shows that it was busted."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(*TRADE)
        for member in BOTH:
            await venue.said(member, "35")
        shown = await venue.done(f"{TRADES}/T1/bust", {"reason": "E"})
        assert [shown[key] for key in ("match_id", "qty", "busted")] == ["T1", 60, True]
        told = [await venue.said(member, "11 150 14 151") for member in BOTH]
        assert told == [["11=A1|150=H|14=0|151=40"], ["11=N1|150=H|14=0|151=0"]]
        assert (await venue.keys(f"{ERIC}/trades", "trades"))[0] == [shown]


async def test_a_busted_trade_may_give_back_its_quantity(tmp_path: Path) -> None:
    """Orders come back that meet nobody: in a halted book both, else the one that stood first."""
    for halted, expected in ((True, [[60], [100]]), (False, [[], [100]])):
        folder = tmp_path / str(halted)
        folder.mkdir()
        async with market(folder, *BOTH) as venue:
            await venue.orders(*TRADE)
            if halted:
                await venue.done(f"{ERIC}/halt")
            await venue.done(f"{TRADES}/T1/bust", {"reason": "C", "restore": True})
            book = await venue.shown(f"{ERIC}/book")
            found = [[level["qty"] for level in book[side]] for side in ("bids", "asks")]  # type: ignore[attr-defined]
            assert found == expected


async def test_a_corrected_trade_has_another_price_or_less(tmp_path: Path) -> None:
    """Both sides hear of it with their new totals; what is left out stays."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(*TRADE)
        for member in BOTH:
            await venue.said(member, "35")
        shown = await venue.done(f"{TRADES}/T1/correct", {"price": "87.2"})
        assert [shown[key] for key in ("price", "qty", "busted")] == ["87.20", 60, False]
        shown = await venue.done(f"{TRADES}/T1/correct", {"qty": 50})
        assert [shown[key] for key in ("price", "qty", "busted")] == ["87.20", 50, False]
        told = [await venue.said(member, "11 150 14 6") for member in BOTH]
        assert told == [
            ["11=A1|150=G|14=60|6=87.20", "11=A1|150=G|14=50|6=87.20"],
            ["11=N1|150=G|14=60|6=87.20", "11=N1|150=G|14=50|6=87.20"],
        ]
        assert await venue.keys(ERIC, "last") == ["87.20"]


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({}, 422, "price or qty must be given, both were left out"),
        ({"qty": 61}, 409, "qty must be 1 to 60, what was traded, was 61"),
        ({"qty": 0}, 409, "qty must be 1 to 60, what was traded, was 0"),
        ({"price": "0.0000"}, 422, "price must be above 0, was 0.0000"),
        ({"price": "999999999"}, 409, "price must be above 0 and no more than 100 million"),
        ({"price": "87.30", "qty": 60}, 409, "price or qty must be another one, was T1"),
        ({"price": "87.30001"}, 422, "body must have the right form: Expected `str` matching"),
        ({"qty": "50"}, 422, "body must have the right form: Expected `int | null`, got `str`"),
        ({"reason": "E"}, 422, "body must have the right form: Object contains unknown field"),
    ],
)
async def test_what_a_trade_cannot_become(
    tmp_path: Path, body: object, status: int, text: str
) -> None:
    """The rule and what was asked."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(*TRADE)
        found = await refused(venue, f"{TRADES}/T1/correct", body)
        assert (found[0], found[2][: len(text)]) == (status, text)


@pytest.mark.parametrize(
    "body", [{}, {"reason": "X"}, {"reason": "E", "restore": 1}, {"reason": "E", "why": "typo"}]
)
async def test_a_bust_has_a_reason(tmp_path: Path, body: object) -> None:
    """One of three, and nothing else is said."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(*TRADE)
        found = await refused(venue, f"{TRADES}/T1/bust", body)
        assert (found[0], found[2][:29]) == (422, "body must have the right form")


@pytest.mark.parametrize(
    ("call", "body"), [("bust", {"reason": "S"}), ("correct", {"price": "87.20"})]
)
async def test_a_trade_that_cannot_be_changed(tmp_path: Path, call: str, body: object) -> None:
    """It never was, is busted, or in shares of another size."""
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(*TRADE, "N2 buy 10 @ 87.30")
        text = "match id must be that of a trade that is remembered, was T3"
        assert await refused(venue, f"{TRADES}/T3/{call}", body) == (404, "unknown", text)
        for name in ("1", "O1", "T0", "T01", "T1x"):
            text = f"match id must be like T5, was {name}"
            assert await refused(venue, f"{TRADES}/{name}/{call}", body) == (404, "unknown", text)
        await venue.done(f"{TRADES}/T1/bust", {"reason": "E"})
        text = "the trade must not be busted already, was T1"
        assert await refused(venue, f"{TRADES}/T1/{call}", body) == (409, "conflict", text)
        await venue.done(f"{ERIC}/halt")
        await venue.done(f"{ERIC}/split", {"new": 2, "old": 1})
        text = "the trade must be in shares of today, they were split since, was T2"
        assert await refused(venue, f"{TRADES}/T2/{call}", body) == (409, "conflict", text)


# Reasons


async def test_orders_and_trades_are_explained(tmp_path: Path) -> None:
    """Out of the log, up to what has just been answered, also of a day that is over."""
    async with market(tmp_path, *BOTH, sync="group") as venue:
        await venue.orders("A1 sell 100 @ 87.30", "A2 sell 100 @ 87.30", "N1 buy 60 @ 87.30")
        before = await venue.shown(f"{API}/status")
        await venue.done(TIME, {"to": "2026-11-24T10:00:00"})
        order = await venue.shown(f"{ORDERS}/O2/explain")
        trade = await venue.shown(f"{TRADES}/T1/explain")
        assert (order["order_id"], trade["match_id"]) == ("O2", "T1")
        for told in (order, trade):
            sentences = told["sentences"]
            assert isinstance(sentences, list)
            assert "A2" in " ".join(sentences)
        assert before["commands"] != (await venue.shown(f"{API}/status"))["commands"]


async def test_what_is_asked_about_is_in_the_log_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is read when all that had happened by then is kept."""
    async with market(tmp_path, *BOTH, sync="group") as venue:
        inside = venue.fix.venue

        async def look(*_: object, **__: object) -> dict[str, object]:
            return {"kept": inside._publisher.durable_seq}

        monkeypatch.setattr(order_routes, "explain_in_process", look)
        inside._sequencer.submit(PassTime())
        assert await venue.shown(f"{TRADES}/T1/explain") == {"kept": inside._sequencer.seq}


async def test_what_is_explained_must_be_there(tmp_path: Path) -> None:
    """An order is no trade, and a ClOrdID no OrderID."""
    async with market(tmp_path, *BOTH, sync="group") as venue:
        await venue.orders(*TRADE)
        for path, text in (
            (f"{ORDERS}/O9", "id must be in the log, was O9"),
            (f"{TRADES}/T9", "id must be in the log, was T9"),
            (f"{ORDERS}/T1", "order id must be like O12, was T1"),
            (f"{ORDERS}/A1", "order id must be like O12, was A1"),
            (f"{TRADES}/O1", "match id must be like T5, was O1"),
        ):
            found = error_of(await venue.get(f"{path}/explain"))
            assert found == (404, "unknown", text)


async def test_explanations_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is told to come again, and may."""
    monkeypatch.setattr(order_routes, "EXPLANATIONS_MAX", 1)
    async with market(tmp_path, *BOTH, sync="group") as venue:
        await venue.orders(*TRADE)
        path = f"{TRADES}/T1/explain"
        answers = await asyncio.gather(venue.api.get(path), venue.api.get(path))
        assert sorted(answer.status_code for answer in answers) == [200, 503]
        busy = next(answer for answer in answers if answer.status_code == 503)
        assert (busy.json()["error"]["code"], busy.headers["retry-after"]) == ("busy", "5")
        assert (await venue.get(path))[0] == 200


async def test_an_explanation_that_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up; the venue goes on."""

    async def too_long(*_: object, **__: object) -> None:
        raise command.NotExplained("explaining T1 must take no more than 60 s", unknown=False)

    monkeypatch.setattr(order_routes, "explain_in_process", too_long)
    async with market(tmp_path, *BOTH) as venue:
        await venue.orders(*TRADE)
        found = error_of(await venue.get(f"{TRADES}/T1/explain"))
        assert found == (503, "not_explained", "explaining T1 must take no more than 60 s")
