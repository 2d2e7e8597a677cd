"""The one exit: nothing leaves before its command is durable, and everything leaves in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.config import SessionConfig, demo
from tests.support import wire
from tests.support.machine import Line, Machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """The demo venue in memory."""
    machine = Machine(tmp_path)
    machine.begin()
    yield machine
    machine.close()


def on(machine: Machine, comp_id: str) -> Line:
    """A client that has been logged on."""
    line = machine.logon(comp_id)
    machine.turn()
    assert line.tape(34) == ["35=A|34=1"]
    return line


def test_nothing_leaves_before_it_is_durable(machine: Machine) -> None:
    """Each turn's output waits for the last record of that turn, not for the first."""
    ava = on(machine, "AVA")
    tapes, seqs = [], []
    for number in (1, 2, 3):
        machine.send("AVA", "D", wire.order(f"A{number}", "2", 100, "87.30"))
        machine.send("AVA", "D", wire.order(f"B{number}", "2", 100, "87.30"))
        machine.end_turn()
        seqs.append(machine.log.last_seq)
    for seq in range(seqs[0] - 2, seqs[2] + 1):
        machine.durable(seq)
        tapes.append((seq, ava.tape(11)))
    first, second, third = seqs
    assert [entry for entry in tapes if entry[1]] == [
        (first, ["35=8|11=A1", "35=8|11=B1"]),
        (second, ["35=8|11=A2", "35=8|11=B2"]),
        (third, ["35=8|11=A3", "35=8|11=B3"]),
    ]


def test_all_that_became_durable_leaves_at_once_in_order(machine: Machine) -> None:
    """A late disk releases several turns, one write for each session and turn."""
    ava, non = on(machine, "AVA"), on(machine, "NON")
    writes = ava.writes, non.writes
    machine.send("AVA", "D", wire.order("A1", "2", 100, "87.30"))
    machine.end_turn()
    machine.send("NON", "D", wire.order("N1", "1", 60, "87.30"))
    machine.send("NON", "D", wire.order("N2", "1", 60, "87.30"))
    machine.end_turn()
    machine.durable()
    assert (
        ava.tape(34, 11, 150, 32),
        non.tape(34, 11, 150, 32),
        (ava.writes - writes[0], non.writes - writes[1]),
    ) == (
        [
            "35=8|34=2|11=A1|150=0",
            "35=8|34=3|11=A1|150=F|32=60",
            "35=8|34=4|11=A1|150=F|32=40",
        ],
        [
            "35=8|34=2|11=N1|150=0",
            "35=8|34=3|11=N1|150=F|32=60",
            "35=8|34=4|11=N2|150=0",
            "35=8|34=5|11=N2|150=F|32=40",
        ],
        (2, 1),
    )


def test_what_is_already_durable_does_not_wait(machine: Machine) -> None:
    """A turn without records (a resend) leaves at its end."""
    ava = on(machine, "AVA")
    machine.session("AVA").out.ask_resend(1, 0)
    machine.session("AVA").out.continue_resend(machine.now)
    machine.end_turn()
    assert ava.tape(34, 36, 123) == ["35=4|34=1|36=2|123=Y"]


def test_admin_answers_wait_for_their_numbers(machine: Machine) -> None:
    """A heartbeat uses a number up: it may not be seen before that is durable."""
    ava = on(machine, "AVA")
    machine.send("AVA", "1", [(112, "HELLO")])
    machine.end_turn()
    before = ava.tape()
    machine.durable()
    assert (before, ava.tape(34, 112)) == ([], ["35=0|34=2|112=HELLO"])


def test_an_answer_without_an_event_waits_too(machine: Machine) -> None:
    """A type that is not served: `j`, numbered like a report and kept for resending."""
    ava = on(machine, "AVA")
    machine.send("AVA", "B", [(148, "NEWS")])
    machine.send("AVA", "D", wire.order("A1", "2", 100, "87.30"))
    machine.end_turn()
    before = ava.tape()
    machine.durable()
    assert (before, ava.tape(34, 45)) == ([], ["35=j|34=2|45=2", "35=8|34=3"])
    kept = machine.session("AVA").out.sent.get(2)
    assert kept is not None
    assert wire.read(kept)[0].text(35, 34, 45) == "35=j|34=2|45=2"


def test_a_connection_is_closed_after_what_was_written(machine: Machine) -> None:
    """The answer to a Logout leaves first, and both wait for the log."""
    ava = on(machine, "AVA")
    machine.send("AVA", "D", wire.order("A1", "2", 100, "87.30"))
    machine.send("AVA", "5")
    machine.end_turn()
    before = ava.tape()
    machine.durable()
    assert (before, ava.tape(34)) == ([], ["35=8|34=2", "35=5|34=3", "closed"])


def test_a_close_without_words_waits_for_the_words_before(machine: Machine) -> None:
    """A peer given up in a later turn still gets what was promised earlier."""
    ava = on(machine, "AVA")
    machine.send("AVA", "D", wire.order("A1", "2", 100, "87.30"))
    machine.end_turn()
    machine.session("AVA").wants_close = True
    machine.publisher.collect([machine.session("AVA")], machine.log.last_seq, machine.now)
    before = ava.tape()
    machine.durable()
    assert (before, ava.tape()) == ([], ["35=8", "closed"])


def test_reports_for_a_session_without_connection_are_numbered_and_kept(machine: Machine) -> None:
    """Its fill waits until it asks; the next Logon's number tells of it."""
    on(machine, "AVA")
    machine.send("AVA", "D", wire.order("A1", "2", 100, "87.30", _59="1"))
    machine.turn()
    machine.drop("AVA")
    on(machine, "NON")
    machine.send("NON", "D", wire.order("N1", "1", 60, "87.30"))
    machine.turn()
    ava = machine.logon("AVA")
    machine.send("AVA", "2", [(7, 2), (16, 0)])
    machine.turn()
    assert ava.tape(34, 43, 11, 150, 36) == [
        "35=A|34=4",
        "35=8|34=2|43=Y|11=A1|150=0",
        "35=8|34=3|43=Y|11=A1|150=F",
        "35=4|34=4|43=Y|36=5",
    ]


def test_what_was_held_for_an_old_connection_stays_with_it(machine: Machine) -> None:
    """A client that comes back before the disk answered gets nothing out of turn."""
    old = on(machine, "AVA")
    machine.send("AVA", "D", wire.order("A1", "2", 100, "87.30"))
    machine.end_turn()
    machine.drop("AVA")
    new = machine.logon("AVA")
    machine.end_turn()
    machine.durable()
    assert (old.tape(34), new.tape(34)) == (["35=8|34=2"], ["35=A|34=4"])


def test_a_session_that_says_nothing_writes_nothing(machine: Machine) -> None:
    """Named as talking, but its outbox is empty and it stays open."""
    ava = on(machine, "AVA")
    machine.publisher.collect([machine.session("AVA")], machine.log.last_seq, machine.now)
    machine.durable()
    assert ava.tape() == []


def test_a_session_without_connection_is_passed_over(machine: Machine) -> None:
    """Named as talking after its connection went: nothing to write to."""
    on(machine, "AVA")
    machine.send("AVA", "1", [(112, "HELLO")])
    machine.drop("AVA")
    machine.turn()
    assert machine.publisher.unread(machine.session("AVA")) == 0


def test_what_a_peer_has_not_taken_is_told(machine: Machine) -> None:
    """The connection of the moment knows."""
    ava = on(machine, "AVA")
    ava.not_taken = 17
    assert machine.publisher.unread(machine.session("AVA")) == 17


def test_a_held_turn_puts_the_next_heartbeat_off(machine: Machine) -> None:
    """Output counts as sent when the turn ends, so that a slow disk causes no heartbeats."""
    on(machine, "AVA")
    first = machine.session("AVA").next_deadline()
    machine.now += 20 * 1_000_000_000
    machine.send("AVA", "1", [(112, "HELLO")])
    machine.end_turn()
    second = machine.session("AVA").next_deadline()
    assert first is not None
    assert second == first + 20 * 1_000_000_000


@pytest.mark.parametrize(
    ("digits", "length"), [(0, 17), (3, 21), (6, 24), (9, 27)], ids=["s", "ms", "us", "ns"]
)
def test_times_are_as_wide_as_each_session_has_them(
    tmp_path: Path, digits: int, length: int
) -> None:
    """SendingTime and TransactTime of a report, while the other side of the trade has its own."""
    config = demo()
    sessions = tuple(
        replace(one, time_digits=digits) if one.comp_id == "AVA" else one for one in config.sessions
    )
    machine = Machine(tmp_path, replace(config, sessions=sessions))
    machine.now += 123_456_789
    machine.begin()
    ava, non = on(machine, "AVA"), on(machine, "NON")
    machine.send("AVA", "D", wire.order("A1", "2", 100, "87.30"))
    machine.send("NON", "D", wire.order("N1", "1", 100, "87.30"))
    machine.turn()
    machine.close()
    widths = [{len(m[52]), len(m[60])} for line in (ava, non) for m in line.received]
    assert widths == [{length}, {length}, {21}, {21}]
    assert ava.received[0][52] == ava.received[0][60]


def test_replies_are_as_wide_too(tmp_path: Path) -> None:
    """What follows from no event, by the same clock."""
    config = demo()
    sessions = tuple(replace(one, time_digits=6) for one in config.sessions)
    machine = Machine(tmp_path, replace(config, sessions=sessions))
    machine.now += 123_456_789
    machine.begin()
    ava = on(machine, "AVA")
    machine.send("AVA", "B", [(148, "hello")])
    machine.turn()
    machine.close()
    (reply,) = ava.received
    assert (reply.type, reply[52][-7:]) == ("j", ".123456")


def test_copies_are_numbered_and_kept_beside_the_originals(tmp_path: Path) -> None:
    """A drop-copy session that was never there has every report of its member."""
    config = demo()
    copy = SessionConfig(comp_id="COPY", member="AVA", role="drop-copy")
    machine = Machine(tmp_path, replace(config, sessions=(*config.sessions, copy)))
    machine.begin()
    ava = on(machine, "AVA")
    machine.send("AVA", "D", wire.order("A1", "2", 100, "87.30"))
    machine.turn()
    out = machine.session("COPY").out
    kept = [out.sent.get(seq) for seq in range(1, out.next_out)]
    machine.close()
    (original,) = ava.received
    (data,) = kept
    assert data is not None
    (mine,) = wire.read(data)
    assert (mine.seq, mine[115], mine[56]) == (1, "AVA", "COPY")
    ignored = {9, 10, 34, 56, 115}
    assert {t: v for t, v in mine.items() if t not in ignored} == {
        t: v for t, v in original.items() if t not in ignored
    }
