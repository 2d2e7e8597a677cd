"""The rules of a segment in force: the file's word, else the market's usual (4.7.2, 6.4.2)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.config import PhaseChange, ScheduleConfig, SegmentConfig
from gateway.segment_rules import SegmentRules, rules_of


def rules(*phases: str, **said: Any) -> SegmentRules:
    """Those of a segment that says this, on a day of these phases."""
    changes = tuple(
        PhaseChange(at=f"{hour:02}:00:00", phase=phase) for hour, phase in enumerate(phases)
    )
    segment = SegmentConfig(id="STO", name="Stockholm", schedule="day", **said)
    return rules_of(segment, ScheduleConfig(id="day", phases=changes))


@pytest.mark.parametrize("call", ["OPENING_CALL", "SCHEDULED_AUCTION", "CLOSING_CALL"])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, (25, 75, 5, 15, 15)),
        ({"anonymity": "large"}, (25, 75, 5, 15, 15)),
        ({"anonymity": "index"}, (25, 75, 3, 10, 10)),
        ({"guard_multiplier": 2}, (25, 75, 10, 30, 30)),
        ({"guard_static_percent": 20}, (25, 75, 5, 20, 20)),
        ({"guard_static_percent": 20, "guard_multiplier": 2}, (25, 75, 10, 40, 40)),
        ({"guard_static_percent": 0}, (25, 75, 5, 0, 0)),
        ({"guard_dynamic_percent": 0, "extension_percent": 7}, (25, 75, 0, 15, 7)),
        ({"extension_percent": 0}, (25, 75, 5, 15, 0)),
        ({"collar_aggressive_percent": 0, "collar_passive_percent": 1000}, (0, 1000, 5, 15, 15)),
    ],
)
def test_a_segment_with_a_call_has_limits_and_guards(
    call: str, said: dict[str, Any], expected: tuple[int, ...]
) -> None:
    """The numbers of rules 6.3.2 and 6.4.2 where the file does not say others."""
    assert rules(call, "CONTINUOUS", **said) == expected


@pytest.mark.parametrize("phases", [["CONTINUOUS"], ["CLOSED"], ["PRE_OPEN", "CONTINUOUS"]])
def test_a_segment_without_a_call_has_none_unless_it_says_so(phases: list[str]) -> None:
    """There is no auction to fall back on."""
    found = rules(*phases), rules(*phases, guard_static_percent=10, guard_multiplier=2)
    assert found == ((0, 0, 0, 0, 0), (0, 0, 0, 20, 20))
