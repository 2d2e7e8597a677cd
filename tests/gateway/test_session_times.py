"""Sessions that must be down at some hours, and numbers that begin again at some times.

The venue in memory; its clock starts at 2026-11-22 12:00:00 UTC, a Sunday, 13:00 in Stockholm.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import SessionConfig
from gateway.fix.versions import FIX50SP2
from gateway.session_times import TRY_AGAIN_NANOS, SessionTimes
from tests.support.fix import START
from tests.support.session_venue import SessionVenue, config_with, order_entry

HOUR = 3600
LOGON = "35=A|34=1|98=0|108=0"
DAILY = order_entry("AVA", reset="daily", reset_time="18:00:00", cancel_on_disconnect="none")
WEEKLY = order_entry("AVA", reset="weekly", reset_time="Mon 03:00:00")
ORDER = "35=D|34=2|11=a|38=1|40=2|44=87.30|54=1|55=ERIC-B|60={now}"


def venue_of(folder: Path, session: SessionConfig, now: int = START) -> SessionVenue:
    """A venue with this session, at this time."""
    venue = SessionVenue(folder, config_with(session), speaking={"AVA50": FIX50SP2})
    venue.now = now
    return venue


def on(venue: SessionVenue, who: str = "AVA") -> None:
    """The session logs on with its first number."""
    venue.plays(f"{who} connect\n{who} > {LOGON}\n{who} < {LOGON}")


@pytest.mark.parametrize(("session", "hours"), [(DAILY, 5), (WEEKLY, 14)])
def test_a_session_that_is_up_is_logged_out_and_begins_again(
    tmp_path: Path, session: SessionConfig, hours: int
) -> None:
    """At its time and not before; once it is down its numbers are 1."""
    with venue_of(tmp_path, session) as venue:
        on(venue)
        venue.plays(
            f"""
            wait {hours * HOUR - 1}
            AVA > 35=1|34=2|112=here
            AVA < 35=0|34=2|112=here
            """
        )
        heard = venue.pass_time(venue.now + 1_000_000_000)
        assert [(who, venue.short(who, data, when)) for when, who, data in heard if data] == [
            ("AVA", f"35=5|34=3|58=sequence numbers are reset {session.reset}")
        ]
        assert venue.numbers("AVA") == (3, 4, 0)
        venue.plays("AVA > 35=5|34=3\nAVA closed")
        venue.pass_time(venue.now + TRY_AGAIN_NANOS)
        assert venue.numbers("AVA") == (1, 1, 1)
        on(venue)
        venue.plays(f"wait {hours * HOUR // 2}")


def test_a_session_that_comes_back_at_once_begins_again(tmp_path: Path) -> None:
    """Before its Logon is answered, whether or not the clock has looked after it by then."""
    with venue_of(tmp_path, DAILY) as venue:
        on(venue)
        venue.pass_time(START + 5 * HOUR * 1_000_000_000)
        venue.plays("AVA > 35=5|34=2\nAVA closed")
        assert venue.numbers("AVA") == (3, 3, 0)
        on(venue)
        assert venue.numbers("AVA") == (2, 2, 1)


def test_a_peer_that_does_not_answer_is_left(tmp_path: Path) -> None:
    """Its numbers begin again all the same."""
    with venue_of(tmp_path, DAILY) as venue:
        on(venue)
        heard = venue.pass_time(START + 5 * HOUR * 1_000_000_000 + 3_000_000_000)
        assert [data is None for _, _, data in heard] == [False, True]
        assert venue.numbers("AVA") == (1, 1, 1)


def test_a_session_that_is_down_begins_again_too(tmp_path: Path) -> None:
    """What waited for it is gone, its orders are not."""
    with venue_of(tmp_path, DAILY) as venue:
        on(venue)
        venue.say("AVA", ORDER)
        venue.disconnect("AVA")
        venue.heard()
        venue.wait(5 * HOUR - 1)
        assert venue.numbers("AVA") == (3, 3, 0)
        venue.wait(1)
        assert venue.numbers("AVA") == (1, 1, 1)
        on(venue)
        venue.plays(
            """
            AVA > 35=2|34=2|7=1|16=0
            AVA < 35=4|34=1|43=Y|122={now}|36=2|123=Y
            """
        )
        venue.say("AVA", "35=H|34=3|11=a|54=1|55=ERIC-B")
        ((_, report),) = venue.heard()
        assert report is not None
        assert b"\x0139=0\x01" in report


def test_a_reset_that_was_due_while_the_venue_was_down(tmp_path: Path) -> None:
    """It is made up for at the start, once; one that was made is not made again."""
    later = START + 6 * HOUR * 1_000_000_000
    with venue_of(tmp_path, DAILY) as venue:
        on(venue)
        venue.say("AVA", ORDER)
    for _ in range(2):
        with venue_of(tmp_path, DAILY, later) as venue:
            venue.pass_time(later)
            assert venue.numbers("AVA") == (1, 1, 1)
            assert venue.sessions.by_comp_id["AVA"].fix.reset_at == later
    with venue_of(tmp_path, DAILY, later) as venue:
        on(venue)
        venue.plays(f"wait {HOUR}")


def test_a_reset_that_the_peer_made_counts_as_none_of_these(tmp_path: Path) -> None:
    """After its 141=Y the next one is due at the usual time."""
    with venue_of(tmp_path, DAILY) as venue:
        on(venue)
        venue.plays(f"AVA > {LOGON}|141=Y\nAVA < {LOGON}|141=Y\nwait {5 * HOUR - 1}")
        heard = venue.pass_time(venue.now + 1_000_000_000)
        assert len(heard) == 1


@pytest.mark.parametrize(("who", "status"), [("AVA", ""), ("AVA50", "|1409=7")])
def test_a_session_is_logged_out_at_the_end_of_its_hours(
    tmp_path: Path, who: str, status: str
) -> None:
    """And let in again when they begin; its numbers go on."""
    session = order_entry(who, open="09:00:00", close="17:30:00")
    with venue_of(tmp_path, session) as venue:
        on(venue, who)
        venue.plays(f"wait {4.5 * HOUR - 1}")
        heard = venue.pass_time(venue.now + 1_000_000_000)
        assert [venue.short(who, data, when) for when, _, data in heard if data] == [
            f"35=5|34=2|58=session end{status}"
        ]
        venue.plays(f"{who} > 35=5|34=2\n{who} closed")
        logon = "35=A|34=3|98=0|108=0"
        venue.plays(
            f"""
            {who} connect
            {who} > {logon}
            {who} < 35=5|34=3|58=session is closed at this time{status}
            {who} closed
            """
        )
        venue.wait(15.5 * HOUR)
        venue.plays(f"{who} connect\n{who} > {logon}\n{who} < {logon}")


def test_times_are_those_of_a_session_s_own_zone(tmp_path: Path) -> None:
    """Stockholm is the venue's; 08:00 in New York is an hour from now."""
    session = order_entry("AVA", open="08:00:00", close="16:00:00", timezone="America/New_York")
    with venue_of(tmp_path, session) as venue:
        venue.wait(HOUR - 1)
        venue.plays(
            f"""
            AVA connect
            AVA > {LOGON}
            AVA < 35=5|34=1|58=session is closed at this time
            AVA closed
            """
        )
        venue.wait(1)
        on(venue)


def test_the_clock_is_quiet_where_no_session_has_times(tmp_path: Path) -> None:
    """It wants to be called once, then no more, until something changes."""
    with venue_of(tmp_path, order_entry("AVA")) as venue:
        times = SessionTimes(venue.sessions, lambda *_: False)
        assert times.next_deadline() == 0
        times.on_timer(START)
        assert times.next_deadline() is None
        times.on_timer(START)
        times.look_again()
        assert times.next_deadline() == 0


def test_the_clock_wants_to_be_called_when_something_is_due(tmp_path: Path) -> None:
    """At the next end of hours or reset of any session, and not before."""
    session = order_entry("AVA", reset="daily", open="09:00:00", close="17:30:00")
    with venue_of(tmp_path, session) as venue:
        seen: list[int] = []

        def reset(_: object, now: int) -> bool:
            seen.append(now)
            return False

        times = SessionTimes(venue.sessions, reset)
        times.on_timer(START)
        assert times.next_deadline() == START + int(4.5 * HOUR) * 1_000_000_000
        times.on_timer(START + 1)
        assert seen == [START]
        times.on_timer(START + 5 * HOUR * 1_000_000_000)
        assert times.next_deadline() == START + 11 * HOUR * 1_000_000_000
