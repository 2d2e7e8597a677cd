"""Any order in any phase: nothing escapes, the exchange stays sound, reports are readable."""

from __future__ import annotations

import os

import pytest

from tests.fuzz.order_border import campaign

SEED = int(os.environ.get("FIXPIT_SEED", "1"))
STEPS = 1_500


@pytest.mark.parametrize("seed", range(SEED, SEED + 4))
def test_any_order_in_any_phase(seed: int) -> None:
    """Messages in three versions, legal and not, through every phase of a day."""
    border = campaign(seed, STEPS)
    # Both ways are taken often, or the campaign would show nothing.
    assert border.taken > STEPS // 4
    assert border.refused > STEPS // 20
    assert border.reports > STEPS // 4
