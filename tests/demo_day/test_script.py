"""The lines of the demo day's script."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.demo_day.script import ZONE, Act, Explain, Said, ScriptError, read


def test_lines_are_read_in_order() -> None:
    """Moments are local ones of the date given last; comments and empty lines are left out."""
    script = """\
date 2026-11-25
# not for the reader

> The opening call.
08:31 AVA buy 200 DUNI @ 96.50
13:30:20 clock
date 2026-11-26
08:00 auction
explain T4
"""
    assert read(script) == [
        Said("The opening call."),
        Act(datetime(2026, 11, 25, 8, 31, tzinfo=ZONE), "AVA", "buy 200 DUNI @ 96.50"),
        Act(datetime(2026, 11, 25, 13, 30, 20, tzinfo=ZONE), "clock"),
        Act(datetime(2026, 11, 26, 8, 0, tzinfo=ZONE), "auction"),
        Explain("T4"),
    ]


@pytest.mark.parametrize("line", ["8:31 AVA buy 1 DUNI @ 1", "AVA buy 1 DUNI @ 1", "08:31 clock"])
def test_line_of_another_kind_is_refused(line: str) -> None:
    """Also a moment without a date."""
    with pytest.raises(ScriptError, match=f"line 1 must be one of the script, was '{line}'"):
        read(line)
