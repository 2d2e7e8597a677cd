"""Every change of the market by the operator: answered when it is kept, and only then."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from gateway.market_desk import MarketDesk
from tests.gateway.web.market_venue import API, ERIC, STO, TIME, MarketVenue, market
from tests.gateway.web.web_venue import error_of

CHANGES = [
    (TIME, {"advance_seconds": 1}),
    (f"{STO}/phase", {"phase": "CLOSING_CALL"}),
    (f"{ERIC}/halt", {"entry": True}),
    (f"{ERIC}/resume", None),
    (f"{ERIC}/split", {"new": 2, "old": 1}),
    (f"{API}/orders/O1/cancel", None),
    (f"{API}/orders/O1/restate", {"qty": 90}),
    (f"{API}/trades/T1/bust", {"reason": "S", "restore": True}),
    (f"{API}/trades/T1/correct", {"qty": 50, "restore": True}),
]


async def prepared(venue: MarketVenue) -> int:
    """An order, a trade and a halt, all of it kept; the last seq of the log."""
    await venue.orders("A1 sell 100 @ 87.30 59=1", "N1 buy 60 @ 87.30 59=1")
    await venue.done(f"{ERIC}/halt")
    await venue.fix.until(lambda: kept(venue) == last(venue))
    return last(venue)


def kept(venue: MarketVenue) -> int:
    """The last seq that is durable."""
    return venue.fix.venue._publisher.durable_seq


def last(venue: MarketVenue) -> int:
    """The last seq."""
    return venue.fix.venue._log.last_seq


@pytest.mark.parametrize(("path", "body"), CHANGES)
async def test_a_change_is_answered_when_it_is_durable(
    tmp_path: Path, path: str, body: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk hangs nothing is promised, and no member has been told."""
    disk = threading.Event()
    async with market(tmp_path, "AVA", "NON", sync="group") as venue:
        before = await prepared(venue)
        monkeypatch.setattr(os, "fdatasync", lambda fd: disk.wait(10))
        answer = asyncio.create_task(venue.post(path, body))
        await venue.fix.until(lambda: last(venue) > before)
        for _ in range(20):
            await asyncio.sleep(0)
        status = await venue.shown(f"{API}/status")
        assert (answer.done(), status["durable_seq"]) == (False, before)
        disk.set()
        assert (await answer)[0] == 200
        assert kept(venue) > before
        monkeypatch.undo()


@pytest.mark.parametrize(("path", "body"), CHANGES)
async def test_a_change_is_there_after_a_restart(tmp_path: Path, path: str, body: object) -> None:
    """The state that was answered comes back, sound."""
    async with market(tmp_path, "AVA", "NON", sync="group") as venue:
        await prepared(venue)
        await venue.done(path, body)
        before = venue.digest()
    async with market(tmp_path, sync="group") as venue:
        assert venue.digest() == before


async def test_a_refused_change_leaves_the_venue_as_it_was(tmp_path: Path) -> None:
    """It may have let time pass, which is in the log like everything."""
    async with market(tmp_path, "AVA", "NON", sync="group") as venue:
        await prepared(venue)
        assert error_of(await venue.post(f"{API}/orders/O2/cancel"))[0] == 409
        await venue.fix.until(lambda: kept(venue) == last(venue))
        before = venue.digest()
    async with market(tmp_path, sync="group") as venue:
        assert venue.digest() == before


async def test_a_bug_behind_a_record_stops_the_venue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it left half-done is never acknowledged."""

    def bug(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(MarketDesk, "_changeable", bug)
    async with market(tmp_path, "AVA") as venue:
        await venue.orders("A1 sell 100 @ 87.30")
        venue.fix.planted_bug = ZeroDivisionError
        assert error_of(await venue.post(f"{API}/orders/O1/cancel"))[:2] == (500, "internal")
        assert isinstance(venue.fix.venue.failed, ZeroDivisionError)
