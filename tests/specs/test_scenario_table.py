"""Messages of the venue, right and wrong, against the table of what each occasion carries."""

from __future__ import annotations

import pytest

from tests.specs.table import VERSIONS
from tests.support.scenario_table import presence_complaints, scenario_of

ORDER = (
    "6=0|11=A|14=0|17=1-1|37=O1|38=100|40=2|44=87.30|54=1|55=X|59=0|60=20261122-12:00:00|151=100"
)
ENDED = ORDER.replace("151=100", "151=0")
NOBODY = "6=0|14=0|17=1-1|37=NONE|38=0|39=8|54=7|60=20261122-12:00:00|151=0"
STOP = ORDER.replace("40=2|44=87.30", "40=3|99=86.00")
FILL = ORDER.replace("|14=0", "|14=50").replace("151=100", "151=50") + "|39=1|31=87.30|32=50"

RIGHT = f"""
    FIX.4.2    new              {ORDER}|20=0|39=0|150=0
    FIX.4.4    new              {ORDER}|39=0|150=0|625=3
    FIX.5.0SP2 new              {ORDER}|39=0|150=0|625=3
    FIX.4.2    trade            {FILL}|20=0|150=1|198=T1|382=1|375=NON
    FIX.4.4    trade            {FILL}|150=F|382=1|375=NON|527=T1|625=3|851=1
    FIX.5.0SP2 trade            {FILL}|150=F|453=1|448=NON|447=D|452=17|625=3|851=1|880=T1
    FIX.4.4    trade            {FILL}|150=F|382=1|375=NON|527=T1|625=2
    FIX.4.2    canceled         {ENDED}|20=0|39=4|41=B|150=4
    FIX.4.4    canceled         {ENDED}|39=4|41=B|150=4|625=3
    FIX.5.0SP2 canceled_unasked {ENDED}|39=4|58=why|150=4|378=8|625=3
    FIX.4.2    replaced         {ORDER}|20=0|39=5|41=B|150=5
    FIX.4.4    replaced         {ORDER}|39=0|41=B|150=5|625=3
    FIX.4.4    rejected         {ENDED}|39=8|58=why|103=11|150=8
    FIX.4.2    expired          {ENDED}|20=0|39=C|150=C
    FIX.4.4    restated         {ORDER}|39=0|58=why|150=D|378=1|424=100|425=0|426=0|625=3
    FIX.4.2    restated         {ORDER}|20=0|39=0|58=why|150=D|378=4
    FIX.4.4    triggered        {STOP}|39=0|58=why|150=0|625=3|636=Y
    FIX.5.0SP2 triggered        {STOP}|39=0|58=why|150=L|625=3|636=Y
    FIX.4.4    new              {STOP}|39=0|150=0|625=3|636=N
    FIX.4.2    done_for_day     {ENDED}|20=0|39=3|150=3
    FIX.4.4    done_for_day     {ORDER}|39=3|150=3|625=5
    FIX.4.2    trade_canceled   {ORDER}|19=T1-1|20=1|31=87.30|32=50|39=0|150=0|198=T1|382=1|375=NON
    FIX.4.4    trade_canceled   {ORDER}|19=T1-1|31=87.30|32=50|39=0|150=H|382=1|375=NON|527=T1|625=3
    FIX.4.2    trade_corrected  {FILL}|19=T1-1|20=2|150=1|198=T1|382=1|375=NON
    FIX.5.0SP2 trade_corrected  {FILL}|19=T1-2|150=G|453=1|448=NON|447=D|452=17|625=3|880=T1
    FIX.5.0SP2 trade            {FILL}|150=F|453=1|448=NON|447=D|452=17|625=4|851=4|880=T1
    FIX.4.2    status           {ORDER}|20=3|39=0|150=0
    FIX.4.4    status           {ORDER}|39=0|41=B|150=I|625=3|790=S
    FIX.4.2    status_unknown   {NOBODY}|11=A|20=3|55=X|58=why|103=5|150=8
    FIX.4.4    status_unknown   {NOBODY}|11=A|58=why|103=5|150=I|790=S
    FIX.5.0SP2 status_unknown   {NOBODY}|58=why|103=5|150=I
    FIX.4.4    mass_status      {ORDER}|39=0|150=I|584=M|625=3|911=2|912=N
    FIX.4.4    mass_status_none {NOBODY}|58=why|150=I|584=M|911=0|912=Y
"""
"""Version, occasion, ExecutionReport."""


def _pairs(text: str) -> list[tuple[str, str]]:
    fields = (field.partition("=") for field in text.split("|"))
    return [(tag, value) for tag, _, value in fields]


@pytest.mark.parametrize("line", RIGHT.strip().splitlines())
def test_what_is_right_is_left_alone(line: str) -> None:
    """Each occasion is known by its fields, in every version, and needs no others."""
    version, scenario, text = line.split()
    pairs = _pairs(f"35=8|{text}")
    assert presence_complaints(pairs, version) == []
    assert scenario_of(pairs, version) == scenario


@pytest.mark.parametrize(
    ("version", "text", "told"),
    [
        ("FIX.4.4", f"{ORDER}|39=0|150=0", "new: TradingSessionSubID(625) is missing"),
        ("FIX.4.2", f"{ORDER}|20=0|39=0|150=0|625=3", "new: TradingSessionSubID(625) is none of its"
         " fields"),
        ("FIX.4.4", f"{ORDER}|39=0|150=0|625=3|41=B", "new: OrigClOrdID(41) must not be there"),
        ("FIX.4.4", f"{ORDER}|39=0|150=0|625=3|9999=1", "new: 9999 is none of its fields"),
        ("FIX.4.4", f"{ORDER}|39=1|150=0|625=3", "new: 39=0 must hold"),
        ("FIX.4.4", f"{ORDER}|39=0|150=0|625=3".replace("|44=87.30", ""),
         "new: Price(44) is missing"),
        ("FIX.4.4", f"{ORDER}|39=0|150=0|625=3".replace("40=2", "40=1"),
         "new: Price(44) must not be there"),
        ("FIX.4.4", f"{ORDER}|39=0|150=0|625=3".replace("59=0", "59=6"),
         "new: ExpireTime(126) is missing"),
        ("FIX.4.2", f"{FILL}|20=0|150=2|198=T1|382=1|375=NON", "trade: 150==39 must hold"),
        ("FIX.4.2", f"{FILL}|20=0|150=1|198=T1|382=1|375=NON".replace("32=50|", ""),
         "trade: LastShares(32) is missing"),
        ("FIX.4.4", f"{FILL}|150=F|382=1|527=T1|625=3|851=1",
         "trade: ContraBroker(375) is missing"),
        ("FIX.4.4", f"{FILL}|150=F|382=1|375=NON|527=T1|625=3",
         "trade: LastLiquidityInd(851) is missing"),
        ("FIX.5.0SP2", f"{FILL}|150=F|453=2|448=A|447=D|452=17|448=B|447=D|625=3|851=1|880=T1",
         "trade: PartyRole(452) is missing"),
        ("FIX.5.0SP2", f"{FILL}|150=F|527=T1|453=1|448=A|447=D|452=17|625=3|851=1|880=T1",
         "trade: SecondaryExecID(527) is none of its fields"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(version: str, text: str, told: str) -> None:
    """A field too few, one too many, one of another version, a condition, a group's entry."""
    assert presence_complaints(_pairs(f"35=8|{text}"), version) == [f"ExecutionReport, {told}"]


def test_what_is_no_message_of_the_venue_is_told() -> None:
    """A type that only members send, one the version lacks, none at all, an unknown occasion."""
    told = {
        ("35=D|11=A", "FIX.4.4"): "MsgType(35) D is not sent in FIX.4.4",
        ("35=r|37=M1", "FIX.4.2"): "MsgType(35) r is not sent in FIX.4.2",
        ("11=A", "FIX.4.4"): "MsgType(35) None is not sent in FIX.4.4",
        ("35=8|150=6", "FIX.4.4"): "ExecutionReport: none of its scenarios",
    }
    for (text, version), complaint in told.items():
        assert presence_complaints(_pairs(text), version) == [complaint]
        assert scenario_of(_pairs(text), version) in ("", "sent")


def test_other_answers_have_their_occasions() -> None:
    """Cancel rejects of known and unknown orders, mass cancel reports, rejects."""
    when = "60=20261122-12:00:00"
    for version in VERSIONS:
        for text, scenario in {
            f"35=9|11=B|37=O1|39=0|41=A|58=why|{when}|102=0|434=1": "refused",
            f"35=9|11=B|37=NONE|39=8|41=A|58=why|{when}|102=1|434=1": "unknown",
            "35=j|45=2|58=why|372=B|380=3": "sent",
            "35=3|45=2|58=why|371=44|372=D|373=6": "sent",
        }.items():
            assert presence_complaints(_pairs(text), version) == []
            assert scenario_of(_pairs(text), version) == scenario
    assert presence_complaints(
        _pairs(f"35=9|11=B|37=NONE|39=0|58=w|{when}|102=1|434=1"), "FIX.4.4"
    ) == [
        "OrderCancelReject, unknown: 39=8 must hold",
        "OrderCancelReject, unknown: OrigClOrdID(41) is missing",
    ]
    done = f"35=r|11=C|37=M1|530=7|531=7|533=2|{when}"
    assert presence_complaints(_pairs(done), "FIX.4.4") == []
    assert presence_complaints(_pairs(f"{done}|1369=M1"), "FIX.5.0SP2") == []
    assert presence_complaints(_pairs(done), "FIX.5.0SP2") == [
        "OrderMassCancelReport, done: MassActionReportID(1369) is missing"
    ]


def test_header_and_trailer_are_judged_where_they_are_there() -> None:
    """A whole message needs all of them; a body alone may have a part of the header."""
    body = "35=0|57=trader|115=AVA"
    assert presence_complaints(_pairs(body), "FIX.4.4") == []
    assert presence_complaints(_pairs(f"8=FIX.4.4|9=5|{body}|34=2|49=PIT|10=000"), "FIX.4.4") == [
        "Heartbeat, sent: TargetCompID(56) is missing",
        "Heartbeat, sent: SendingTime(52) is missing",
    ]
    assert presence_complaints(_pairs("35=A|98=0|108=30"), "FIX.5.0SP2") == [
        "Logon, sent: DefaultApplVerID(1137) is missing"
    ]
