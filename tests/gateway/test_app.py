"""The whole venue in one loop: starts, turns, times and ends, seen by its members over TCP."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from engine.commands import DefineInstrument, EnterOrder
from gateway import app, timers, turns
from gateway.app import CannotListen, Venue
from gateway.config import Config, InstrumentConfig, SessionConfig
from gateway.fix.message import Message
from gateway.fix.order_entry import COMMANDS, Sender
from gateway.log.records import SessionOpened
from tests.support import logs
from tests.support.fix_venue import FixClient, HandClock, config_of, serving

ORDER = "35=D|11={}|55=ERIC-B|54={}|38=100|40=2|44=87.30|59={}|60=20261123-09:00:00"
ALL = "35=AF|584=ALL|585=7"


def day_order(cl_ord_id: str, side: int = 2) -> str:
    """A Day order that crosses those of the other side."""
    return ORDER.format(cl_ord_id, side, 0)


async def working(client: FixClient) -> list[str]:
    """Its working orders, oldest first."""
    client.send(ALL)
    return [line for line in await client.so_far("11") if line]


def with_session(**settings: Any) -> Config:
    """The demo venue with AVA's session set up differently."""
    config = config_of()
    ava = SessionConfig(comp_id="AVA", member="AVA", **settings)
    return replace(config, sessions=(ava, *config.sessions[1:]))


@pytest.fixture
def quick_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue looks at its clock often: the test moves it."""
    monkeypatch.setattr(timers, "PERIOD_SECONDS_MAX", 0.005)


# Starts


async def test_a_restart_finds_everything_and_says_nothing_new(tmp_path: Path) -> None:
    """Orders are there; reference data and sessions are not told to the exchange again."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send(day_order("A1"), day_order("A2"))
        before = await ava.receive_many(2, "11 37")
        await ava.logout()
    written = logs.read(tmp_path / "log")
    async with serving(tmp_path) as served:
        recovered = served.venue.recovered
    after = logs.read(tmp_path / "log")
    async with serving(tmp_path) as served:
        ava = served.client("AVA")
        await ava.logon("98=0|108=30|141=Y")
        ava.send(ALL)
        found = await ava.receive_many(2, "11 37")
    assert (recovered, after, found) == (len(written), written, before)


async def test_a_changed_configuration_becomes_commands(tmp_path: Path) -> None:
    """A new instrument and a new session are logged, once, after what was recovered."""
    async with serving(tmp_path):
        pass
    written = logs.read(tmp_path / "log")
    config = config_of()
    paper = InstrumentConfig(symbol="PAPER", segment="DEMO", tick_size=100)
    desk = SessionConfig(comp_id="AVA-DESK", member="AVA")
    config = replace(
        config,
        instruments=(*config.instruments, paper),
        sessions=(*config.sessions, desk),
    )
    async with serving(tmp_path, config) as served:
        (client,) = await served.logged_on("AVA-DESK")
        client.send(day_order("D1").replace("ERIC-B", "PAPER"))
        report = await client.receive("11 55 150")
    added = [record.entry for record in logs.read(tmp_path / "log")[len(written) :]]
    assert (report, added[:2]) == (
        "11=D1|55=PAPER|150=0",
        [
            DefineInstrument("PAPER", "DEMO", "", 100),
            SessionOpened("AVA-DESK", "AVA"),
        ],
    )


async def test_orders_of_a_session_that_is_no_longer_configured_stay(tmp_path: Path) -> None:
    """It may not log on any more; others trade with what it left."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send(day_order("A1"))
        await ava.receive()
    config = config_of()
    config = replace(
        config,
        sessions=config.sessions[1:],
        fix=replace(config.fix, accept_unknown=False),
    )
    async with serving(tmp_path, config) as served:
        ava = await served.client("AVA").connect()
        ava.send("35=A|98=0|108=30")
        refused = await ava.rest()
        (non,) = await served.logged_on("NON")
        non.send(day_order("N1", 1))
        fill = (await non.receive_many(2, "11 150 375"))[1]
    assert (refused, fill) == ([], "11=N1|150=F|375=AVA")


async def test_a_stranger_is_remembered(tmp_path: Path) -> None:
    """Admitted on its first Logon, it is a member with numbers and orders after a restart."""
    async with serving(tmp_path) as served:
        (ens,) = await served.logged_on("ENS")
        ens.send(day_order("E1"))
        await ens.receive()
    async with serving(tmp_path) as served:
        ens = served.client("ENS")
        ens.next_out = 3
        answer = await ens.logon()
        assert (answer, await working(ens)) == ("35=A|34=3|98=0|108=30", ["11=E1"])


async def test_a_torn_tail_is_told_to_the_operator(tmp_path: Path) -> None:
    """How many bytes were cut off."""
    async with serving(tmp_path):
        pass
    newest = logs.segments(tmp_path / "log")[-1]
    newest.write_bytes(newest.read_bytes() + b"FPfr..")
    with capture_logs() as said:
        async with serving(tmp_path):
            pass
    torn = [entry for entry in said if entry["event"] == "log.torn_tail"]
    assert torn == [{"event": "log.torn_tail", "bytes": 6, "log_level": "warning"}]


async def test_an_address_in_use_is_told(tmp_path: Path) -> None:
    """The venue names it and does not start."""
    config = config_of()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        venue = Venue(replace(config, fix=replace(config.fix, port=port)), tmp_path, "none")
        venue.recover()
        with pytest.raises(CannotListen, match=f"^127.0.0.1:{port}: "):
            await venue.start()


# Turns


async def test_messages_no_version_serves_are_refused(tmp_path: Path) -> None:
    """`j` for a type that FIX knows; a `j` from the peer is not answered with another."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send("35=B|148=NEWS", "35=j|45=1|372=8|380=0", "35=6|23=I1")
        assert await ava.so_far("35 34 45 372 380") == [
            "35=j|34=2|45=2|372=B|380=3",
            "35=j|34=3|45=4|372=6|380=3",
        ]


@pytest.mark.parametrize("sync", ["group", "interval:1000", "none"])
async def test_reports_wait_for_the_disk(
    tmp_path: Path, sync: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `group` nothing is reported while a sync hangs; the other policies do not wait."""
    disk = threading.Event()
    async with serving(tmp_path, sync=sync) as served:
        (ava,) = await served.logged_on("AVA")
        monkeypatch.setattr(os, "fdatasync", lambda fd: disk.wait(10))
        ava.send(day_order("A1"))
        await served.until_taken()
        report = asyncio.create_task(ava.receive("11 150"))
        if sync == "group":
            for _ in range(20):
                await asyncio.sleep(0)
            assert not report.done()
        else:
            await report
        disk.set()
        assert await report == "11=A1|150=0"
        monkeypatch.undo()


async def test_a_venue_far_ahead_of_its_disk_reads_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit it stops reading; with the disk back, all that was sent is answered."""
    monkeypatch.setattr(turns, "UNDURABLE_RECORDS_MAX", 20)
    disk = threading.Event()
    async with serving(tmp_path, sync="group") as served:
        (ava,) = await served.logged_on("AVA")
        monkeypatch.setattr(os, "fdatasync", lambda fd: disk.wait(10))
        ava.send(*[day_order(f"A{i}") for i in range(30)])
        await served.until_taken()
        for _ in range(20):
            await asyncio.sleep(0)
        ava.send(*[day_order(f"B{i}") for i in range(30)])
        for _ in range(20):
            await asyncio.sleep(0)
        taken = served.venue._sessions.by_comp_id["AVA"].fix.next_in - 2
        disk.set()
        found = await ava.receive_many(60, "11")
        monkeypatch.undo()
    ids = [f"11=A{i}" for i in range(30)] + [f"11=B{i}" for i in range(30)]
    assert (taken, found) == (30, ids)


async def test_a_long_resend_waits_for_its_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slice by slice, all of it in order, while another member is served in between."""
    monkeypatch.setattr(turns, "RESEND_UNREAD_BYTES_MAX", 1)
    async with serving(tmp_path) as served:
        ava, non = await served.logged_on("AVA", "NON")
        ids = [f"A{i}" for i in range(450)]
        ava.send(*[day_order(cl_ord_id) for cl_ord_id in ids])
        await ava.receive_many(450)
        ava.send("35=2|7=1|16=0")
        non.send(day_order("N1", 1))
        await non.receive_many(2)
        resent = await ava.receive_many(452, "35 34 43 11 150")
    expected = [f"35=8|34={i}|43=Y|11={name}|150=0" for i, name in enumerate(ids, 2)]
    fill = "35=8|34=452|11=A0|150=F"
    assert fill in resent
    resent.remove(fill)
    assert resent == ["35=4|34=1|43=Y", *expected]


async def test_a_resend_ends_with_its_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it reaches the next one."""
    monkeypatch.setattr(turns, "RESEND_UNREAD_BYTES_MAX", -1)
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send(*[day_order(f"A{i}") for i in range(250)])
        await ava.receive_many(250)
        ava.send("35=2|7=1|16=0")
        await ava.receive()
        await ava.drop()
        await served.until_gone("AVA")
        await ava.logon()
        assert await ava.so_far() == []


@pytest.mark.parametrize(
    ("scope", "left"),
    [("none", ["11=DAY", "11=GTC"]), ("day", ["11=GTC"]), ("all", [])],
)
async def test_a_lost_connection_cancels_what_the_session_says(
    tmp_path: Path, scope: str, left: list[str]
) -> None:
    """Nothing, Day orders, or all of them; its other orders stay."""
    async with serving(tmp_path, with_session(cancel_on_disconnect=scope)) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send(ORDER.format("DAY", 2, 0), ORDER.format("GTC", 2, 1))
        await ava.receive_many(2)
        await ava.drop()
        await served.until_gone("AVA")
        await ava.logon()
        assert await working(ava) == left


# Times


@pytest.mark.usefixtures("quick_timers")
async def test_an_order_expires_when_its_time_comes(tmp_path: Path) -> None:
    """Nobody has to ask: the venue's timer does it, and it is in the log."""
    clock = HandClock()
    async with serving(tmp_path, clock=clock) as served:
        (ava,) = await served.logged_on("AVA")
        clock.advance(10)
        until = clock.text()
        clock.advance(-10)
        ava.send(ORDER.format("A1", 2, 6) + f"|126={until}")
        await ava.receive()
        clock.advance(10)
        assert await ava.receive("11 39 150 151") == "11=A1|39=C|150=C|151=0"


@pytest.mark.usefixtures("quick_timers")
async def test_a_silent_member_is_asked_and_then_given_up(tmp_path: Path) -> None:
    """Heartbeat, TestRequest, a second one, the end; the times are those of the session."""
    clock = HandClock()
    async with serving(tmp_path, clock=clock) as served:
        (ava,) = await served.logged_on("AVA")
        tape = []
        for seconds in (30, 6):
            clock.advance(seconds)
            tape.append(await ava.receive("35 112"))
        clock.advance(36)
        tape += await ava.rest("35 112")
    assert tape == ["35=0", "35=1|112=TEST"]


# Ends


async def test_everybody_is_told_when_the_venue_stops(tmp_path: Path) -> None:
    """A Logout each; who answers is let go, and the log holds everything."""
    async with serving(tmp_path, sync="interval:5000") as served:
        ava, non = await served.logged_on("AVA", "NON")
        ava.send(*[day_order(f"A{i}") for i in range(50)])
        await served.until_taken()
        served.venue.stop()
        said = [(await ava.receive_many(51))[-1], await non.receive()]
        for client in (ava, non):
            client.send("35=5")
        rest = [await ava.rest(), await non.rest()]
    entered = [r.entry for r in logs.read(tmp_path / "log") if isinstance(r.entry, EnterOrder)]
    assert (said, rest, len(entered)) == (
        ["35=5|34=52|58=venue is stopping", "35=5|34=2|58=venue is stopping"],
        [[], []],
        50,
    )


async def test_a_member_that_does_not_answer_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is closed when its time is over; its Day orders are not canceled by our own stop."""
    monkeypatch.setattr(app, "LOGOUT_SECONDS_MAX", 0.02)
    config = with_session(cancel_on_disconnect="day")
    async with serving(tmp_path, config) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send(day_order("A1"))
        await ava.receive()
        served.venue.stop()
        assert await ava.rest("35 58") == ["35=5|58=venue is stopping"]
    async with serving(tmp_path, config) as served:
        ava = served.client("AVA")
        await ava.logon("98=0|108=30|141=Y")
        assert await working(ava) == ["11=A1"]


async def end_with_an_order(data_dir: Path, sync: str, size: int | None = None) -> None:
    """An order is the venue's end: two members hear nothing more; raises what ended it.

    With `size`, no file may grow beyond the log plus that many bytes when the order comes.
    """
    async with serving(data_dir, sync=sync) as served:
        ava, non = await served.logged_on("AVA", "NON")
        ava.send(ALL)
        await ava.receive()
        limit = 2**40 if size is None else logs.segments(data_dir / "log")[0].stat().st_size + size
        with logs.file_size_limit(limit):
            ava.send(day_order("A1"))
            assert [await ava.rest(), await non.rest()] == [[], []]


@pytest.mark.parametrize("sync", ["group", "none"])
async def test_a_disk_error_ends_the_venue_without_another_byte(tmp_path: Path, sync: str) -> None:
    """Everybody is cut off, nothing is acknowledged, the error is the reason of the end."""
    with pytest.raises(OSError, match="File too large"):
        await end_with_an_order(tmp_path, sync, 40)


async def test_a_bug_ends_the_venue_without_another_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a bug left half-done is never acknowledged, to nobody."""

    def broken(message: Message, sender: Sender) -> EnterOrder:
        raise ZeroDivisionError(message.msg_type, sender.session)

    monkeypatch.setitem(COMMANDS, "D", broken)
    with pytest.raises(ZeroDivisionError):
        await end_with_an_order(tmp_path, "none")
