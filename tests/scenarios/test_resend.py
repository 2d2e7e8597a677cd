"""Large resends over a real venue: everything arrives, in order, and nobody else waits for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway import turns
from gateway.fix.session import FixSession
from tests.support.fix_venue import FixClient, FixVenue, serving, small_socket

ORDERS = 1_000
BUY = "35=D|11={}|55=ERIC-B|54=1|38=1|40=2|44=87.30|60=20261123-09:00:00"
SELL_ALL = f"35=D|11=all|55=ERIC-B|54=2|38={ORDERS}|40=2|44=87.30|60=20261123-09:00:00"
OTHER = "35=D|11={}|55=VOLV-B|54={}|38=10|40=2|44=280.00|60=20261123-09:00:00"
FROM_THE_START = "35=2|7=1|16=0"
SHOWN = "35 34 43 11 150 36"

RESENT = [
    "35=4|34=1|43=Y|36=2",
    *(f"35=8|34={i + 2}|43=Y|11={i}|150=0" for i in range(ORDERS)),
    *(f"35=8|34={i + 2 + ORDERS}|43=Y|11={i}|150=F" for i in range(ORDERS)),
    f"35=4|34={2 * ORDERS + 2}|43=Y|36={2 * ORDERS + 3}",
]
"""Two reports of each order, between the gap fills of two Logons."""


async def away_with_reports(served: FixVenue) -> FixClient:
    """AVA, not connected: all of its orders were filled while it was away, and it read nothing."""
    ava, non = await served.logged_on("AVA", "NON")
    ava.send(*(BUY.format(i) for i in range(ORDERS)))
    await served.until_taken()
    await ava.drop()
    await served.until_gone("AVA")
    non.send(SELL_ALL)
    assert (await non.receive_many(ORDERS + 1, "39 151"))[-1] == "39=2|151=0"
    return ava


async def test_two_thousand_reports_while_others_trade(tmp_path: Path) -> None:
    """The resend goes out in slices: a trade of two others is done long before its end."""
    async with serving(tmp_path) as served:
        ava = await away_with_reports(served)
        await served.logged_on("AVA", "SHB", "SEB")
        ava.send(FROM_THE_START)
        resend = asyncio.create_task(ava.receive_many(len(RESENT), SHOWN))
        await trade(served)
        assert not resend.done()
        assert await resend == RESENT


async def test_new_reports_come_between_the_old_ones(tmp_path: Path) -> None:
    """Orders entered while the resend runs are answered at once, with numbers behind all others."""
    async with serving(tmp_path) as served:
        ava = await away_with_reports(served)
        await served.logged_on("AVA")
        ava.send(FROM_THE_START, OTHER.format("new", 1))
        tape = await ava.receive_many(len(RESENT) + 1, SHOWN)
        new = f"35=8|34={2 * ORDERS + 3}|11=new|150=0"
        assert tape.index(new) < len(RESENT)
        tape.remove(new)
        assert tape == RESENT


async def test_a_peer_that_pauses_in_the_middle_gets_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resend waits for a peer that reads slowly; meanwhile others trade."""
    monkeypatch.setattr(turns, "RESEND_UNREAD_BYTES_MAX", 64 * 1024)
    async with serving(tmp_path) as served:
        ava = await away_with_reports(served)
        await ava.connect(small_socket())
        await served.logged_on("AVA", "SHB", "SEB")
        ava.stop_reading()
        ava.send(FROM_THE_START)
        await served.until(lambda: served.unread("AVA") > turns.RESEND_UNREAD_BYTES_MAX)
        await trade(served)
        await trade(served)
        ava.read_again()
        assert await ava.receive_many(len(RESENT), SHOWN) == RESENT


async def test_a_peer_that_leaves_in_the_middle_asks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the old resend goes nowhere; the new one is whole, one Logon longer."""
    monkeypatch.setattr(turns, "RESEND_UNREAD_BYTES_MAX", 64 * 1024)
    async with serving(tmp_path) as served:
        ava = await away_with_reports(served)
        await ava.connect(small_socket())
        await ava.logon()
        ava.stop_reading()
        ava.send(FROM_THE_START)
        await served.until(lambda: served.unread("AVA") > turns.RESEND_UNREAD_BYTES_MAX)
        await ava.drop()
        await served.until_gone("AVA")
        await ava.logon()
        ava.send(FROM_THE_START)
        assert await ava.receive_many(len(RESENT), SHOWN) == [
            *RESENT[:-1],
            f"35=4|34={2 * ORDERS + 2}|43=Y|36={2 * ORDERS + 4}",
        ]


async def test_a_waiting_resend_is_looked_at_by_one_timer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else the session says meanwhile, nothing more watches its unread bytes."""
    looks: list[FixSession] = []
    look = turns.Turns._continue_resend

    def counted(self: turns.Turns, session: FixSession) -> None:
        looks.append(session)
        look(self, session)

    monkeypatch.setattr(turns.Turns, "_continue_resend", counted)
    monkeypatch.setattr(turns, "RESEND_UNREAD_BYTES_MAX", 16 * 1024)
    monkeypatch.setattr(turns, "RESEND_PAUSE_SECONDS", 60.0)
    async with serving(tmp_path) as served:
        ava = await away_with_reports(served)
        await ava.connect(small_socket())
        await ava.logon()
        ava.stop_reading()
        ava.send(FROM_THE_START)
        await served.until(lambda: served.unread("AVA") > turns.RESEND_UNREAD_BYTES_MAX)
        before = len(looks)
        for _ in range(20):
            ava.send("35=1|112=x")
            await served.until_taken()
        assert len(looks) - before <= 1


async def trade(served: FixVenue) -> None:
    """SHB and SEB trade."""
    shb, seb = served.client("SHB"), served.client("SEB")
    shb.send(OTHER.format(f"S{shb.next_out}", 1))
    seb.send(OTHER.format(f"E{seb.next_out}", 2))
    assert await shb.receive_many(2, "150 375") == ["150=0", "150=F|375=SEB"]
    assert await seb.receive_many(2, "150 375") == ["150=0", "150=F|375=SHB"]
