"""Which sessions exist, and what a replay makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.config import Config, SessionConfig, demo
from gateway.log.records import SessionNumbers, SessionOpened
from tests.support import wire
from tests.support.machine import START, Machine

DAY = SessionConfig(comp_id="AVA", member="AVA", begin_string="FIX.4.4", reset="on_logon")
OTHER = SessionConfig(comp_id="NON7", member="NON")
AVA, NON7 = SessionOpened("AVA", "AVA"), SessionOpened("NON7", "NON")


def configured(*sessions: SessionConfig, accept_unknown: bool = False) -> Config:
    """The demo venue with these sessions only."""
    config = demo()
    fix = replace(config.fix, accept_unknown=accept_unknown)
    return replace(config, sessions=sessions, fix=fix)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A venue with two configured sessions, nothing known yet."""
    machine = Machine(tmp_path / "first", configured(DAY, OTHER))
    yield machine
    machine.close()


def test_configured_sessions_are_opened_once(machine: Machine) -> None:
    """What the log knows already is not opened again."""
    before = machine.sessions.unsaid()
    machine.sessions.open(AVA)
    assert (before, machine.sessions.unsaid()) == ([AVA, NON7], [NON7])


def test_a_session_that_is_configured_anew_is_said_again(machine: Machine) -> None:
    """Another member or role than the log has is news."""
    machine.sessions.open(SessionOpened("NON7", "FORMER"))
    machine.sessions.open(replace(AVA, role="drop-copy"))
    assert machine.sessions.unsaid() == [AVA, NON7]


def test_a_configured_session_is_made_as_configured(machine: Machine) -> None:
    """Its member is the configuration's, whatever the log remembers."""
    session = machine.sessions.open(SessionOpened("NON7", "FORMER"))
    settings = machine.sessions.open(AVA).fix.settings
    assert (session.config, session.sender.member, session.admitted, settings.reset_on_logon) == (
        OTHER,
        "NON",
        True,
        True,
    )


@pytest.mark.parametrize("accept_unknown", [False, True])
def test_a_session_that_is_not_configured_is_admitted_if_all_are(
    tmp_path: Path, *, accept_unknown: bool
) -> None:
    """It exists either way, with its orders; whether it may log on is another matter."""
    machine = Machine(tmp_path, configured(DAY, accept_unknown=accept_unknown))
    session = machine.sessions.open(SessionOpened("GONE", "GON"))
    machine.close()
    assert (session.admitted, session.sender.member, session.config.cancel_on_disconnect) == (
        accept_unknown,
        "GON",
        "none",
    )


def test_connected_sessions_are_told(tmp_path: Path) -> None:
    """Those with a connection, no others."""
    machine = Machine(tmp_path)
    machine.begin()
    machine.logon("NON")
    machine.close()
    assert [fix.comp_id for fix in machine.sessions.connected()] == ["NON"]


@pytest.mark.parametrize(
    ("resets", "kept"), [(0, [None, b"first", b"second"]), (1, [None, None, None])]
)
def test_numbers_are_restored_and_a_reset_forgets_what_was_sent(
    machine: Machine, resets: int, kept: list[bytes | None]
) -> None:
    """The same count of resets keeps the messages, a new one does not."""
    fix = machine.sessions.open(AVA).fix
    fix.out.sent.append(2, b"first")
    fix.out.sent.append(3, b"second")
    machine.sessions.restore(SessionNumbers("AVA", 5, 9, resets), START)
    machine.sessions.restore_next_in("AVA", 6)
    assert (fix.next_in, fix.out.next_out, fix.resets) == (6, 9, resets)
    assert [fix.out.sent.get(seq) for seq in (1, 2, 3)] == kept


def test_after_a_reset_and_a_crash_only_what_came_after_can_be_resent(tmp_path: Path) -> None:
    """The numbers and the resend store of a replay are those after the reset."""
    live = Machine(tmp_path / "live")
    live.begin()
    live.logon("AVA")
    for number in range(5):
        live.send("AVA", "D", wire.order(f"OLD{number}", "2", 100, "87.30"))
    live.drop("AVA")
    live.logon("AVA", reset=True)
    live.send("AVA", "D", wire.order("NEW", "2", 100, "87.30"))
    live.turn()
    again = Machine(tmp_path / "again")
    again.replay(live.log.records)
    again.next_out("AVA", 3)
    line = again.logon("AVA")
    again.send("AVA", "2", [(7, 1), (16, 0)])
    again.turn()
    live.close()
    again.close()
    assert line.tape(34, 43, 36, 11) == [
        "35=A|34=3",
        "35=4|34=1|43=Y|36=2",
        "35=8|34=2|43=Y|11=NEW",
        "35=4|34=3|43=Y|36=4",
    ]
