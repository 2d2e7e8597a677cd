"""What only the whole Config shows, where `serve` asks for it again after an option.

The same violations as answered by `load`, with their lines, are in config_mistakes.txt.
"""

from __future__ import annotations

import msgspec
import pytest

from gateway.config import PhaseChange, ScheduleConfig, demo
from gateway.config_check import violations
from gateway.config_door import is_loopback


def test_the_demo_venue_holds_no_violation() -> None:
    """What load accepts has nothing left to complain of."""
    assert list(violations(demo())) == []


def test_an_option_that_opens_the_host_is_a_violation() -> None:
    """The demo venue on a reachable address is refused on every count, by path."""
    config = demo()
    opened = msgspec.structs.replace(
        config, fix=msgspec.structs.replace(config.fix, host="192.0.2.1")
    )
    assert [path for path, _ in violations(opened)] == [
        ("fix", "allow_plaintext"),
        ("fix", "accept_unknown"),
        *(("sessions", index, "password_scrypt") for index in range(5)),
    ]


def test_an_unknown_calendar_is_a_violation() -> None:
    """Answered with the calendars there are."""
    phases = (
        PhaseChange(at="09:00:00", phase="CONTINUOUS"),
        PhaseChange(at="17:30:00", phase="CLOSED"),
    )
    schedule = ScheduleConfig(id="day", calendar="XSTX", phases=phases)
    config = demo()
    wrong = msgspec.structs.replace(config, schedules=(*config.schedules, schedule))
    ((path, message),) = violations(wrong)
    assert (path, message[:47], "XSTO" in message, message[-12:]) == (
        ("schedules", 1, "calendar"),
        "must be a market code that has a calendar (AIXK",
        True,
        ', was "XSTX"',
    )


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - a name for every address, so not loopback
        ("::", False),
        ("192.0.2.1", False),
        ("venue.example", False),
    ],
)
def test_loopback_is_told_by_address(host: str, expected: bool) -> None:  # noqa: FBT001
    """Only the loopback networks and the name localhost count as this machine."""
    assert is_loopback(host) is expected
