"""Which sessions exist, and what a replay makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.config import Config, SessionConfig, demo
from gateway.log.records import (
    Note,
    PasswordChanged,
    SessionNumbers,
    SessionOpened,
    SessionState,
)
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


# Roles, versions, states


COPY = SessionConfig(comp_id="AVAC", member="AVA", role="drop-copy", begin_string="FIXT.1.1")


@pytest.fixture
def copying(tmp_path: Path) -> Iterator[Machine]:
    """AVA with a drop-copy session, NON7 without; all are known."""
    machine = Machine(tmp_path / "copying", configured(DAY, OTHER, COPY))
    machine.begin()
    yield machine
    machine.close()


def test_a_session_speaks_what_it_is_configured_for_before_its_first_logon(
    copying: Machine,
) -> None:
    """FIX 4.4 where any version will do: reports may come before anybody logs on."""
    names = {c: s.fix.version.name for c, s in copying.sessions.by_comp_id.items()}
    assert names == {"AVA": "FIX.4.4", "NON7": "FIX.4.4", "AVAC": "FIX.5.0SP2"}


def test_copies_go_to_the_sessions_of_the_same_member(copying: Machine) -> None:
    """And end when the drop-copy session is removed; being suspended only keeps it out."""
    sessions = copying.sessions
    assert sessions.copies == {"AVA": ("AVAC",)}
    sessions.change_state(SessionState("AVAC", "suspended"))
    assert sessions.copies == {"AVA": ("AVAC",)}
    sessions.change_state(SessionState("AVAC", "removed"))
    assert sessions.copies == {}
    sessions.open(SessionOpened("AVAC", "AVA", "drop-copy"))
    assert sessions.copies == {"AVA": ("AVAC",)}
    assert sessions.by_comp_id["AVAC"].state == "active"
    sessions.open(SessionOpened("AVAC", "NON", "drop-copy"))
    assert sessions.copies == {"NON7": ("AVAC",)}
    sessions.open(SessionOpened("AVAC", "NON"))
    assert sessions.copies == {}


def test_the_writer_and_the_sessions_share_their_copies(copying: Machine) -> None:
    """The same dict, whatever is added later."""
    copies, outgoing = copying.sessions.copies, copying.sessions.outgoing
    copying.define(SessionOpened("NONC", "NON", "drop-copy"))
    assert copying.sessions.copies is copies
    assert copying.sessions.outgoing is outgoing
    assert copies == {"AVA": ("AVAC",), "NON7": ("NONC",)}


def test_a_session_that_was_added_has_its_settings_in_the_log(machine: Machine) -> None:
    """It is admitted without the venue file, which prevails once it speaks of it."""
    config = SessionConfig(
        comp_id="NEW1", member="NEW", throttle=5, time_digits=6, may_reset=False, password_scrypt=A
    )
    entry = SessionOpened("NEW1", "NEW", "order-entry", "FIX.4.2", config)
    machine.sessions.restore(entry, START)
    session = machine.sessions.by_comp_id["NEW1"]
    settings = session.fix.settings
    assert (session.admitted, session.added, session.hashed) == (True, True, A)
    assert (settings.time_digits, settings.may_reset) == (6, False)
    assert (session.fix.version.name, session.fix.reset_at) == ("FIX.4.2", START)
    assert session.throttle is not None
    assert machine.sessions.is_configured("NEW1") is False
    machine.sessions.reconfigure([DAY, SessionConfig(comp_id="NEW1", member="NEW")])
    after = machine.sessions.by_comp_id["NEW1"]
    assert (after.added, after.hashed, after.throttle) == (False, "", None)
    assert session.fix.settings.time_digits == 3


def test_what_the_file_says_anew_is_told_and_holds(machine: Machine) -> None:
    """Changed, new and missing comp ids; a missing one is not admitted any more."""
    machine.begin()
    new = SessionConfig(comp_id="SHB9", member="SHB")
    changed = replace(OTHER, resend_messages_max=7, throttle=3)
    assert sorted(machine.sessions.reconfigure([changed, new])) == ["AVA", "NON7", "SHB9"]
    by_comp_id = machine.sessions.by_comp_id
    assert (by_comp_id["AVA"].admitted, by_comp_id["NON7"].admitted) == (False, True)
    assert by_comp_id["NON7"].fix.settings.resend_messages_max == 7
    assert machine.sessions.unsaid() == [SessionOpened("SHB9", "SHB")]
    assert machine.sessions.reconfigure([changed, new]) == []


# Passwords


A, B, C = "scrypt$a", "scrypt$b", "scrypt$c"


def with_hash(hashed: str) -> SessionConfig:
    """NON7 with this hash in the venue file."""
    return replace(OTHER, password_scrypt=hashed)


@pytest.mark.parametrize(
    ("in_file", "holds"), [(A, C), (B, B), ("", "")], ids=["as before", "another", "none"]
)
def test_a_changed_password_holds_while_the_file_says_the_same(
    tmp_path: Path, in_file: str, holds: str
) -> None:
    """What the operator puts into the file since then prevails."""
    machine = Machine(tmp_path, configured(DAY, with_hash(in_file)))
    machine.sessions.restore(NON7, START)
    machine.sessions.restore(PasswordChanged("NON7", C, A), START)
    assert machine.sessions.by_comp_id["NON7"].hashed == holds
    machine.close()


def test_a_changed_password_outlives_other_changes(tmp_path: Path) -> None:
    """Another role in the log, another key in the file; not another hash."""
    machine = Machine(tmp_path, configured(DAY, with_hash(A)))
    session = machine.sessions.open(NON7)
    machine.sessions.change_password(PasswordChanged("NON7", C, A))
    machine.sessions.open(replace(NON7, role="drop-copy"))
    assert session.hashed == C
    machine.sessions.reconfigure([DAY, replace(with_hash(A), throttle=3)])
    assert session.hashed == C
    machine.sessions.reconfigure([DAY, with_hash(B)])
    assert session.hashed == B
    machine.close()


def test_a_session_that_is_added_again_has_the_password_it_is_added_with(
    machine: Machine,
) -> None:
    """What its predecessor of the same name had chosen is not that of its successor."""
    config = SessionConfig(comp_id="NEW1", member="NEW", password_scrypt=A)
    entry = SessionOpened("NEW1", "NEW", settings=config)
    machine.sessions.restore(entry, START)
    machine.sessions.restore(PasswordChanged("NEW1", C, A), START)
    machine.sessions.restore(SessionState("NEW1", "removed"), START)
    assert machine.sessions.by_comp_id["NEW1"].hashed == C
    machine.sessions.restore(entry, START)
    assert machine.sessions.by_comp_id["NEW1"].hashed == A


# Numbers


def test_the_version_of_a_session_is_restored(machine: Machine) -> None:
    """As its numbers say; older records say nothing of it."""
    fix = machine.sessions.open(AVA).fix
    machine.sessions.restore(SessionNumbers("AVA", 2, 2, 1, "FIX.4.2"), START)
    assert fix.version.name == "FIX.4.2"
    machine.sessions.restore(SessionNumbers("AVA", 3, 3, 1, ""), START)
    assert (fix.version.name, fix.out.style.version) == ("FIX.4.2", "FIX.4.2")
    machine.sessions.restore(SessionNumbers("AVA", 2, 2, 2, "FIX.5.0SP2"), START)
    assert (fix.version.name, fix.next_in, fix.out.next_out) == ("FIX.5.0SP2", 2, 2)


def test_when_numbers_began_again_is_restored(machine: Machine) -> None:
    """First when the session came to be, then with each reset; another role is none."""
    machine.sessions.restore(AVA, START)
    fix = machine.sessions.by_comp_id["AVA"].fix
    moments = [fix.reset_at]
    entries: list[Note] = [
        SessionNumbers("AVA", 2, 2, 0),
        SessionNumbers("AVA", 2, 2, 1),
        SessionNumbers("AVA", 3, 3, 1),
        SessionOpened("AVA", "AVA", "drop-copy"),
    ]
    for i, entry in enumerate(entries):
        machine.sessions.restore(entry, START + 1 + i)
        moments.append(fix.reset_at)
    assert moments == [START, START, START + 2, START + 2, START + 2]


def test_a_suspended_session_stays_so_when_it_is_said_anew(machine: Machine) -> None:
    """Another role in the venue file is no reason to let it in; only `removed` ends by adding."""
    session = machine.sessions.open(AVA)
    machine.sessions.change_state(SessionState("AVA", "suspended"))
    machine.sessions.open(replace(AVA, role="drop-copy"))
    suspended = session.state
    machine.sessions.change_state(SessionState("AVA", "removed"))
    machine.sessions.open(AVA)
    assert (suspended, session.state) == ("suspended", "active")
