"""One crash at a time: what a restart finds, and what it says about it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.support import logs, wire
from tests.support.process import Client, VenueProcess, start_and_kill


@pytest.fixture
def ava() -> Iterator[Client]:
    """A member whose numbers outlive the venue."""
    with Client("AVA") as client:
        yield client


def working(client: Client) -> list[str]:
    """The ClOrdIDs of its working orders, oldest first."""
    client.send("AF", [(584, "ALL"), (585, "7")])
    answers = client.until(lambda message: message.get(912) == "Y")
    return [answer[11] for answer in answers if answer.get(584) == "ALL" and 11 in answer]


def test_a_torn_log_starts_with_what_was_whole(tmp_path: Path, ava: Client) -> None:
    """Some bytes cut off after a kill: the last order is gone with them, nothing else is.

    The ready line says how many commands were recovered, stderr how many bytes were torn. (Here the
    last order had been acknowledged: only a test can tear a log that far back.)
    """
    with VenueProcess(tmp_path / "0") as venue:
        ava.logon(venue.port)
        for cl_ord_id in ("A1", "A2", "A3"):
            ava.send("D", wire.order(cl_ord_id, "2", 100, "87.30"))
            ava.reports(1)
        venue.kill()
    records = len(logs.read(tmp_path / "0" / "log"))
    ends = logs.frame_ends(logs.segments(tmp_path / "0" / "log")[-1])
    for cut in (1, ends[-1] - ends[-2] - 1):
        folder = tmp_path / f"cut {cut}"
        shutil.copytree(tmp_path / "0", folder)
        newest = logs.segments(folder / "log")[-1]
        newest.write_bytes(newest.read_bytes()[:-cut])
        with VenueProcess(folder) as venue:
            ava.logon(venue.port, reset=True)
            torn = f'"bytes": {ends[-1] - ends[-2] - cut}, "event": "log.torn_tail"'
            assert (working(ava), venue.ready["recovered_commands"], torn in venue.stderr()) == (
                ["A1", "A2"],
                records - 1,
                True,
            )


def test_after_a_reset_and_a_crash_numbers_go_on_from_the_reset(
    tmp_path: Path, ava: Client
) -> None:
    """141=Y, one order, kill: the numbers and what can be resent are those after the reset."""
    with VenueProcess(tmp_path) as venue:
        ava.logon(venue.port)
        for number in range(5):
            ava.send("D", wire.order(f"OLD{number}", "2", 100, "87.30"))
        ava.reports(5)
        ava.logout()
        ava.logon(venue.port, reset=True)
        ava.send("D", wire.order("NEW", "2", 100, "87.30"))
        ava.reports(1)
        venue.kill()
        ava.until_closed()
    with VenueProcess(tmp_path) as venue:
        answer = ava.logon(venue.port)
        ava.send("2", [(7, 1), (16, 0)])
        resent = [ava.take().text(35, 34, 43, 36, 11) for _ in range(3)]
        assert (answer.text(34, 141), resent, ava.asked_again, len(working(ava))) == (
            "34=3",
            ["35=4|34=1|43=Y|36=2", "35=8|34=2|43=Y|11=NEW", "35=4|34=3|43=Y|36=4"],
            [],
            6,
        )


def test_an_in_session_reset_survives_a_crash(tmp_path: Path, ava: Client) -> None:
    """The same, asked for by a Logon inside the session, which is answered by number 1."""
    with VenueProcess(tmp_path) as venue:
        ava.logon(venue.port)
        ava.send("D", wire.order("OLD", "2", 100, "87.30"))
        ava.reports(1)
        ava.begin_again()
        ava.send("A", [(98, "0"), (108, 30), (141, "Y")])
        first = ava.take().text(35, 34, 141)
        ava.sync()
        venue.kill()
        ava.until_closed()
    with VenueProcess(tmp_path) as venue:
        found = first, ava.logon(venue.port).text(35, 34), ava.asked_again
        assert found == ("35=A|34=1|141=Y", "35=A|34=3", [])


def test_numbers_used_by_admin_messages_survive_a_crash(tmp_path: Path, ava: Client) -> None:
    """Heartbeats, questions, resends, gap fills and refused messages count as they did before."""
    with VenueProcess(tmp_path) as venue:
        ava.logon(venue.port)
        ava.send("0")
        ava.send("1", [(112, "HELLO")])
        ava.send("D", wire.order("A1", "2", 100, "87.30"))
        ava.send("2", [(7, 1), (16, 0)])
        ava.send("D", [(11, "NO SYMBOL")])
        ava.send("4", [(36, ava.next_out + 10), (123, "Y")])
        ava.next_out += 9
        ava.send("B", [(148, "NEWS")])
        ava.sync()
        due = ava.next_out, ava.next_in
        venue.kill()
        ava.until_closed()
    with VenueProcess(tmp_path) as venue:
        answer = ava.logon(venue.port)
        ava.sync()
        assert (due, answer.seq, ava.asked_again, working(ava)) == (
            (19, 7),
            due[1],
            [],
            ["A1"],
        )


def test_what_a_member_missed_while_it_was_away_comes_after_a_crash(
    tmp_path: Path, ava: Client
) -> None:
    """Its order is filled, the venue dies before it comes back: the fill is resent, once."""
    with Client("NON") as non:
        with VenueProcess(tmp_path) as venue:
            ava.logon(venue.port)
            ava.send("D", wire.order("A1", "2", 100, "87.30"))
            ava.reports(1)
            ava.close()
            non.logon(venue.port)
            non.send("D", wire.order("N1", "1", 60, "87.30"))
            fill = non.reports(2)[1]
            venue.kill()
        with VenueProcess(tmp_path) as venue:
            answer = ava.logon(venue.port)
            ava.send("2", [(7, 3), (16, 0)])
            resent = ava.reports(1)[0]
            assert (answer.seq, resent.text(34, 43, 11, 150, 32, 151), resent[527]) == (
                4,
                "34=3|43=Y|11=A1|150=F|32=60|151=40",
                fill[527],
            )


def test_a_venue_killed_while_it_starts_starts_again(tmp_path: Path, ava: Client) -> None:
    """At any moment of the start, several times over: nothing changes."""
    random = Random(4)
    with VenueProcess(tmp_path) as venue:
        ava.logon(venue.port)
        ava.send("D", wire.order("A1", "2", 100, "87.30"))
        ava.reports(1)
        venue.kill()
        ava.until_closed()
    for _ in range(6):
        start_and_kill(tmp_path, random.uniform(0.15, 0.45))
    with VenueProcess(tmp_path) as venue:
        found = ava.logon(venue.port).seq, ava.asked_again, working(ava)
        assert found == (3, [], ["A1"])
        assert len(logs.segments(tmp_path / "log")) <= 2


def test_a_restart_without_traffic_changes_nothing(tmp_path: Path) -> None:
    """The same number of commands each time; clean stops leave no heap of files."""
    recovered, files = [], []
    for _ in range(3):
        with VenueProcess(tmp_path) as venue:
            recovered.append(venue.ready["recovered_commands"])
            assert venue.stop() == 0
        files.append(len(list((tmp_path / "log").iterdir())))
    assert (recovered[0], recovered[1] - recovered[2], files[1] - files[2]) == (0, 0, 0)
