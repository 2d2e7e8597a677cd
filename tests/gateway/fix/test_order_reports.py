"""Reports about orders with attributes or a past, in every version, field by field.

What is sent for each event stands in order_reports.txt; plain orders, and answers to questions, are
in test_execution_reports.py.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.commands import CancelOrder, EnterOrder, Instructions, RequestStatus
from engine.events import (
    CallExtended,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderDoneForDay,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderState,
    OrderTriggered,
    PhaseChanged,
    SecurityStatusReported,
    SegmentPhaseChanged,
    Standing,
    StatusReported,
    TradeBusted,
    TradeCorrected,
    Traded,
    TradingSessionReported,
    Uncrossed,
)
from engine.rejects import Refusal, RejectReason
from engine.values import (
    BustReason,
    CancelReason,
    Cross,
    Phase,
    Restatement,
)
from gateway.fix.order_reports import RESTATED_TEXTS
from gateway.fix.report_style import ReportStyle
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.gateway.fix.test_execution_reports import MATRIX, TAPES
from tests.support.fix import decoded, our_decoder, our_versions, ours, pairs_of
from tests.support.report_lines import AT, lines, on_the_wire, state
from tests.support.reports import complaints
from tests.support.scenario_table import presence_complaints

ALL = (FIX42, FIX44, FIX50SP2)

LIMIT = EnterOrder("AVA", "AVA", "X", "ERIC-B", "2", "2", 500, 873_000)
PHASE = Phase.CONTINUOUS


def asking(terms: EnterOrder = LIMIT, **more: object) -> EnterOrder:
    """An order with these instructions; `displayed` and the fields of orders go to the terms."""
    own = {key: more.pop(key) for key in tuple(more) if key in EnterOrder.__struct_fields__}
    instructions = Instructions(**more) if more else None  # type: ignore[arg-type]
    return msgspec.structs.replace(terms, instructions=instructions, **own)


ICEBERG = asking(max_floor=100)
RANDOM = asking(max_floor=100, display_range=20)
HIDDEN = asking(max_floor=0, min_qty=50, displayed=False)
POST_ONLY = asking(exec_inst="6")
PEG = asking(ord_type="P", price=872_000, exec_inst="M", displayed=False)
PEG_TICKS = asking(
    ord_type="P", price=0, exec_inst="R", peg_offset=-2, peg_offset_type="2", displayed=False
)
STOP = asking(ord_type="3", price=0, stop_px=860_000)
STOP_LIMIT = asking(ord_type="4", stop_px=860_000, price=859_000)
TRAILING = asking(ord_type="P", price=0, exec_inst="a", peg_offset=20_000, peg_offset_type="0")
TRAILING_50 = asking(ord_type="3", price=0, exec_inst="a", peg_offset=20_000)
WARY = asking(self_match="2", self_match_level="3", self_match_group="G1")
ON_CLOSE = asking(ord_type="1", price=0, time_in_force="7")
GTC = asking(time_in_force="1")
BUYER = EnterOrder("NON", "NON", "n", "ERIC-B", "1", "2", 100, 873_000)

WAITS = Standing(working=False)
NOTIONAL = 100 * 873_000


def part(terms: EnterOrder, standing: Standing | None = None) -> OrderState:
    """The order with 100 filled at 87.30."""
    return state(terms, "1", 100, NOTIONAL, standing=standing)


FILLED = state(BUYER, "2", 100, NOTIONAL, number=8)
RENEWED = Standing(renewed=True, price=873_000)
UNDONE = Standing(busted_qty=100, price=873_000)

EVENTS: dict[str, Event] = {
    "iceberg": OrderAccepted(state(ICEBERG, standing=Standing(shown=100)), PHASE),
    "iceberg of random slices": OrderAccepted(state(RANDOM, standing=Standing(shown=88)), PHASE),
    "hidden": OrderAccepted(state(HIDDEN, standing=Standing()), PHASE),
    "post-only": OrderAccepted(state(POST_ONLY, standing=Standing()), PHASE),
    "pegged to mid": OrderAccepted(state(PEG, standing=Standing(price=872_500)), PHASE),
    "pegged by ticks, waiting": OrderAccepted(state(PEG_TICKS, standing=WAITS), PHASE),
    "stop": OrderAccepted(state(STOP, standing=Standing(working=False, stop_px=860_000)), PHASE),
    "stop limit": OrderAccepted(
        state(STOP_LIMIT, standing=Standing(working=False, stop_px=860_000)), PHASE
    ),
    "trailing stop": OrderAccepted(
        state(TRAILING, standing=Standing(working=False, stop_px=853_000)), PHASE
    ),
    "trailing stop as in 5.0": OrderAccepted(
        state(TRAILING_50, standing=Standing(working=False, stop_px=853_000)), PHASE
    ),
    "with self-match prevention": OrderAccepted(state(WARY, standing=Standing()), PHASE),
    "at the close": OrderAccepted(state(ON_CLOSE, standing=WAITS), PHASE),
    "refused": OrderRejected(
        asking(STOP, stop_px=860_050), Refusal(RejectReason.STOP_PX_OFF_TICK, 100, 860_050)
    ),
    "iceberg traded": Traded(3, "ERIC-B", 873_000, 100, part(ICEBERG, Standing()), FILLED, PHASE),
    "incoming stop traded": Traded(
        3,
        "ERIC-B",
        873_000,
        100,
        state(BUYER, "2", 100, NOTIONAL, number=8),
        part(STOP, Standing(triggered=True, stop_px=860_000)),
        PHASE,
    ),
    "auction": Traded(
        3,
        "ERIC-B",
        873_000,
        100,
        part(GTC, RENEWED),
        FILLED,
        Phase.CLOSING_CALL,
        Cross.CLOSING,
    ),
    "iceberg replaced": OrderReplaced(
        part(ICEBERG, Standing(shown=100)), "W", kept_priority=False, phase=PHASE
    ),
    "iceberg canceled": OrderCanceled(
        state(ICEBERG, "4", standing=Standing()),
        CancelReason.USER,
        PHASE,
        CancelOrder("AVA", "Y", "X", "ERIC-B", "2"),
    ),
    "self-match": OrderCanceled(
        state(WARY, "4", standing=Standing()), CancelReason.SELF_MATCH, PHASE
    ),
    "flushed": OrderCanceled(state(LIMIT, "4"), CancelReason.STATE, Phase.HALT_FROZEN),
    "canceled by the operator": OrderCanceled(state(LIMIT, "4"), CancelReason.SUPERVISORY, PHASE),
    "canceled on a halt": OrderCanceled(
        state(asking(exec_inst="K"), "4", standing=Standing()), CancelReason.HALT, Phase.HALT_FROZEN
    ),
    "not best any more": OrderCanceled(
        state(asking(exec_inst="Z"), "4", standing=Standing()), CancelReason.NOT_BEST, PHASE
    ),
    "done for the day": OrderDoneForDay(state(LIMIT, "3", 100, NOTIONAL), Phase.POST_TRADE),
    "done until tomorrow": OrderDoneForDay(
        msgspec.structs.replace(part(GTC, RENEWED), status="3"), Phase.POST_TRADE
    ),
    "for an amount": OrderAccepted(
        state(asking(cash_order_qty=437_000_000), standing=Standing()), PHASE
    ),
    "phoned in": OrderAccepted(
        state(msgspec.structs.replace(LIMIT, cl_ord_id=""), standing=Standing()), PHASE
    ),
    "rest after an auction": OrderCanceled(
        state(ON_CLOSE, "4", standing=WAITS), CancelReason.AUCTION, Phase.CLOSING_CALL
    ),
    "stop expired": OrderExpired(
        state(STOP, "C", standing=Standing(working=False, stop_px=860_000)), Phase.POST_TRADE
    ),
    "stop triggered": OrderTriggered(
        state(STOP, standing=Standing(triggered=True, stop_px=860_000)), PHASE
    ),
    "trailing stop triggered": OrderTriggered(
        state(TRAILING, standing=Standing(triggered=True, stop_px=855_000)), PHASE
    ),
    "renewed": OrderRestated(part(GTC, RENEWED), Restatement.RENEWED, Phase.PRE_OPEN),
    "traded after a night": Traded(
        4,
        "ERIC-B",
        873_000,
        100,
        state(
            GTC,
            "1",
            200,
            2 * NOTIONAL,
            standing=Standing(renewed=True, day_cum_qty=100, day_notional=NOTIONAL),
        ),
        FILLED,
        PHASE,
    ),
    "refreshed": OrderRestated(part(ICEBERG, Standing(shown=100)), Restatement.REFRESHED, PHASE),
    "peg repriced": OrderRestated(
        state(PEG, standing=Standing(price=872_400)), Restatement.REPRICED, PHASE
    ),
    "trailing stop moved": OrderRestated(
        state(TRAILING, standing=Standing(working=False, stop_px=854_000)),
        Restatement.REPRICED,
        PHASE,
    ),
    "changed": OrderRestated(state(LIMIT), Restatement.CHANGED, PHASE),
    "reduced": OrderRestated(part(LIMIT), Restatement.REDUCED, PHASE),
    "split": OrderRestated(part(LIMIT), Restatement.SPLIT, Phase.CLOSED),
    "busted": TradeBusted(
        3,
        "ERIC-B",
        873_000,
        100,
        BustReason.ERRONEOUS,
        state(LIMIT, standing=UNDONE),
        state(BUYER, "4", number=8, standing=UNDONE),
        PHASE,
    ),
    "busted and given back": TradeBusted(
        3,
        "ERIC-B",
        873_000,
        100,
        BustReason.CONSENT,
        state(LIMIT),
        state(BUYER, number=8),
        PHASE,
    ),
    "corrected": TradeCorrected(
        3,
        "ERIC-B",
        872_000,
        100,
        state(LIMIT, "1", 100, 100 * 872_000),
        state(BUYER, "2", 100, 100 * 872_000, number=8),
        PHASE,
    ),
    "status of a stop": StatusReported(
        "AVA",
        "X",
        "X",
        RequestStatus("AVA", "X", "ERIC-B", "2", "Q1"),
        state(STOP, standing=Standing(working=False, stop_px=860_000)),
        PHASE,
    ),
}
"""What happened, by a name."""

PHONED = "phoned in"
"""An order without a ClOrdID(11), which every other one has."""

BUSTED = {"busted": 100}
"""Quantity of canceled trades that was not given back."""


def _expected() -> dict[tuple[str, str], list[str]]:
    """By name and version, as order_reports.txt has it."""
    found: dict[tuple[str, str], list[str]] = {}
    what = ""
    text = Path(__file__).with_name("order_reports.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith(" "):
            version, report = line.split(maxsplit=1)
            found.setdefault((what, version), []).append(report.replace("{at}", AT))
        elif not line.startswith("#"):
            what = line
    return found


EXPECTED = _expected()


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("what", EVENTS)
def test_reports_field_by_field(what: str, version: str) -> None:
    """Who is sent what, tags ascending."""
    assert lines(EVENTS[what], version=version) == EXPECTED[what, version]


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("what", EVENTS)
def test_every_reader_accepts_them(what: str, version: str) -> None:
    """A stock client, one with our dictionary, the contract, the table of occasions."""
    for data in on_the_wire(EVENTS[what], version):
        found = complaints(data, BUSTED.get(what, 0))
        assert [text for text in found if what != PHONED or "11 missing" not in text] == []
        assert presence_complaints(pairs_of(data), version) == []
        decoded(data, our_decoder(version))


def test_every_line_of_the_file_has_its_event() -> None:
    """Nothing stands there that is not compared."""
    assert set(EXPECTED) == {(what, version) for what in EVENTS for version in ALL}


SILENT: list[Event] = [
    PhaseChanged("ERIC-B", Phase.CONTINUOUS, Phase.OPENING_CALL, "schedule"),
    SegmentPhaseChanged("STO", Phase.CONTINUOUS, Phase.OPENING_CALL),
    Uncrossed("ERIC-B", Cross.OPENING, 873_000, 100, 1),
    CallExtended("ERIC-B", 973_000, 873_000, Phase.OPENING_CALL),
]


def test_what_no_member_hears() -> None:
    """Phases and auctions as such are told elsewhere, and move no ExecID(17)."""
    accepted = OrderAccepted(state(LIMIT), PHASE)
    assert lines(*SILENT) == []
    assert lines(*SILENT, accepted) == lines(accepted)


def test_every_kind_of_event_is_covered() -> None:
    """Nothing the engine can say is left out; answers about phases have a test of their own."""
    events = [*EVENTS.values(), *SILENT, *(event for event, _ in MATRIX.values())]
    elsewhere = {TradingSessionReported, SecurityStatusReported}
    assert {type(event) for event in events} == set(Event.__args__) - elsewhere


@pytest.mark.parametrize("version", ALL)
def test_every_field_of_the_dictionary_is_sent_at_times(version: str) -> None:
    """The dictionary's reports list nothing that no event brings about."""
    events = [*EVENTS.values(), *(MATRIX[what][0] for what in TAPES[version])]
    sent = {
        (fields[2][1], tag)
        for event in events
        for data in on_the_wire(event, version)
        for fields in [pairs_of(data)]
        for tag, _ in fields
    }
    for kind in {"8", "9", "r"} & ours(version).messages.keys():
        spec = ours(version).messages[kind]
        listed = {*spec.fields, *(tag for group in spec.groups.values() for tag in group.fields)}
        assert {(kind, tag) for tag in listed} - sent == set()


@pytest.mark.parametrize("reason", Restatement)
def test_every_restatement_has_words_and_codes(reason: Restatement) -> None:
    """Each reason its own words, and a code in every version."""
    assert RESTATED_TEXTS[reason]
    for version in ALL:
        style: ReportStyle = our_versions()[version].style()
        legal = ours(version).fields["378"].enum
        assert style.restatement_codes[reason] in legal
        assert set(style.cancel_codes.values()) <= legal
    assert len(set(RESTATED_TEXTS.values())) == len(Restatement)


def test_a_second_correction_names_the_first_report_of_the_fill() -> None:
    """ExecRefID(19) is the fill's own ExecID(17) both times; their own ids differ."""
    event = EVENTS["corrected"]
    first, second = lines(event, seq=20), lines(event, seq=21)
    assert ["|19=T3-1|" in line for line in (first[0], second[0])] == [True, True]
    assert [line.partition("17=")[2].partition("|")[0] for line in (*first, *second)] == [
        "20-1",
        "20-2",
        "21-1",
        "21-2",
    ]
