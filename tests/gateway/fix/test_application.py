"""What a session's messages do to the venue: how fast they may come, what they are refused for.

Roles stand in test_drop_copy, passwords in test_user_requests, orders in tests/scenarios.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.config import SessionConfig
from gateway.fix.throttle import FLOOD_FACTOR
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import decoded, pairs_of, stock_decoder
from tests.support.session_venue import SessionVenue, config_with, order_entry

SPEAKING = {"AVA42": FIX42, "AVA44": FIX44, "AVA50": FIX50SP2}
CODES = {"AVA42": 0, "AVA44": 0, "AVA50": 8}
LOGON = "35=A|34=1|98=0|108=0"
STATUS = "35=H|34={}|11=x|54=1|55=ERIC-B"
TOO_FAST = "35=j|34={0}|45={0}|58=Throttle limit exceeded|372=H|379=x|380={1}"


def slow(who: str, **keys: object) -> SessionConfig:
    """A session that may send two messages a second, four at once."""
    return order_entry(who, throttle=2, **keys)


def venue_of(folder: Path, session: SessionConfig) -> SessionVenue:
    """A venue with this session."""
    return SessionVenue(folder, config_with(session), speaking=SPEAKING)


def on(venue: SessionVenue, who: str) -> None:
    """The session logs on with its first number."""
    venue.plays(f"{who} connect\n{who} > {LOGON}\n{who} < {LOGON}")


def asked(venue: SessionVenue, who: str, first: int, count: int) -> str:
    """Ask so many times at once; the answers by their MsgType, `.` for the connection's end."""
    for seq in range(first, first + count):
        venue.say(who, STATUS.format(seq))
    said = []
    for _, data in venue.heard():
        if data is None:
            said.append(".")
            continue
        decoded(data, stock_decoder(SPEAKING[who]))
        said.append(dict(pairs_of(data))["35"])
    return "".join(said)


@pytest.mark.parametrize("who", CODES)
def test_who_sends_too_fast_is_told_so(tmp_path: Path, who: str) -> None:
    """With the code its version has; the number counts, and time brings the right to send."""
    with venue_of(tmp_path, slow(who)) as venue:
        on(venue, who)
        assert asked(venue, who, 2, 4) == "8888"
        venue.plays(f"{who} > {STATUS.format(6)}\n{who} < {TOO_FAST.format(6, CODES[who])}")
        assert venue.numbers(who) == (7, 7, 0)
        venue.wait(0.5)
        assert asked(venue, who, 7, 2) == "8j"
        venue.wait(10)
        assert asked(venue, who, 9, 5) == "8888j"


def test_the_burst_may_be_set(tmp_path: Path) -> None:
    """How many may come at once is the file's word where it has one."""
    with venue_of(tmp_path, slow("AVA44", throttle_burst=7)) as venue:
        on(venue, "AVA44")
        assert asked(venue, "AVA44", 2, 8) == "8888888j"


def test_nobody_is_slowed_who_is_not_set_to(tmp_path: Path) -> None:
    """0 is no limit."""
    with venue_of(tmp_path, order_entry("AVA44")) as venue:
        on(venue, "AVA44")
        assert asked(venue, "AVA44", 2, 100) == "8" * 100


def test_admin_messages_are_not_counted(tmp_path: Path) -> None:
    """Whoever must not send orders for a while still keeps its session."""
    with venue_of(tmp_path, slow("AVA44")) as venue:
        on(venue, "AVA44")
        for seq in range(2, 50):
            venue.plays(f"AVA44 > 35=1|34={seq}|112=H\nAVA44 < 35=0|34={seq}|112=H")
        assert asked(venue, "AVA44", 50, 5) == "8888j"
        venue.plays("AVA44 > 35=1|34=55|112=H\nAVA44 < 35=0|34=55|112=H")


def test_everything_of_an_application_counts(tmp_path: Path) -> None:
    """What is not served, too: refusing costs as much."""
    with venue_of(tmp_path, slow("AVA44")) as venue:
        on(venue, "AVA44")
        for seq in range(2, 7):
            venue.say("AVA44", f"35=B|34={seq}|148=hello")
        heard = [dict(pairs_of(data)) for _, data in venue.heard() if data]
        assert [fields["58"] for fields in heard] == ["Unsupported Message Type"] * 4 + [
            "Throttle limit exceeded"
        ]


@pytest.mark.parametrize("who", CODES)
def test_who_floods_is_disconnected(tmp_path: Path, who: str) -> None:
    """Five times over the limit: a Logout says why, and the connection ends."""
    most = 4 * FLOOD_FACTOR
    with capture_logs() as logs, venue_of(tmp_path, slow(who)) as venue:
        on(venue, who)
        assert asked(venue, who, 2, most) == "8888" + "j" * (most - 4)
        seq = most + 2
        venue.plays(
            f"""
            {who} > {STATUS.format(seq)}
            {who} < {TOO_FAST.format(seq, CODES[who])}
            {who} < 35=5|34={seq + 1}|58=throttle limit exceeded five times over
            {who} closed
            """
        )
        assert venue.numbers(who) == (seq + 1, seq + 2, 0)
        venue.wait(1)
        logon = f"35=A|34={seq + 1}|98=0|108=0"
        venue.plays(f"{who} connect\n{who} > {logon}\n{who} < 35=A|34={seq + 2}|98=0|108=0")
    assert [entry["comp_id"] for entry in logs if entry["event"] == "session.throttled"] == [who]


def test_refusals_are_the_same_after_a_restart(tmp_path: Path) -> None:
    """They are in the log: numbers and bytes come out of it, however fast replay is."""
    session = slow("AVA44")
    with venue_of(tmp_path, session) as venue:
        on(venue, "AVA44")
        assert asked(venue, "AVA44", 2, 10) == "8888jjjjjj"
        before, numbers = _kept(venue), venue.numbers("AVA44")
    with venue_of(tmp_path, session) as venue:
        assert (_kept(venue), venue.numbers("AVA44")) == (before, numbers)
        assert sum(data is not None for data in before) == 10


def _kept(venue: SessionVenue) -> list[bytes | None]:
    out = venue.sessions.by_comp_id["AVA44"].fix.out
    return [out.sent.get(seq) for seq in range(1, out.next_out)]


@pytest.mark.parametrize("who", CODES)
def test_a_refusal_of_ours_is_not_refused(tmp_path: Path, who: str) -> None:
    """A BusinessMessageReject only counts, or both sides could go on for ever."""
    with capture_logs() as logs, venue_of(tmp_path, order_entry(who)) as venue:
        on(venue, who)
        venue.plays(f"{who} > 35=j|34=2|45=1|58=no|372=8|380=0")
        assert venue.numbers(who) == (3, 2, 0)
    assert "session.refused_our_message" in [entry["event"] for entry in logs]


def test_numbers_of_a_refusal_of_ours_outlive_a_restart(tmp_path: Path) -> None:
    """That it counted is in the log."""
    for seq in (2, 4):
        with venue_of(tmp_path, order_entry("AVA44", cancel_on_disconnect="none")) as venue:
            venue.connect("AVA44")
            venue.say("AVA44", LOGON.replace("34=1", f"34={seq - 1}"))
            venue.say("AVA44", f"35=j|34={seq}|45=1|372=8|380=0")
            assert venue.numbers("AVA44") == (seq + 1, seq // 2 + 1, 0)
