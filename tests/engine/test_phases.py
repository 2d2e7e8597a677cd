"""What a phase permits: the whole table against the rule book's matrix (rule 5.2)."""

from __future__ import annotations

from engine.phases import PERMITS, SERVED
from engine.values import Phase

MATRIX = """
    CLOSED              no   no   no   no
    PRE_OPEN            yes  yes  yes  no
    OPENING_CALL        yes  yes  yes  no
    CONTINUOUS          yes  yes  yes  yes
    VOLATILITY_AUCTION  yes  yes  yes  no
    SCHEDULED_AUCTION   yes  yes  yes  no
    CLOSING_CALL        yes  yes  yes  no
    POST_TRADE          no   no   yes  no
    HALT_OPEN           yes  yes  yes  no
    HALT_FROZEN         no   no   yes  no
"""
"""Phase; new, amend, cancel, match. (Reducing in POST_TRADE is not built yet.)"""


def test_phases_permit_what_the_matrix_says() -> None:
    """Every phase has its row, cell by cell as in the rule book."""
    told = [
        " ".join([phase, *("yes" if permitted else "no" for permitted in permits)])
        for phase, permits in PERMITS.items()
    ]
    assert told == [" ".join(line.split()) for line in MATRIX.strip().splitlines()]


def test_every_phase_has_permits() -> None:
    """The table knows every phase, in the order of the enum."""
    assert list(PERMITS) == list(Phase)


def test_only_phases_without_a_call_are_served() -> None:
    """Before there is an uncross, no phase may collect orders without matching them."""
    assert {phase for phase in SERVED if PERMITS[phase].enter} == {Phase.CONTINUOUS}
