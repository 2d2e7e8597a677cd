"""What a phase permits: the whole table against the rule book's matrix (rule 5.2)."""

from __future__ import annotations

from engine.phases import PERMITS, uncrosses
from engine.values import Phase

MATRIX = """
    CLOSED              no   no    no   no
    PRE_OPEN            yes  yes   yes  no
    OPENING_CALL        yes  yes   yes  no
    CONTINUOUS          yes  yes   yes  yes
    VOLATILITY_AUCTION  yes  yes   yes  no
    SCHEDULED_AUCTION   yes  yes   yes  no
    CLOSING_CALL        yes  yes   yes  no
    POST_TRADE          no   down  yes  no
    HALT_OPEN           yes  yes   yes  no
    HALT_FROZEN         no   no    yes  no
"""
"""Phase; new, amend, cancel, match. What is done in each cell is tried in test_state_matrix."""

CALLS = [
    *("OPENING_CALL", "VOLATILITY_AUCTION", "SCHEDULED_AUCTION", "CLOSING_CALL", "HALT_OPEN"),
]


def _yes(*, permitted: bool) -> str:
    return "yes" if permitted else "no"


def test_phases_permit_what_the_matrix_says() -> None:
    """Every phase has its row, cell by cell as in the rule book."""
    told = []
    for phase, permits in PERMITS.items():
        amend = "yes" if permits.replace else "down" if permits.reduce else "no"
        cells = [_yes(permitted=permits.enter), amend, _yes(permitted=permits.cancel)]
        told.append(" ".join([phase, *cells, _yes(permitted=permits.match)]))
    assert told == [" ".join(line.split()) for line in MATRIX.strip().splitlines()]


def test_every_phase_has_permits() -> None:
    """The table knows every phase, in the order of the enum."""
    assert list(PERMITS) == list(Phase)


def test_calls_are_the_phases_whose_end_uncrosses() -> None:
    """Five phases collect orders for an auction."""
    assert [phase for phase, permits in PERMITS.items() if permits.is_call] == CALLS


def test_a_book_uncrosses_when_a_call_ends() -> None:
    """Also when matching begins after a phase that collected; two calls go over into the next."""
    pairs = {(a.value, b.value) for a in Phase for b in Phase if uncrosses(a, b)}
    from_calls = {(a, b.value) for a in CALLS for b in Phase}
    goes_on = {(a, b) for a in ("SCHEDULED_AUCTION", "HALT_OPEN") for b in CALLS if a != b}
    into_matching = {
        (a.value, "CONTINUOUS") for a in Phase if a.value not in (*CALLS, "CONTINUOUS")
    }
    assert pairs == (from_calls - goes_on) | into_matching
