"""Events of the engine made messages: every kind of event, every field of what is sent for it.

What the venue says as a whole conversation stands in tests/scenarios/order_state.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import (
    CancelOrder,
    EnterOrder,
    MassCancel,
    ReplaceOrder,
    RequestMassStatus,
    RequestStatus,
)
from engine.events import (
    CancelRejected,
    Event,
    MassCanceled,
    MassStatusReported,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderState,
    StatusReported,
    Traded,
)
from engine.rejects import Refusal, RejectReason
from engine.values import CancelReason, Phase
from gateway.fix.order_reports import CANCEL_TEXTS
from gateway.fix.report_style import TRADING_SESSION_SUB_ID
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support import report_lines
from tests.support.fix import (
    FROM_VENUE,
    START,
    decoded,
    our_decoder,
    pairs_of,
    stock_decoder,
)
from tests.support.report_lines import AT, lines, on_the_wire, writer
from tests.support.reports import complaints
from tests.support.scenario_table import presence_complaints

TERMS = EnterOrder("AVA", "AVA", "X", "ERIC-B", "1", "2", 500, 873_000)
FULL = msgspec.structs.replace(
    TERMS, time_in_force="6", expire_at=START, account="HUS", trader="anna", cl_ord_id="F"
)
NON = EnterOrder("NON-2", "NON", "n", "ERIC-B", "2", "1", 200)


def state(
    terms: EnterOrder = TERMS, status: str = "0", cum: int = 0, notional: int = 0, number: int = 7
) -> OrderState:
    """The order at some moment; it works if its status says so."""
    return report_lines.state(terms, status, cum, notional, number)


PART = state(status="1", cum=200, notional=200 * 873_000)
CANCEL = CancelOrder("AVA", "Y", "X", "ERIC-B", "1")
REPLACE = ReplaceOrder("AVA", "Y", "X", "ERIC-B", "1", "2", 400, 873_000)
STATUS = RequestStatus("AVA", "X", "ERIC-B", "1", "Q1")
UNKNOWN = Refusal(RejectReason.UNKNOWN_ORDER, was="X")
DUPLICATE = Refusal(RejectReason.DUPLICATE_CL_ORD_ID, was="X")
LATE = Refusal(RejectReason.TOO_LATE_TO_CANCEL, was="2")
OFF_TICK = Refusal(RejectReason.PRICE_OFF_TICK, 100, 873_050)
SCOPE = Refusal(RejectReason.MASS_CANCEL_TYPE_UNSUPPORTED, was="5")
STATUS_SCOPE = Refusal(RejectReason.MASS_STATUS_TYPE_UNSUPPORTED, was="8")
UNKNOWN_TEXT = (
    "58=UNKNOWN_ORDER: OrigClOrdID(41) or ClOrdID(11) must name an order of this session by its "
    "last accepted id, was X"
)

MATRIX: dict[str, tuple[Event, list[str]]] = {
    "accepted": (
        OrderAccepted(state(), Phase.CONTINUOUS),
        [
            "AVA 8 6=0|11=X|14=0|17=9-1|37=O7|38=500|39=0|40=2|44=87.30|54=1|55=ERIC-B|59=0"
            "|60={at}|150=0|151=500|625=3"
        ],
    ),
    "accepted with all that an order may have": (
        OrderAccepted(state(FULL), Phase.CONTINUOUS),
        [
            "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|37=O7|38=500|39=0|40=2|44=87.30|54=1"
            "|55=ERIC-B|59=6|60={at}|126={at}|150=0|151=500|625=3"
        ],
    ),
    "accepted without a price": (
        OrderAccepted(state(NON), Phase.CONTINUOUS),
        [
            "NON-2 8 6=0|11=n|14=0|17=9-1|37=O7|38=200|39=0|40=1|54=2|55=ERIC-B|59=0"
            "|60={at}|150=0|151=200|625=3"
        ],
    ),
    "rejected": (
        OrderRejected(msgspec.structs.replace(FULL, price=873_050), OFF_TICK),
        [
            "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|37=NONE|38=500|39=8|40=2|44=87.305|54=1"
            "|55=ERIC-B|58=PRICE_OFF_TICK: Price(44) must be a multiple of 0.01, was 87.305|59=6"
            "|60={at}|103=99|126={at}|150=8|151=0"
        ],
    ),
    "rejected because the id is taken": (
        OrderRejected(msgspec.structs.replace(TERMS, qty=900), DUPLICATE, PART),
        [
            "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|44=87.30|54=1|55=ERIC-B"
            "|58=DUPLICATE_CL_ORD_ID: ClOrdID(11) must not have been used by this session before,"
            " was X|59=0|60={at}|103=6|150=8|151=300"
        ],
    ),
    "traded": (
        Traded(
            3,
            "ERIC-B",
            873_000,
            200,
            PART,
            state(NON, "2", 200, 200 * 873_000, number=8),
            Phase.CONTINUOUS,
        ),
        [
            "AVA 8 6=87.30|11=X|14=200|17=T3-1|31=87.30|32=200|37=O7|38=500|39=1|40=2|44=87.30|54=1"
            "|55=ERIC-B|59=0|60={at}|150=F|151=300|382=1|375=NON|527=T3|625=3|851=1",
            "NON-2 8 6=87.30|11=n|14=200|17=T3-2|31=87.30|32=200|37=O8|38=200|39=2|40=1|54=2"
            "|55=ERIC-B|59=0|60={at}|150=F|151=0|382=1|375=AVA|527=T3|625=3|851=2",
        ],
    ),
    "traded within the member": (
        Traded(
            4,
            "ERIC-B",
            873_000,
            1,
            state(FULL, "1", 3, 3 * 873_000 + 1),
            state(TERMS, "1", 1, 873_000, number=8),
            Phase.CONTINUOUS,
        ),
        [
            "AVA 8 57=anna|1=HUS|6=87.30003333|11=F|14=3|17=T4-1|31=87.30|32=1|37=O7|38=500|39=1"
            "|40=2|44=87.30|54=1|55=ERIC-B|59=6|60={at}|126={at}|150=F|151=497|382=1|375=AVA"
            "|527=T4|625=3|851=1",
            "AVA 8 6=87.30|11=X|14=1|17=T4-2|31=87.30|32=1|37=O8|38=500|39=1|40=2|44=87.30|54=1"
            "|55=ERIC-B|59=0|60={at}|150=F|151=499|382=1|375=AVA|527=T4|625=3|851=2",
        ],
    ),
    "canceled on request": (
        OrderCanceled(
            state(status="4", cum=200, notional=200 * 873_000),
            CancelReason.USER,
            Phase.CONTINUOUS,
            CANCEL,
        ),
        [
            "AVA 8 6=87.30|11=Y|14=200|17=9-1|37=O7|38=500|39=4|40=2|41=X|44=87.30|54=1|55=ERIC-B"
            "|59=0|60={at}|150=4|151=0|625=3"
        ],
    ),
    "canceled unasked": (
        OrderCanceled(state(FULL, "4"), CancelReason.DISCONNECT, Phase.CONTINUOUS),
        [
            "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|37=O7|38=500|39=4|40=2|44=87.30|54=1"
            "|55=ERIC-B|58=session disconnected|59=6|60={at}|126={at}|150=4|151=0|378=99|625=3"
        ],
    ),
    "expired": (
        OrderExpired(state(FULL, "C"), Phase.CONTINUOUS),
        [
            "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|37=O7|38=500|39=C|40=2|44=87.30|54=1"
            "|55=ERIC-B|59=6|60={at}|126={at}|150=C|151=0|625=3"
        ],
    ),
    "replaced": (
        OrderReplaced(PART, "W", kept_priority=True, phase=Phase.CONTINUOUS),
        [
            "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|41=W|44=87.30|54=1|55=ERIC-B"
            "|59=0|60={at}|150=5|151=300|625=3"
        ],
    ),
    "replaced before any fill": (
        OrderReplaced(state(), "W", kept_priority=False, phase=Phase.CONTINUOUS),
        [
            "AVA 8 6=0|11=X|14=0|17=9-1|37=O7|38=500|39=0|40=2|41=W|44=87.30|54=1|55=ERIC-B"
            "|59=0|60={at}|150=5|151=500|625=3"
        ],
    ),
    "replaced by what is filled": (
        OrderReplaced(
            state(status="2", cum=500, notional=500 * 873_000),
            "W",
            kept_priority=True,
            phase=Phase.CONTINUOUS,
        ),
        [
            "AVA 8 6=87.30|11=X|14=500|17=9-1|37=O7|38=500|39=2|40=2|41=W|44=87.30|54=1|55=ERIC-B"
            "|59=0|60={at}|150=5|151=0|625=3"
        ],
    ),
    "cancel refused": (
        CancelRejected(CANCEL, LATE, state(FULL, "2", 500, 500 * 873_000)),
        [
            "AVA 9 57=anna|11=Y|37=O7|39=2|41=X|58=TOO_LATE_TO_CANCEL: OrdStatus(39) of the order"
            " must be 0 or 1, was 2|60={at}|102=0|434=1"
        ],
    ),
    "cancel of an unknown order": (
        CancelRejected(CANCEL, UNKNOWN),
        [f"AVA 9 11=Y|37=NONE|39=8|41=X|{UNKNOWN_TEXT}|60={{at}}|102=1|434=1"],
    ),
    "replace refused": (
        CancelRejected(REPLACE, OFF_TICK, PART),
        [
            "AVA 9 11=Y|37=O7|39=1|41=X|58=PRICE_OFF_TICK: Price(44) must be a multiple of 0.01,"
            " was 87.305|60={at}|102=99|434=2"
        ],
    ),
    "status": (
        StatusReported("AVA", "X", "X", STATUS, PART, Phase.CONTINUOUS),
        [
            "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|44=87.30|54=1|55=ERIC-B|59=0"
            "|60={at}|150=I|151=300|625=3|790=Q1"
        ],
    ),
    "status by a former id": (
        StatusReported("AVA", "W", "X", STATUS, PART, Phase.CONTINUOUS),
        [
            "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|41=W|44=87.30|54=1|55=ERIC-B"
            "|59=0|60={at}|150=I|151=300|625=3|790=Q1"
        ],
    ),
    "status of a resent order": (
        StatusReported("AVA", "X", "X", None, PART, Phase.CONTINUOUS),
        [
            "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|44=87.30|54=1|55=ERIC-B|59=0"
            "|60={at}|150=I|151=300|625=3"
        ],
    ),
    "status of an unknown order": (
        StatusReported("AVA", "X", "X", STATUS, None, ""),
        [
            f"AVA 8 6=0|11=X|14=0|17=9-1|37=NONE|38=0|39=8|54=1|55=ERIC-B|{UNKNOWN_TEXT}|60={{at}}"
            "|103=5|150=I|151=0|790=Q1"
        ],
    ),
    "status of nothing in particular": (
        StatusReported("AVA", "X", "X", RequestStatus("AVA", "X", "", ""), None, ""),
        [
            f"AVA 8 6=0|11=X|14=0|17=9-1|37=NONE|38=0|39=8|54=7|{UNKNOWN_TEXT}|60={{at}}"
            "|103=5|150=I|151=0"
        ],
    ),
    "mass status": (
        MassStatusReported(
            RequestMassStatus("AVA", "Q2", "7"),
            [PART, state(number=8)],
            [Phase.CONTINUOUS, Phase.CLOSED],
        ),
        [
            "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|44=87.30|54=1|55=ERIC-B|59=0"
            "|60={at}|150=I|151=300|584=Q2|625=3|911=2|912=N",
            "AVA 8 6=0|11=X|14=0|17=9-2|37=O8|38=500|39=0|40=2|44=87.30|54=1|55=ERIC-B|59=0"
            "|60={at}|150=I|151=500|584=Q2|625=7|911=2|912=Y",
        ],
    ),
    "mass status of nothing": (
        MassStatusReported(RequestMassStatus("AVA", "Q2", "1", "ERIC-B", "2"), [], []),
        [
            "AVA 8 6=0|14=0|17=9-1|37=NONE|38=0|39=8|54=2|55=ERIC-B|58=no working orders|60={at}"
            "|150=I|151=0|584=Q2|911=0|912=Y"
        ],
    ),
    "mass status refused": (
        MassStatusReported(RequestMassStatus("AVA", "Q2", "8"), [], [], STATUS_SCOPE),
        [
            "AVA 8 6=0|14=0|17=9-1|37=NONE|38=0|39=8|54=7|58=MASS_STATUS_TYPE_UNSUPPORTED:"
            " MassStatusReqType(585) must be 1 or 7, was 8|60={at}|150=I|151=0|584=Q2|911=0|912=Y"
        ],
    ),
    "mass canceled": (
        MassCanceled(MassCancel("AVA", "M", "1", "ERIC-B", "2"), 3),
        ["AVA r 11=M|37=M9|54=2|55=ERIC-B|60={at}|530=1|531=1|533=3"],
    ),
    "mass canceled in a segment": (
        MassCanceled(MassCancel("AVA", "M", "6", segment="STO"), 3),
        ["AVA r 11=M|37=M9|60={at}|336=STO|530=6|531=6|533=3"],
    ),
    "mass cancel refused": (
        MassCanceled(MassCancel("AVA", "M", "5"), 0, SCOPE),
        [
            "AVA r 11=M|37=M9|58=MASS_CANCEL_TYPE_UNSUPPORTED: MassCancelRequestType(530) must be"
            " 1, 6, 7 or 9, was 5|60={at}|530=5|531=0|532=0|533=0"
        ],
    ),
}


IN_42: dict[str, list[str]] = {
    "accepted": [
        "AVA 8 6=0|11=X|14=0|17=9-1|20=0|37=O7|38=500|39=0|40=2|44=87.30|54=1|55=ERIC-B|59=0"
        "|60={at}|150=0|151=500",
    ],
    "accepted with all that an order may have": [
        "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|20=0|37=O7|38=500|39=0|40=2|44=87.30|54=1"
        "|55=ERIC-B|59=6|60={at}|126={at}|150=0|151=500",
    ],
    "accepted without a price": [
        "NON-2 8 6=0|11=n|14=0|17=9-1|20=0|37=O7|38=200|39=0|40=1|54=2|55=ERIC-B|59=0"
        "|60={at}|150=0|151=200",
    ],
    "rejected": [
        "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|20=0|37=NONE|38=500|39=8|40=2|44=87.305"
        "|54=1|55=ERIC-B|58=PRICE_OFF_TICK: Price(44) must be a multiple of 0.01, was 87.305"
        "|59=6|60={at}|103=0|126={at}|150=8|151=0",
    ],
    "rejected because the id is taken": [
        "AVA 8 6=87.30|11=X|14=200|17=9-1|20=0|37=O7|38=500|39=1|40=2|44=87.30|54=1"
        "|55=ERIC-B|58=DUPLICATE_CL_ORD_ID: ClOrdID(11) must not have been used by this"
        " session before, was X|59=0|60={at}|103=6|150=8|151=300",
    ],
    "traded": [
        "AVA 8 6=87.30|11=X|14=200|17=T3-1|20=0|31=87.30|32=200|37=O7|38=500|39=1|40=2"
        "|44=87.30|54=1|55=ERIC-B|59=0|60={at}|150=1|151=300|198=T3|382=1|375=NON",
        "NON-2 8 6=87.30|11=n|14=200|17=T3-2|20=0|31=87.30|32=200|37=O8|38=200|39=2|40=1|54=2"
        "|55=ERIC-B|59=0|60={at}|150=2|151=0|198=T3|382=1|375=AVA",
    ],
    "traded within the member": [
        "AVA 8 57=anna|1=HUS|6=87.30003333|11=F|14=3|17=T4-1|20=0|31=87.30|32=1|37=O7|38=500"
        "|39=1|40=2|44=87.30|54=1|55=ERIC-B|59=6|60={at}|126={at}|150=1|151=497|198=T4|382=1"
        "|375=AVA",
        "AVA 8 6=87.30|11=X|14=1|17=T4-2|20=0|31=87.30|32=1|37=O8|38=500|39=1|40=2|44=87.30"
        "|54=1|55=ERIC-B|59=0|60={at}|150=1|151=499|198=T4|382=1|375=AVA",
    ],
    "canceled on request": [
        "AVA 8 6=87.30|11=Y|14=200|17=9-1|20=0|37=O7|38=500|39=4|40=2|41=X|44=87.30|54=1"
        "|55=ERIC-B|59=0|60={at}|150=4|151=0",
    ],
    "canceled unasked": [
        "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|20=0|37=O7|38=500|39=4|40=2|44=87.30|54=1"
        "|55=ERIC-B|58=session disconnected|59=6|60={at}|126={at}|150=4|151=0",
    ],
    "expired": [
        "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|20=0|37=O7|38=500|39=C|40=2|44=87.30|54=1"
        "|55=ERIC-B|59=6|60={at}|126={at}|150=C|151=0",
    ],
    "replaced": [
        "AVA 8 6=87.30|11=X|14=200|17=9-1|20=0|37=O7|38=500|39=1|40=2|41=W|44=87.30|54=1"
        "|55=ERIC-B|59=0|60={at}|150=5|151=300",
    ],
    "replaced before any fill": [
        "AVA 8 6=0|11=X|14=0|17=9-1|20=0|37=O7|38=500|39=5|40=2|41=W|44=87.30|54=1|55=ERIC-B"
        "|59=0|60={at}|150=5|151=500",
    ],
    "replaced by what is filled": [
        "AVA 8 6=87.30|11=X|14=500|17=9-1|20=0|37=O7|38=500|39=2|40=2|41=W|44=87.30|54=1"
        "|55=ERIC-B|59=0|60={at}|150=5|151=0",
    ],
    "cancel refused": [
        "AVA 9 57=anna|11=Y|37=O7|39=2|41=X|58=TOO_LATE_TO_CANCEL: OrdStatus(39) of the"
        " order must be 0 or 1, was 2|60={at}|102=0|434=1",
    ],
    "cancel of an unknown order": [
        "AVA 9 11=Y|37=NONE|39=8|41=X|58=UNKNOWN_ORDER: OrigClOrdID(41) or ClOrdID(11) must"
        " name an order of this session by its last accepted id, was X|60={at}|102=1|434=1",
    ],
    "replace refused": [
        "AVA 9 11=Y|37=O7|39=1|41=X|58=PRICE_OFF_TICK: Price(44) must be a multiple of 0.01,"
        " was 87.305|60={at}|102=2|434=2",
    ],
    "status": [
        "AVA 8 6=87.30|11=X|14=200|17=9-1|20=3|37=O7|38=500|39=1|40=2|44=87.30|54=1"
        "|55=ERIC-B|59=0|60={at}|150=1|151=300",
    ],
    "status by a former id": [
        "AVA 8 6=87.30|11=X|14=200|17=9-1|20=3|37=O7|38=500|39=1|40=2|41=W|44=87.30|54=1"
        "|55=ERIC-B|59=0|60={at}|150=1|151=300",
    ],
    "status of a resent order": [
        "AVA 8 6=87.30|11=X|14=200|17=9-1|20=3|37=O7|38=500|39=1|40=2|44=87.30|54=1"
        "|55=ERIC-B|59=0|60={at}|150=1|151=300",
    ],
    "status of an unknown order": [
        "AVA 8 6=0|11=X|14=0|17=9-1|20=3|37=NONE|38=0|39=8|54=1|55=ERIC-B"
        "|58=UNKNOWN_ORDER: OrigClOrdID(41) or ClOrdID(11) must name an order of this"
        " session by its last accepted id, was X|60={at}|103=5|150=8|151=0",
    ],
}
"""The same events to a session of FIX 4.2, which cannot ask for anything about many orders, nor for
one without Symbol(55).
"""

IN_50SP2: dict[str, list[str]] = {
    "accepted": [
        "AVA 8 6=0|11=X|14=0|17=9-1|37=O7|38=500|39=0|40=2|44=87.30|54=1|55=ERIC-B|59=0"
        "|60={at}|150=0|151=500|625=3",
    ],
    "accepted with all that an order may have": [
        "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|37=O7|38=500|39=0|40=2|44=87.30|54=1"
        "|55=ERIC-B|59=6|60={at}|126={at}|150=0|151=500|625=3",
    ],
    "accepted without a price": [
        "NON-2 8 6=0|11=n|14=0|17=9-1|37=O7|38=200|39=0|40=1|54=2|55=ERIC-B|59=0|60={at}"
        "|150=0|151=200|625=3",
    ],
    "rejected": [
        "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|37=NONE|38=500|39=8|40=2|44=87.305|54=1"
        "|55=ERIC-B|58=PRICE_OFF_TICK: Price(44) must be a multiple of 0.01, was 87.305|59=6"
        "|60={at}|103=18|126={at}|150=8|151=0",
    ],
    "rejected because the id is taken": [
        "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|44=87.30|54=1|55=ERIC-B"
        "|58=DUPLICATE_CL_ORD_ID: ClOrdID(11) must not have been used by this session"
        " before, was X|59=0|60={at}|103=6|150=8|151=300",
    ],
    "traded": [
        "AVA 8 6=87.30|11=X|14=200|17=T3-1|31=87.30|32=200|37=O7|38=500|39=1|40=2|44=87.30"
        "|54=1|55=ERIC-B|59=0|60={at}|150=F|151=300|453=1|448=NON|447=D|452=17|625=3|851=1"
        "|880=T3",
        "NON-2 8 6=87.30|11=n|14=200|17=T3-2|31=87.30|32=200|37=O8|38=200|39=2|40=1|54=2"
        "|55=ERIC-B|59=0|60={at}|150=F|151=0|453=1|448=AVA|447=D|452=17|625=3|851=2|880=T3",
    ],
    "traded within the member": [
        "AVA 8 57=anna|1=HUS|6=87.30003333|11=F|14=3|17=T4-1|31=87.30|32=1|37=O7|38=500|39=1"
        "|40=2|44=87.30|54=1|55=ERIC-B|59=6|60={at}|126={at}|150=F|151=497|453=1|448=AVA"
        "|447=D|452=17|625=3|851=1|880=T4",
        "AVA 8 6=87.30|11=X|14=1|17=T4-2|31=87.30|32=1|37=O8|38=500|39=1|40=2|44=87.30|54=1"
        "|55=ERIC-B|59=0|60={at}|150=F|151=499|453=1|448=AVA|447=D|452=17|625=3|851=2|880=T4",
    ],
    "canceled on request": [
        "AVA 8 6=87.30|11=Y|14=200|17=9-1|37=O7|38=500|39=4|40=2|41=X|44=87.30|54=1"
        "|55=ERIC-B|59=0|60={at}|150=4|151=0|625=3",
    ],
    "canceled unasked": [
        "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|37=O7|38=500|39=4|40=2|44=87.30|54=1"
        "|55=ERIC-B|58=session disconnected|59=6|60={at}|126={at}|150=4|151=0|378=99|625=3",
    ],
    "expired": [
        "AVA 8 57=anna|1=HUS|6=0|11=F|14=0|17=9-1|37=O7|38=500|39=C|40=2|44=87.30|54=1"
        "|55=ERIC-B|59=6|60={at}|126={at}|150=C|151=0|625=3",
    ],
    "replaced": [
        "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|41=W|44=87.30|54=1"
        "|55=ERIC-B|59=0|60={at}|150=5|151=300|625=3",
    ],
    "replaced before any fill": [
        "AVA 8 6=0|11=X|14=0|17=9-1|37=O7|38=500|39=0|40=2|41=W|44=87.30|54=1|55=ERIC-B|59=0"
        "|60={at}|150=5|151=500|625=3",
    ],
    "replaced by what is filled": [
        "AVA 8 6=87.30|11=X|14=500|17=9-1|37=O7|38=500|39=2|40=2|41=W|44=87.30|54=1"
        "|55=ERIC-B|59=0|60={at}|150=5|151=0|625=3",
    ],
    "cancel refused": [
        "AVA 9 57=anna|11=Y|37=O7|39=2|41=X|58=TOO_LATE_TO_CANCEL: OrdStatus(39) of the"
        " order must be 0 or 1, was 2|60={at}|102=0|434=1",
    ],
    "cancel of an unknown order": [
        "AVA 9 11=Y|37=NONE|39=8|41=X|58=UNKNOWN_ORDER: OrigClOrdID(41) or ClOrdID(11) must"
        " name an order of this session by its last accepted id, was X|60={at}|102=1|434=1",
    ],
    "replace refused": [
        "AVA 9 11=Y|37=O7|39=1|41=X|58=PRICE_OFF_TICK: Price(44) must be a multiple of 0.01,"
        " was 87.305|60={at}|102=18|434=2",
    ],
    "status": [
        "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|44=87.30|54=1|55=ERIC-B"
        "|59=0|60={at}|150=I|151=300|625=3|790=Q1",
    ],
    "status by a former id": [
        "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|41=W|44=87.30|54=1"
        "|55=ERIC-B|59=0|60={at}|150=I|151=300|625=3|790=Q1",
    ],
    "status of a resent order": [
        "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|44=87.30|54=1|55=ERIC-B"
        "|59=0|60={at}|150=I|151=300|625=3",
    ],
    "status of an unknown order": [
        "AVA 8 6=0|11=X|14=0|17=9-1|37=NONE|38=0|39=8|54=1|55=ERIC-B"
        "|58=UNKNOWN_ORDER: OrigClOrdID(41) or ClOrdID(11) must name an order of this"
        " session by its last accepted id, was X|60={at}|103=5|150=I|151=0|790=Q1",
    ],
    "status of nothing in particular": [
        "AVA 8 6=0|11=X|14=0|17=9-1|37=NONE|38=0|39=8|54=7"
        "|58=UNKNOWN_ORDER: OrigClOrdID(41) or ClOrdID(11) must name an order of this"
        " session by its last accepted id, was X|60={at}|103=5|150=I|151=0",
    ],
    "mass status": [
        "AVA 8 6=87.30|11=X|14=200|17=9-1|37=O7|38=500|39=1|40=2|44=87.30|54=1|55=ERIC-B"
        "|59=0|60={at}|150=I|151=300|584=Q2|625=3|911=2|912=N",
        "AVA 8 6=0|11=X|14=0|17=9-2|37=O8|38=500|39=0|40=2|44=87.30|54=1|55=ERIC-B|59=0"
        "|60={at}|150=I|151=500|584=Q2|625=7|911=2|912=Y",
    ],
    "mass status of nothing": [
        "AVA 8 6=0|14=0|17=9-1|37=NONE|38=0|39=8|54=2|55=ERIC-B|58=no working orders|60={at}"
        "|150=I|151=0|584=Q2|911=0|912=Y",
    ],
    "mass status refused": [
        "AVA 8 6=0|14=0|17=9-1|37=NONE|38=0|39=8|54=7"
        "|58=MASS_STATUS_TYPE_UNSUPPORTED: MassStatusReqType(585) must be 1 or 7, was 8"
        "|60={at}|150=I|151=0|584=Q2|911=0|912=Y",
    ],
    "mass canceled": [
        "AVA r 11=M|37=M9|54=2|55=ERIC-B|60={at}|530=1|531=1|533=3|1369=M9",
    ],
    "mass canceled in a segment": [
        "AVA r 11=M|37=M9|60={at}|530=6|531=6|533=3|1300=STO|1369=M9",
    ],
    "mass cancel refused": [
        "AVA r 11=M|37=M9|58=MASS_CANCEL_TYPE_UNSUPPORTED: MassCancelRequestType(530) must"
        " be 1, 6, 7 or 9, was 5|60={at}|530=5|531=0|532=0|533=0|1369=M9",
    ],
}
"""And to one of FIX 5.0SP2."""

TAPES: dict[str, dict[str, list[str]]] = {
    FIX42: IN_42,
    FIX44: {what: expected for what, (_, expected) in MATRIX.items()},
    FIX50SP2: IN_50SP2,
}
CASES = [(version, what) for version, tapes in TAPES.items() for what in tapes]


@pytest.mark.parametrize(("version", "what"), CASES)
def test_report_matrix(version: str, what: str) -> None:
    """Who is sent what for an event, tags ascending behind the trader's."""
    event, _ = MATRIX[what]
    assert lines(event, version=version) == [
        line.replace("{at}", AT) for line in TAPES[version][what]
    ]


@pytest.mark.parametrize(("version", "what"), CASES)
def test_a_stock_client_accepts_every_report(version: str, what: str) -> None:
    """Sent the first time and sent again: a QuickFIX release's dictionary, and the contract."""
    sent = on_the_wire(MATRIX[what][0], version)
    assert len(sent) == 2 * len(TAPES[version][what])
    assert [text for data in sent for text in complaints(data)] == []
    for data in sent:
        decoded(data, stock_decoder(version))


@pytest.mark.parametrize(("version", "what"), CASES)
def test_our_own_dictionary_lists_every_field_sent(version: str, what: str) -> None:
    """A client with the venue's dictionary accepts the same."""
    for data in on_the_wire(MATRIX[what][0], version):
        decoded(data, our_decoder(version))


@pytest.mark.parametrize(("version", "what"), CASES)
def test_every_report_is_as_the_table_of_occasions_says(version: str, what: str) -> None:
    """No field is missing or too much on its occasion."""
    for data in on_the_wire(MATRIX[what][0], version):
        assert presence_complaints(pairs_of(data), version) == []


def test_every_event_is_there_in_every_version() -> None:
    """Nothing is left out but what FIX 4.2 cannot ask."""
    assert MATRIX.keys() == IN_50SP2.keys()
    assert MATRIX.keys() - IN_42.keys() == {
        *(what for what in MATRIX if what.startswith("mass")),
        "status of nothing in particular",
    }


def test_reports_of_one_command_are_numbered_through() -> None:
    """ExecID is the command's number and the place among its reports, or the match and the side."""
    events = [MATRIX[what][0] for what in ("accepted", "traded", "expired")]
    exec_ids = [line.partition("17=")[2].partition("|")[0] for line in lines(*events, seq=12)]
    assert exec_ids == ["12-1", "T3-1", "T3-2", "12-4"]


def test_a_writer_keeps_nothing_of_the_command_before() -> None:
    """Each call returns its own reports."""
    one = writer()
    first = one.write([MATRIX["accepted"][0]], 1, START)
    second = one.write([MATRIX["expired"][0]], 2, START)
    assert (len(first), len(second), one.write([], 3, START)) == (1, 1, [])


@pytest.mark.parametrize("reason", set(CancelReason) - {CancelReason.USER, CancelReason.TIMEOUT})
def test_an_order_that_ends_unasked_says_why(reason: CancelReason) -> None:
    """Each reason has words of its own in Text(58)."""
    event = OrderCanceled(state(status="4"), reason, Phase.CONTINUOUS)
    assert f"|58={CANCEL_TEXTS[reason]}|" in lines(event)[0]
    assert len(set(CANCEL_TEXTS.values())) == len(CANCEL_TEXTS)


@pytest.mark.parametrize("phase", Phase)
def test_the_phase_is_told(phase: Phase) -> None:
    """Each phase has a TradingSessionSubID that is a number in FIX's table."""
    line = lines(OrderAccepted(state(), phase))[0]
    assert line.endswith(f"|625={TRADING_SESSION_SUB_ID[phase]}")
    assert TRADING_SESSION_SUB_ID[phase].isdecimal()


@given(st.lists(st.tuples(st.integers(1, 10**10), st.integers(1, 10**6)), min_size=1, max_size=5))
def test_avg_px_is_exact_in_every_fill(fills: list[tuple[int, int]]) -> None:
    """The running average to eight decimals, as Decimal computes it."""
    cum = notional = 0
    for price, qty in fills:
        cum, notional = cum + qty, notional + price * qty
        done = state(msgspec.structs.replace(TERMS, qty=10**9), "1", cum, notional)
        line = lines(Traded(1, "ERIC-B", price, qty, done, done, Phase.CONTINUOUS))[0]
        average = Decimal(line.partition(" 6=")[2].partition("|")[0])
        assert abs(average - Decimal(notional) / cum / 10_000) <= Decimal("5e-9")


def test_a_message_in_full() -> None:
    """One report as it stands on the wire."""
    first, _ = on_the_wire(MATRIX["accepted with all that an order may have"][0])
    assert FROM_VENUE.short(first) == (
        f"35=8|34=1|57=anna|1=HUS|6=0|11=F|14=0|17=9-1|37=O7|38=500|39=0|40=2|44=87.30|54=1"
        f"|55=ERIC-B|59=6|60={AT}|126={AT}|150=0|151=500|625=3"
    )
