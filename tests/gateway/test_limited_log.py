"""Warnings that anybody can cause: written up to a rate, counted beyond."""

from __future__ import annotations

from structlog.testing import capture_logs

from gateway.limited_log import LINES_PER_SECOND, LimitedLog

SECOND = 1_000_000_000


def test_what_is_too_much_is_counted() -> None:
    """A second's share is written, the rest is told as a number with the next line."""
    now = 5 * SECOND
    limited = LimitedLog("logon.refused", lambda: now)
    with capture_logs() as log:
        for number in range(LINES_PER_SECOND + 3):
            limited.warning(reason=str(number))
        now += SECOND
        limited.warning(reason="next")
        now += SECOND
        limited.warning(reason="last")
    told = [line.get("reason", line.get("count")) for line in log]
    assert told == [*map(str, range(LINES_PER_SECOND)), 3, "next", "last"]
    assert {line["event"] for line in log} == {"logon.refused", "logon.refused_too"}
