"""The calls about market time and segments: what happens on the way, what is refused."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.gateway.web.market_venue import API, ERIC, STO, TIME, market
from tests.gateway.web.web_venue import error_of, serving_http

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DAY = """
2026-11-23T17:25:00+01:00  CLOSING_CALL
2026-11-23T17:29:29+01:00  CLOSING_CALL
2026-11-23T17:30:00+01:00  POST_TRADE
2026-11-23T18:00:00+01:00  CLOSED
2026-11-24T08:00:00+01:00  PRE_OPEN
2026-11-24T08:45:00+01:00  OPENING_CALL
2026-11-24T09:00:05+01:00  CONTINUOUS
"""


# Time


async def test_market_time_walks_through_a_day(tmp_path: Path) -> None:
    """When the call returns, the phase is the one of that moment; the API says so everywhere."""
    async with market(tmp_path) as venue:
        seen = []
        for line in DAY.split("\n")[1:-1]:
            to = line.split()[0]
            moved = await venue.done(TIME, {"to": to})
            book = (await venue.keys(ERIC, "phase"))[0]
            assert moved["phases"] == {"STO": book, "LOOSE": "CONTINUOUS"}
            status = await venue.keys(f"{API}/status", "market_time", "phases", "commands")
            assert status == [moved["market_time"], moved["phases"], moved["commands"]]
            assert moved["market_time"] == to.replace("+", ".000000+")
            seen.append(f"{to}  {book}")
        assert seen == DAY.split("\n")[1:-1]


async def test_what_is_due_on_the_way_happens(tmp_path: Path) -> None:
    """The closing call trades, and Day orders expire before the answer."""
    async with market(tmp_path, "AVA", "NON") as venue:
        await venue.orders(
            "A1 sell 300 @ 87.30 59=7", "N1 buy 100 @ 87.30 59=7", "N2 buy 5 @ 50.00"
        )
        await venue.said("NON", "11 150")
        await venue.done(TIME, {"advance_seconds": 9 * 3600})
        said = await venue.said("NON", "11 150 31")
        assert said == ["11=N1|150=F|31=87.30", "11=N2|150=C"]


async def test_time_is_moved_by_seconds_and_by_parts_of_them(tmp_path: Path) -> None:
    """From what o'clock it is."""
    async with market(tmp_path) as venue:
        times = [
            (await venue.done(TIME, {"advance_seconds": seconds}))["market_time"]
            for seconds in (60, 0.25, 0.0000001)
        ]
        assert times == [
            "2026-11-23T10:01:00.000000+01:00",
            "2026-11-23T10:01:00.250000+01:00",
            "2026-11-23T10:01:00.250001+01:00",
        ]


async def test_time_without_offset_is_the_venues(tmp_path: Path) -> None:
    """And what is shown can be sent back, which moves nothing."""
    async with market(tmp_path) as venue:
        moved = await venue.done(TIME, {"to": "2026-11-23T12:00:00"})
        assert moved["market_time"] == "2026-11-23T12:00:00.000000+01:00"
        again = await venue.done(TIME, {"to": moved["market_time"]})
        assert again["market_time"] == moved["market_time"]
        utc = await venue.done(TIME, {"to": "2026-11-23T11:00:00.000001Z"})
        assert utc["market_time"] == "2026-11-23T12:00:00.000001+01:00"


@pytest.mark.parametrize(
    ("body", "status", "code", "text"),
    [
        ({}, 422, "bad_value", "one of to and advance_seconds must be given, neither was"),
        (
            {"to": "2026-11-24T08:00:00", "advance_seconds": 1},
            422,
            "bad_value",
            "one of to and advance_seconds must be given, both was",
        ),
        (
            {"to": "noon"},
            422,
            "bad_value",
            "to must be a moment in ISO 8601, like 2026-11-25T08:00:00, was noon",
        ),
        (
            {"to": "2026-11-23T09:59:59.999999+01:00"},
            409,
            "conflict",
            "to must not be before now, 2026-11-23T09:00:00.000Z, was 2026-11-23T08:59:59.999Z",
        ),
        (
            {"to": "2027-12-28T10:00:00.000001+01:00"},
            422,
            "bad_value",
            "market time must be moved by at most 400 days, was 2027-12-28T09:00:00.000Z",
        ),
        (
            {"advance_seconds": 0},
            422,
            "bad_value",
            "advance_seconds must be above 0 and at most 34560000, 400 days, was 0",
        ),
        (
            {"advance_seconds": -1},
            422,
            "bad_value",
            "advance_seconds must be above 0 and at most 34560000, 400 days, was -1",
        ),
        (
            {"advance_seconds": 34_560_001},
            422,
            "bad_value",
            "advance_seconds must be above 0 and at most 34560000, 400 days, was 34560001",
        ),
        (
            {"advance_seconds": "60"},
            422,
            "bad_value",
            "body must have the right form: Expected `float | null`, got `str` - at "
            "`$.advance_seconds`",
        ),
        (
            {"by": 60},
            422,
            "bad_value",
            "body must have the right form: Object contains unknown field `by`",
        ),
    ],
)
async def test_where_market_time_cannot_go(
    tmp_path: Path, body: object, status: int, code: str, text: str
) -> None:
    """The reason, and nothing has happened."""
    async with market(tmp_path) as venue:
        before = await venue.shown(f"{API}/status")
        assert error_of(await venue.post(TIME, body)) == (status, code, text)
        after = await venue.shown(f"{API}/status")
        assert [after[key] for key in ("market_time", "commands")] == [
            before[key] for key in ("market_time", "commands")
        ]


async def test_the_longest_move_ends(tmp_path: Path) -> None:
    """400 days of timetable in one call."""
    async with market(tmp_path) as venue:
        moved = await venue.done(TIME, {"to": "2027-12-28T10:00:00"})
        assert moved["phases"] == {"STO": "CONTINUOUS", "LOOSE": "CONTINUOUS"}


async def test_moved_time_runs_on(tmp_path: Path) -> None:
    """A day ahead of real time from then on, where market time was real time."""
    async with serving_http(tmp_path) as served:
        before = time.time_ns() // 1000
        assert (await served.post(TIME, {"advance_seconds": 86_400}))[0] == 200
        seen = []
        for _ in range(2):
            _, shown = await served.get(f"{API}/status")
            assert isinstance(shown, dict)
            moment = datetime.fromisoformat(shown["market_time"]) - timedelta(days=1)
            seen.append((moment - EPOCH) // timedelta(microseconds=1))
        assert before < seen[0] < seen[1] <= time.time_ns() // 1000


async def test_moved_time_is_there_after_a_restart(tmp_path: Path) -> None:
    """The state that was answered is the state that comes back, with nothing left to do."""
    async with market(tmp_path, "AVA", sync="group") as venue:
        await venue.orders("A1 sell 100 @ 87.30 59=1")
        moved = await venue.done(TIME, {"to": "2026-11-24T08:50:00"})
        before = venue.digest()
    async with market(tmp_path, sync="group") as venue:
        assert venue.digest() == before
        assert await venue.keys(f"{API}/status", "market_time") == [moved["market_time"]]


# Segments


async def test_a_segment_is_shown_with_its_books_and_its_next_phase(tmp_path: Path) -> None:
    """The nominal moment and how random it is, never the drawn one."""
    async with market(tmp_path) as venue:
        sto = {
            "id": "STO",
            "name": "Stockholm",
            "phase": "CONTINUOUS",
            "next": {
                "at": "2026-11-23T17:25:00.000000+01:00",
                "phase": "CLOSING_CALL",
                "random_seconds": 0,
            },
            "books": {"ERIC-B": "CONTINUOUS", "VOLV-B": "CONTINUOUS"},
        }
        loose = {
            "id": "LOOSE",
            "name": "Any time",
            "phase": "CONTINUOUS",
            "next": None,
            "books": {"A/B C": "CONTINUOUS"},
        }
        assert await venue.shown(STO) == sto
        assert await venue.shown(f"{API}/segments") == {"segments": [sto, loose]}
        await venue.done(TIME, {"to": "2026-11-23T17:29:30"})
        books, following = await venue.keys(STO, "books", "next")
        assert books == {"ERIC-B": "CLOSING_CALL", "VOLV-B": "CLOSING_CALL"}
        assert following == {
            "at": "2026-11-23T18:00:00.000000+01:00",
            "phase": "CLOSED",
            "random_seconds": 0,
        }


async def test_leaving_a_call_by_order_uncrosses_it(tmp_path: Path) -> None:
    """The members hear of the trade and of the phase; the timetable goes on."""
    async with market(tmp_path, "AVA", "NON") as venue:
        called = await venue.done(f"{STO}/phase", {"phase": "OPENING_CALL"})
        assert called["books"] == {"ERIC-B": "OPENING_CALL", "VOLV-B": "OPENING_CALL"}
        await venue.orders("A1 sell 300 @ 87.00", "N1 buy 100 @ 87.40")
        await venue.said("NON", "11 150")
        after = await venue.done(f"{STO}/phase", {"phase": "CONTINUOUS"})
        assert (after["phase"], after["books"]) == (
            "CONTINUOUS",
            {"ERIC-B": "CONTINUOUS", "VOLV-B": "CONTINUOUS"},
        )
        assert await venue.said("NON", "11 150 31 32") == ["11=N1|150=F|31=87.00|32=100"]
        assert await venue.keys(STO, "next") == [called["next"]]


async def test_every_phase_may_be_ordered(tmp_path: Path) -> None:
    """Whatever it was before; all books follow."""
    async with market(tmp_path) as venue:
        names = "CLOSED PRE_OPEN OPENING_CALL CONTINUOUS VOLATILITY_AUCTION SCHEDULED_AUCTION "
        for phase in (names + "CLOSING_CALL POST_TRADE HALT_OPEN HALT_FROZEN CONTINUOUS").split():
            segment = await venue.done(f"{STO}/phase", {"phase": phase})
            assert (segment["phase"], segment["books"]) == (
                phase,
                {"ERIC-B": phase, "VOLV-B": phase},
            )
            venue.digest()


async def test_a_phase_that_there_is_not(tmp_path: Path) -> None:
    """The answer says which ones there are."""
    async with market(tmp_path) as venue:
        for phase in ("continuous", "LUNCH", ""):
            refused = error_of(await venue.post(f"{STO}/phase", {"phase": phase}))
            assert refused == (
                422,
                "bad_value",
                "phase must be one of CLOSED, PRE_OPEN, OPENING_CALL, CONTINUOUS, "
                "VOLATILITY_AUCTION, SCHEDULED_AUCTION, CLOSING_CALL, POST_TRADE, HALT_OPEN, "
                f"HALT_FROZEN, was {phase}",
            )
        assert error_of(await venue.post(f"{STO}/phase", {}))[0] == 422


async def test_a_segment_that_there_is_not(tmp_path: Path) -> None:
    """It is not found, with the names of those that are."""
    async with market(tmp_path) as venue:
        text = "segment must be one of STO, LOOSE, was sto"
        path = f"{API}/segments/sto"
        assert error_of(await venue.get(path)) == (404, "unknown", text)
        refused = error_of(await venue.post(f"{path}/phase", {"phase": "CLOSED"}))
        assert refused == (404, "unknown", text)


async def test_a_query_that_means_nothing_is_refused(tmp_path: Path) -> None:
    """A word that is spelt wrong is not passed over."""
    async with market(tmp_path) as venue:
        refused = error_of(await venue.get(f"{API}/segments?phase=CLOSED"))
        assert refused == (422, "bad_value", "query must be left out, was phase")
        refused = error_of(await venue.get(f"{ERIC}/trades?limit=1&befor=T1"))
        assert refused == (422, "bad_value", "query must be one of limit, before, was befor")
