"""Events about phases made messages, in the three versions, whole and held against FIX."""

from __future__ import annotations

import re

import pytest

from engine.commands import RequestSecurityStatus, RequestTradingSessionStatus
from engine.events import SecurityStatusReported, TradingSessionReported
from engine.rejects import Refusal, RejectReason
from engine.values import Phase
from gateway.fix.encoder import Header
from gateway.fix.report_style import TRADING_SESSION_SUB_ID
from gateway.fix.status_reports import SECURITY_TRADING_STATUS, TRAD_SES_STATUS, written
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import START, dialects, our_versions, pairs_of, piped
from tests.support.fix_specs import rules
from tests.support.reports import complaints
from tests.support.scenario_table import presence_complaints, scenario_of

VERSIONS = (FIX42, FIX44, FIX50SP2)
ALL = RequestTradingSessionStatus("AVA", "R1", "", "1")
STO = RequestTradingSessionStatus("AVA", "R1", "STO")
ERIC = RequestSecurityStatus("AVA", "R2", "ERIC-B", "1")
NO_SEGMENT = Refusal(RejectReason.UNKNOWN_SEGMENT, was="NYC")
NO_SYMBOL = Refusal(RejectReason.UNKNOWN_SYMBOL, was="NYC")
TOO_MANY = Refusal(RejectReason.SUBSCRIPTION_UNSUPPORTED, "0 or 2", "1")

Reported = TradingSessionReported | SecurityStatusReported

NOW = "60=20261122-12:00:00.000"
SEGMENT_TEXT = (
    "58=UNKNOWN_SEGMENT: TradingSessionID(336) or MarketSegmentID(1300) must name a segment, "
    "was NYC"
)
SYMBOL_TEXT = "58=UNKNOWN_SYMBOL: Symbol(55) must be an instrument of this venue, was NYC"

CASES: list[tuple[str, Reported, dict[str, str]]] = [
    (
        "told",
        TradingSessionReported(STO, "STO", Phase.CONTINUOUS),
        {
            FIX42: "35=h|58=CONTINUOUS|325=N|335=R1|336=STO|340=2",
            FIX44: "35=h|58=CONTINUOUS|325=N|335=R1|336=STO|340=2|625=3",
            FIX50SP2: "35=h|58=CONTINUOUS|325=N|335=R1|336=1|340=2|625=3|1300=STO",
        },
    ),
    (
        "told",
        TradingSessionReported(ALL, "FN", Phase.CLOSING_CALL, unsolicited=True),
        {
            FIX42: "35=h|58=CLOSING_CALL|325=Y|335=R1|336=FN|340=5",
            FIX44: "35=h|58=CLOSING_CALL|325=Y|335=R1|336=FN|340=5|625=4",
            FIX50SP2: "35=h|58=CLOSING_CALL|325=Y|335=R1|336=1|340=5|625=4|1300=FN",
        },
    ),
    (
        "refused",
        TradingSessionReported(STO, "NYC", "", refusal=NO_SEGMENT),
        {
            FIX42: f"35=j|{SEGMENT_TEXT}|372=g|379=R1|380=1",
            FIX44: f"35=h|{SEGMENT_TEXT}|325=N|335=R1|336=NYC|340=6|567=1",
            FIX50SP2: f"35=h|{SEGMENT_TEXT}|325=N|335=R1|336=1|340=6|567=1|1300=NYC",
        },
    ),
    (
        "told",
        SecurityStatusReported(ERIC, "ERIC-B", "STO", Phase.PRE_OPEN, 873_000),
        {
            FIX42: f"35=f|31=87.30|55=ERIC-B|{NOW}|324=R2|325=N|326=18|336=STO",
            FIX44: f"35=f|31=87.30|55=ERIC-B|58=PRE_OPEN|{NOW}|324=R2|325=N|326=21|336=STO|625=1",
            FIX50SP2: f"35=f|31=87.30|55=ERIC-B|58=PRE_OPEN|{NOW}|324=R2|325=N|326=21|336=1|625=1"
            "|1300=STO",
        },
    ),
    (
        "told",
        SecurityStatusReported(ERIC, "ERIC-B", "STO", Phase.HALT_FROZEN, 0, unsolicited=True),
        {
            FIX42: f"35=f|55=ERIC-B|{NOW}|324=R2|325=Y|326=2|336=STO",
            FIX44: f"35=f|55=ERIC-B|58=HALT_FROZEN|{NOW}|324=R2|325=Y|326=2|336=STO|625=7",
            FIX50SP2: f"35=f|55=ERIC-B|58=HALT_FROZEN|{NOW}|324=R2|325=Y|326=2|336=1|625=7"
            "|1300=STO",
        },
    ),
    (
        "refused",
        SecurityStatusReported(ERIC, "NYC", "", "", 0, refusal=NO_SYMBOL),
        {
            FIX42: f"35=j|{SYMBOL_TEXT}|372=e|379=R2|380=2",
            FIX44: f"35=f|55=NYC|{SYMBOL_TEXT}|{NOW}|324=R2|325=N|326=20",
            FIX50SP2: f"35=f|55=NYC|{SYMBOL_TEXT}|{NOW}|324=R2|325=N|326=20",
        },
    ),
]  # fmt: skip


def whole(msg_type: str, body: str, version: str) -> bytes:
    """The message that session AVA gets."""
    begin_string = dialects("AVA", version)[1].begin_string
    return Header(begin_string, "PIT", "AVA").encode(msg_type, 2, NOW.removeprefix("60="), body)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("occasion", "event", "wanted"), CASES)
def test_an_event_is_written_in_every_version(
    occasion: str, event: Reported, wanted: dict[str, str], version: str
) -> None:
    """Every field of it; the stock dictionary and the table have nothing against it."""
    msg_type, body = written(event, our_versions()[version].style(), START)
    assert f"35={msg_type}|{piped(body.encode())}" == wanted[version]
    data = whole(msg_type, body, version)
    assert complaints(data) == []
    assert presence_complaints(pairs_of(data), version) == []
    occasion = "sent" if msg_type == "j" else occasion
    assert scenario_of(pairs_of(data), version) == occasion


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_its_codes(phase: Phase, version: str) -> None:
    """Whatever the phase, the message is one that a stock client takes."""
    style = our_versions()[version].style()
    events: list[Reported] = [
        TradingSessionReported(STO, "STO", phase),
        SecurityStatusReported(ERIC, "ERIC-B", "STO", phase, 1),
    ]
    for event in events:
        data = whole(*written(event, style, START), version)
        assert complaints(data) == []
        assert presence_complaints(pairs_of(data), version) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_other_refusals_have_the_code_for_others(version: str) -> None:
    """Too many subscriptions: 567=99, in FIX 4.2 380=0; a request that named no segment has one
    in 336 all the same, because h must.
    """
    style = our_versions()[version].style()
    msg_type, body = written(TradingSessionReported(ALL, "", "", refusal=TOO_MANY), style, START)
    assert complaints(whole(msg_type, body, version)) == []
    fields = dict(pairs_of(body.encode()))
    codes = [fields.get(tag, "") for tag in ("336", "340", "567", "379", "380")]
    assert (
        codes
        == {
            FIX42: ["", "", "", "R1", "0"],
            FIX44: ["NONE", "6", "99", "", ""],
            FIX50SP2: ["1", "6", "99", "", ""],
        }[version]
    )
    assert fields["58"].startswith("SUBSCRIPTION_UNSUPPORTED: SubscriptionRequestType(263) must be")


def test_times_are_written_as_the_session_reads_them() -> None:
    """With as many digits of a second as the operator set."""
    event = SecurityStatusReported(ERIC, "ERIC-B", "STO", Phase.CONTINUOUS, 0)
    _, body = written(event, our_versions()[FIX44].style(0), START)
    assert dict(pairs_of(body.encode()))["60"] == "20261122-12:00:00"


def test_the_rules_of_engagement_print_the_codes() -> None:
    """Section 5.1 has a line for each phase, with the codes in use."""
    rows = re.findall(r"^\| ([A-Z_]+) \|" + 5 * r" (\d+) \|" + "$", rules(), re.MULTILINE)
    assert {phase: codes for phase, *codes in rows} == {
        phase.value: [
            TRADING_SESSION_SUB_ID[phase],
            str(TRAD_SES_STATUS[phase]),
            *(str(SECURITY_TRADING_STATUS[version][phase]) for version in VERSIONS),
        ]
        for phase in Phase
    }
