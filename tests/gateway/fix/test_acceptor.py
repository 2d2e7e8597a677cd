"""Who may log on, over TCP against a running venue: admitted, refused without a byte, or told."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from gateway.config import Config
from gateway.fix import acceptor, door
from gateway.fix.acceptor import STRANGERS_MAX
from gateway.fix.times import format_utc_timestamp
from tests.support.fix_venue import FixVenue, HandClock, config_of, serving
from tests.support.passwords import HeldExecutor, with_password

ORDER = "35=D|11={}|55=ERIC-B|54={}|38=100|40=2|44=87.30|60=20261123-09:00:00"
LOGON = "35=A|98=0|108=30"
SECRET = f"{LOGON}|553=SAFE|554=sesam"


def closed_to_strangers() -> Config:
    """The demo venue with accept_unknown off."""
    config = config_of()
    return replace(config, fix=replace(config.fix, accept_unknown=False))


async def refused(served: FixVenue, comp_id: str, *lines: str) -> list[str]:
    """What a new connection that sends these lines gets before the venue closes it."""
    client = await served.another(comp_id).connect()
    client.send(*lines)
    return await client.rest()


async def reasons(served: FixVenue, comp_id: str, *lines: str) -> list[str]:
    """Why the venue closed such a connection without a byte, as its operator reads it, once."""
    with capture_logs() as logs:
        assert await refused(served, comp_id, *lines) == []
    return [str(entry["reason"]) for entry in logs if "reason" in entry]


# Comp ids


async def test_a_stranger_trades_as_a_member_of_that_name(tmp_path: Path) -> None:
    """With accept_unknown, the counterparty is told the new comp id as the member's code."""
    async with serving(tmp_path) as served:
        ava, ens = await served.logged_on("AVA", "ENS")
        ava.send(ORDER.format("A1", 1))
        await ava.receive()
        ens.send(ORDER.format("E1", 2))
        reports = [*await ens.receive_many(2, "11 150 375"), await ava.receive("11 150 375")]
    assert reports == ["11=E1|150=0", "11=E1|150=F|375=AVA", "11=A1|150=F|375=ENS"]


async def test_a_stranger_is_dropped_without_a_byte(tmp_path: Path) -> None:
    """Without accept_unknown only the listed sessions exist; the operator reads why."""
    async with serving(tmp_path, closed_to_strangers()) as served:
        assert await reasons(served, "ENS", LOGON) == ["SenderCompID(49) is not known"]
        assert await served.client("AVA").logon() == "35=A|34=1|98=0|108=30"


async def test_a_session_that_was_open_to_strangers_is_closed_to_them(tmp_path: Path) -> None:
    """A session the log knows but the configuration does not is refused after a restart."""
    async with serving(tmp_path) as served:
        await served.logged_on("ENS")
    async with serving(tmp_path, closed_to_strangers()) as served:
        assert await reasons(served, "ENS", LOGON) == ["session is no longer configured"]


@pytest.mark.parametrize("comp_id", ["A" * 33, "E NS", "Ö", "A/B"])
async def test_a_strange_comp_id_is_no_member(tmp_path: Path, comp_id: str) -> None:
    """A comp id that could not stand in a venue file is not admitted from the wire either."""
    async with serving(tmp_path) as served:
        assert await reasons(served, comp_id, LOGON) == ["SenderCompID(49) is not known"]


async def test_strangers_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every new comp id costs memory for ever, so there is a last one."""
    monkeypatch.setattr(door, "UNKNOWN_SESSIONS_MAX", 2)
    async with serving(tmp_path) as served:
        await served.logged_on("ONE", "TWO")
        assert await refused(served, "THREE", LOGON) == []
        await served.client("ONE").drop()
        await served.until_gone("ONE")
        assert (await served.client("ONE").logon()).startswith("35=A|")


# First messages


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ("35=A|56=PUT|98=0|108=30", "TargetCompID(56) must be PIT"),
        ("35=0", "first message must be a Logon"),
        ("35=5", "first message must be a Logon"),
        (ORDER.format("1", 1), "first message must be a Logon"),
        ("35=A|98=0", "Required tag missing (108)"),
        ("35=A|98=0|108=x", "Incorrect data format for value (108)"),
        ("35=A|98=0|108=-1", "HeartBtInt(108) must be at least 0, was -1"),
        ("35=A|98=1|108=30", "EncryptMethod(98) must be 0, was 1"),
        (
            "35=A|34=2|98=0|108=30|141=Y",
            "MsgSeqNum(34) must be 1 with ResetSeqNumFlag(141)=Y, was 2",
        ),
        ("8=FIX.4.1|35=A|98=0|108=30", "BeginString(8) or form of the first message"),
        ("8=FIX.4.2|35=A|98=0|108=30", "BeginString(8) must be FIX.4.4, was FIX.4.2"),
    ],
)
async def test_a_bad_first_message_ends_the_connection(
    tmp_path: Path, first: str, reason: str
) -> None:
    """Not a byte is answered, no number moves, and the session logs on properly afterwards."""
    config = config_of()
    sessions = tuple(replace(one, begin_string="FIX.4.4") for one in config.sessions)
    async with serving(tmp_path, replace(config, sessions=sessions)) as served:
        assert await reasons(served, "AVA", first) == [reason]
        assert await served.client("AVA").logon() == "35=A|34=1|98=0|108=30"


async def test_a_logon_that_went_before_is_told_so(tmp_path: Path) -> None:
    """A MsgSeqNum(34) too low is past repair, and the peer must learn what is expected."""
    async with serving(tmp_path) as served:
        await served.logged_on("AVA")
        await served.client("AVA").logout()
        assert await refused(served, "AVA", LOGON) == [
            "35=5|34=3|58=MsgSeqNum too low, expecting 3 but received 1"
        ]
        assert await served.client("AVA").logon() == "35=A|34=4|98=0|108=30"


@pytest.mark.parametrize(("seconds", "answer"), [(-121, ""), (-119, "A"), (119, "A"), (121, "")])
async def test_the_logon_is_of_now(tmp_path: Path, seconds: int, answer: str) -> None:
    """SendingTime(52) of the Logon may be 120 s off, either way."""
    clock = HandClock()
    async with serving(tmp_path, clock=clock) as served:
        sending_time = format_utc_timestamp(clock.now() + seconds * 1_000_000_000)
        client = await served.client("AVA").connect()
        client.send(f"35=A|52={sending_time}|98=0|108=30", "35=5")
        assert await client.rest("35") == (["35=A", "35=5"] if answer else [])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [(rb"\x019=\d+", b"\x019=40"), (rb"\x019=\d+", b"\x019=400"), (b"108=30", b"108=31")],
    ids=["length too small", "length too large", "check sum"],
)
async def test_a_garbled_logon_ends_the_connection(
    tmp_path: Path, right: bytes, wrong: bytes
) -> None:
    """A wrong BodyLength(9) or CheckSum(10) in the first message is not waited out."""
    async with serving(tmp_path) as served:
        client = await served.another("AVA").connect()
        # A length that is too large waits for the bytes it announces; here they come.
        after = b"0" * 400 + b"\x0110=000\x01"
        client.send_bytes(re.sub(right, wrong, client.encode(LOGON)) + after)
        assert await client.rest() == []
        assert await served.client("AVA").logon() == "35=A|34=1|98=0|108=30"


async def test_the_second_logon_is_dropped_and_the_first_lives(tmp_path: Path) -> None:
    """One connection a session: the impostor gets nothing, the owner notices nothing."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        assert await reasons(served, "AVA", LOGON) == ["session is already connected"]
        ava.send("35=1|112=still here")
        assert await ava.receive() == "35=0|34=2|112=still here"


async def test_connections_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit a connection is closed at once; when another ends there is room again."""
    monkeypatch.setattr(acceptor, "CONNECTIONS_MAX", 2)
    async with serving(tmp_path) as served:
        await served.logged_on("AVA", "NON")
        assert await (await served.another("SHB").connect()).rest() == []
        await served.client("NON").drop()
        await served.until_connections(1)
        assert (await served.client("SHB").logon()).startswith("35=A|")


async def test_the_oldest_stranger_makes_room(tmp_path: Path) -> None:
    """Of 257 connections that say nothing the first goes; a session and later ones stay."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        with capture_logs() as logs:
            strangers = [await served.another("NON").connect() for _ in range(STRANGERS_MAX)]
            await served.until_connections(STRANGERS_MAX + 1)
            assert logs == []
            newest = await served.another("NON").connect()
            assert await strangers[0].rest() == []
        assert [entry["reason"] for entry in logs] == ["made room for another connection"]
        await served.until_connections(STRANGERS_MAX + 1)
        assert await newest.logon() == "35=A|34=1|98=0|108=30"
        # Now there is room again, and nobody goes.
        await served.another("SHB").connect()
        await served.until_connections(STRANGERS_MAX + 2)
        strangers[1].comp_id = "SEB"
        assert await strangers[1].logon() == "35=A|34=1|98=0|108=30"
        assert await ava.so_far() == []


async def test_who_proves_itself_makes_room_for_nobody(tmp_path: Path) -> None:
    """While its password is checked a connection is not pushed out by those that say nothing."""
    async with serving(tmp_path, with_password()) as served:
        executor = HeldExecutor.of(served)
        safe = await served.client("SAFE").connect()
        safe.send(SECRET)
        await served.until(lambda: executor.waiting == 1)
        for _ in range(STRANGERS_MAX + 1):
            await served.another("NON").connect()
        await served.until_connections(STRANGERS_MAX + 1)
        executor.answer()
        assert await safe.receive() == "35=A|34=1|98=0|108=30"


# Passwords


async def test_the_right_password_logs_on(tmp_path: Path) -> None:
    """Username(553) is the comp id, Password(554) the secret; then all is as without one."""
    async with serving(tmp_path, with_password()) as served:
        safe = served.client("SAFE")
        assert await safe.logon(SECRET.removeprefix("35=A|")) == "35=A|34=1|98=0|108=30"
        safe.send("35=1|112=in")
        assert await safe.receive() == "35=0|34=2|112=in"


@pytest.mark.parametrize(
    "credentials",
    [
        "553=SAFE|554=sesan",
        "553=SAFE",
        "554=sesan",
        "553=AVA|554=sesam",
        "553=safe|554=sesam",
        "95=5|96=sesan",
        "",
    ],
)
async def test_a_wrong_password_gets_a_logout(tmp_path: Path, credentials: str) -> None:
    """It does not say what was wrong, and no sequence number moves on either side."""
    async with serving(tmp_path, with_password()) as served:
        wrong = await refused(served, "SAFE", f"{LOGON}|{credentials}")
        right = await served.client("SAFE").logon(SECRET.removeprefix("35=A|"))
    assert [wrong, right] == [["35=5|34=1|58=logon refused"], "35=A|34=1|98=0|108=30"]


async def test_a_wrong_password_cannot_reset_the_numbers(tmp_path: Path) -> None:
    """ResetSeqNumFlag(141) of a peer that proved nothing is not acted on."""
    async with serving(tmp_path, with_password()) as served:
        safe = served.client("SAFE")
        await safe.logon(SECRET.removeprefix("35=A|"))
        assert await safe.logout() == ["35=5|34=2"]
        assert await refused(served, "SAFE", f"{LOGON}|141=Y|553=SAFE|554=x") == [
            "35=5|34=3|58=logon refused"
        ]
        assert await safe.logon(SECRET.removeprefix("35=A|")) == "35=A|34=3|98=0|108=30"


async def test_a_source_is_locked_out_and_another_is_not(tmp_path: Path) -> None:
    """After three wrong passwords the right one is refused from there, and let in elsewhere."""
    clock = HandClock()
    async with serving(tmp_path, with_password(), clock=clock) as served:
        for _ in range(3):
            assert len(await refused(served, "SAFE", f"{LOGON}|554=wrong")) == 1
        assert await refused(served, "SAFE", SECRET) == ["35=5|34=1|58=logon refused"]
        elsewhere = served.client("SAFE").coming_from("127.0.0.2")
        assert await elsewhere.logon(SECRET.removeprefix("35=A|")) == "35=A|34=1|98=0|108=30"
        await elsewhere.logout()
        clock.advance(1)
        elsewhere.coming_from("127.0.0.1")
        assert await elsewhere.logon(SECRET.removeprefix("35=A|")) == "35=A|34=3|98=0|108=30"


async def test_a_newcomer_replaces_the_connection_that_was_there(tmp_path: Path) -> None:
    """With duplicate_logon = "replace": the old one hears why and ends, its orders go as set."""
    config = config_of()
    sessions = tuple(replace(one, cancel_on_disconnect="day") for one in config.sessions)
    fix = replace(config.fix, duplicate_logon="replace")
    async with serving(tmp_path, replace(config, fix=fix, sessions=sessions)) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send(ORDER.format("1", 1))
        assert await ava.receive("11 150") == "11=1|150=0"
        newcomer = served.another("AVA")
        newcomer.next_out = 3
        assert await newcomer.logon() == "35=A|34=4|98=0|108=30"
        assert await ava.rest() == ["35=5|34=3|58=another connection logged on to this session"]
        newcomer.send("35=2|34=4|7=3|16=3")
        assert await newcomer.receive("34 43 11 150 58") == (
            "34=3|43=Y|11=1|150=4|58=session disconnected"
        )


async def test_what_comes_behind_the_logon_waits_for_the_password(tmp_path: Path) -> None:
    """Messages in the Logon's segment and in a later one are taken once the session is on."""
    async with serving(tmp_path, with_password()) as served:
        safe = await served.client("SAFE").connect()
        safe.send(SECRET, ORDER.format("1", 1))
        await asyncio.sleep(0)
        safe.send("35=1|112=behind")
        assert await safe.receive_many(3, "35 34 11 112") == [
            "35=A|34=1",
            "35=8|34=2|11=1",
            "35=0|34=3|112=behind",
        ]


async def test_of_two_right_logons_at_once_one_gets_on(tmp_path: Path) -> None:
    """Both passwords are being checked at the same time; the later is dropped without a byte."""
    async with serving(tmp_path, with_password()) as served:
        first = await served.another("SAFE").connect()
        second = await served.another("SAFE").connect()
        first.send(SECRET)
        second.send(SECRET)
        answers = await asyncio.gather(first.receive(), second.receive(), return_exceptions=True)
        assert sorted(map(str, answers)) == [
            "35=A|34=1|98=0|108=30",
            "SAFE: the venue closed the connection",
        ]


async def test_a_peer_that_leaves_while_its_password_is_checked(tmp_path: Path) -> None:
    """Its Logon counts as that of anybody who leaves at once, and it may come again."""
    async with serving(tmp_path, with_password()) as served:
        safe = served.client("SAFE")
        for _ in range(3):
            await safe.connect()
            await served.until_connections(1)
            safe.send(SECRET)
            await safe.drop()
            await served.until_connections(0)
        assert await safe.logon(SECRET.removeprefix("35=A|")) == "35=A|34=4|98=0|108=30"


async def test_a_bug_behind_a_password_ends_the_venue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong after the check is not lost in a task: the venue stops, as for any bug."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    async with serving(tmp_path, with_password()) as served:
        served.planted_bug = ZeroDivisionError
        monkeypatch.setattr(served.venue._application, "attached", broken)
        assert await refused(served, "SAFE", SECRET) == []
