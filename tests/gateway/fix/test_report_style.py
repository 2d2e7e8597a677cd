"""What differs between the reports of one version and another, as ready pieces of text.

Whole reports in all versions stand in test_execution_reports.
"""

from __future__ import annotations

import pytest

from engine.values import OrdStatus, Phase
from gateway.fix.report_style import TRADING_SESSION_SUB_ID, ReportStyle
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import START, our_versions, ours, stock

ALL = (FIX42, FIX44, FIX50SP2)


def style(version: str, digits: int = 3) -> ReportStyle:
    """The style of a version as this venue speaks it."""
    return our_versions()[version].style(digits)


@pytest.mark.parametrize(
    ("version", "new", "partly", "filled", "phase", "replaced"),
    [
        (FIX42, "20=0|", "150=1|", "150=2|", "", {"0": "5"}),
        (FIX44, "", "150=F|", "150=F|", "625=3|", {}),
        (FIX50SP2, "", "150=F|", "150=F|", "625=3|", {}),
    ],
)
def test_pieces(
    version: str, new: str, partly: str, filled: str, phase: str, replaced: dict[str, str]
) -> None:
    """ExecTransType, ExecType of fills, TradingSessionSubID, OrdStatus after a replace."""
    one = style(version)
    pieces = (
        one.new,
        one.filled[OrdStatus.PARTIALLY_FILLED],
        one.filled[OrdStatus.FILLED],
        one.phases[Phase.CONTINUOUS],
    )
    assert [piece.replace("\x01", "|") for piece in pieces] == [new, partly, filled, phase]
    assert (one.replaced, one.has_exec_trans_type) == (replaced, version == FIX42)


@pytest.mark.parametrize(
    ("version", "tail"),
    [
        (FIX42, "198=T7|382=1|375=NON|"),
        (FIX44, "382=1|375=NON|527=T7|625=3|851=2|"),
        (FIX50SP2, "453=1|448=NON|447=D|452=17|625=3|851=2|880=T7|"),
    ],
)
def test_the_counterparty_and_the_match_id_have_a_place_in_each(version: str, tail: str) -> None:
    """FIX 4.2 knows no liquidity, FIX 5.0SP2 no ContraBroker."""
    one = style(version)
    written = one.fill_tail("NON", 7, one.phases[Phase.CONTINUOUS], "2")
    assert written.replace("\x01", "|") == tail


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_a_code(version: str, phase: Phase) -> None:
    """Phases of a version that does not tell them are empty, never missing."""
    sub_id = TRADING_SESSION_SUB_ID[phase]
    if version == FIX50SP2 and phase is Phase.VOLATILITY_AUCTION:
        sub_id = "6"  # its released dictionary ends at 7
    code = "" if version == FIX42 else f"625={sub_id}\x01"
    assert style(version).phases[phase] == code


@pytest.mark.parametrize("version", ALL)
def test_what_is_known_is_in_the_stock_dictionary_too(version: str) -> None:
    """No field is written that a QuickFIX release does not define for the message."""
    theirs = ReportStyle(version, stock(version)).known
    mine = style(version).known
    assert mine.keys() == ours(version).messages.keys()
    for msg_type in {"8", "9", "r", "j", "BF"} & mine.keys():
        assert mine[msg_type] <= theirs[msg_type], msg_type


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        (0, "20261122-12:00:00"),
        (3, "20261122-12:00:00.123"),
        (6, "20261122-12:00:00.123456"),
        (9, "20261122-12:00:00.123456789"),
    ],
)
def test_times_have_the_width_of_the_style(digits: int, text: str) -> None:
    """What is finer is cut; the same time asked again is the same text, another one another."""
    one = style(FIX44, digits)
    at = START + 123_456_789
    assert [one.time(at), one.time(at)] == [text, text]
    assert one.time(START) == text[:17] + (("." + "0" * digits) if digits else "")
