"""Every cell of the state matrix (rule 5.2): what a phase really does with what members ask.

A new book is put into each phase, by the segment and, for the halts, by a halt of its own.
"""

from __future__ import annotations

import pytest

from engine.phases import PERMITS
from engine.values import Phase
from tests.support.market import Rules, play

MATRIX = """
    #                   new                  amend                   reduce                 cancel           match
    CLOSED              EXCHANGE_CLOSED      EXCHANGE_CLOSED         EXCHANGE_CLOSED        EXCHANGE_CLOSED  no
    PRE_OPEN            yes                  yes                     yes                    yes              no
    OPENING_CALL        yes                  yes                     yes                    yes              no
    CONTINUOUS          yes                  yes                     yes                    yes              yes
    VOLATILITY_AUCTION  yes                  yes                     yes                    yes              no
    SCHEDULED_AUCTION   yes                  yes                     yes                    yes              no
    CLOSING_CALL        yes                  yes                     yes                    yes              no
    POST_TRADE          PHASE_FORBIDS_ENTRY  PHASE_FORBIDS_MORE      yes                    yes              no
    HALT_OPEN           yes                  yes                     yes                    yes              no
    HALT_FROZEN         PHASE_FORBIDS_ENTRY  PHASE_FORBIDS_REPLACE   PHASE_FORBIDS_REPLACE  yes              no
"""  # noqa: E501

DEEDS = {
    "new": "N2 NON buy 100 @ 97.00",
    "amend": "replace N1 as N3 100 @ 98.50",
    "reduce": "replace N1 as N3 60 @ 98.00",
    "cancel": "cancel N1",
}
MORE = {
    "raise": "replace N1 as N3 200 @ 98.00",
    "fewer and dearer": "replace N1 as N3 60 @ 98.50",
    "fewer and till today": "replace N1 as N3 60 @ 98.00 Day",
}
"""Amends that are no reduction."""


def _rows() -> list[list[str]]:
    rows = [line.split() for line in MATRIX.splitlines()[2:]]
    assert [row[0] for row in rows] == list(Phase)
    return rows


def _cells() -> list[tuple[str, str, str]]:
    return [
        (row[0], deed, cell)
        for row in _rows()
        for deed, cell in zip(("new", "amend", "reduce", "cancel", "match"), row[1:], strict=True)
    ]


def _ways(phase: str) -> list[str]:
    """How a book gets into a phase."""
    ways = [f"phase {phase}"]
    if phase == Phase.HALT_OPEN:
        ways.append("halt ERIC-B entry")
    if phase == Phase.HALT_FROZEN:
        ways.append("halt ERIC-B")
    return ways


def _answers(way: str, deed: str) -> list[str]:
    """What a book with one good till canceled bid answers in a phase."""
    start = f"N1 NON buy 100 @ 98.00 GTC\n{way}\n"
    told = play(start + deed, Rules(reference_price="100.00"))
    return told[told.index(deed) + 1 :]


@pytest.mark.parametrize(("phase", "deed", "cell"), _cells())
def test_cell(phase: str, deed: str, cell: str) -> None:
    """What the matrix says is what happens."""
    for way in _ways(phase):
        if deed == "match":
            told = _answers(way, "X SHB sell 50 @ 98.00")
            assert ("-> N1 50 @ 98.00 NON|SHB" in told) == (cell == "yes")
            continue
        told = _answers(way, DEEDS[deed])
        refused = [line for line in told if line.startswith(("-> rejected", "-> refused"))]
        if cell == "yes":
            assert not refused
        else:
            assert [line.split()[-1] for line in refused] == [cell]


@pytest.mark.parametrize("deed", MORE.values(), ids=MORE)
@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0])
def test_only_less_is_a_reduction(row: list[str], deed: str) -> None:
    """Where a phase lets quantities down only, every other change is refused like an amend."""
    for way in _ways(row[0]):
        refused = [line for line in _answers(way, deed) if line.startswith("-> refused")]
        assert [line.split()[-1] for line in refused] == ([] if row[2] == "yes" else [row[2]])


def test_the_table_of_the_engine_says_the_same() -> None:
    """`phases.PERMITS` beside the matrix."""
    for phase, *cells in _rows():
        permits = PERMITS[Phase(phase)]
        told = (permits.enter, permits.replace, permits.reduce, permits.cancel, permits.match)
        assert told == tuple(cell == "yes" for cell in cells)
