"""How refusals are said; the table itself is held against FIX and the engine by test_fix_specs."""

from __future__ import annotations

import pytest

from engine.rejects import Refusal, RejectReason
from gateway.fix.reject_texts import RejectTexts
from tests.support.fix import START

TEXTS = RejectTexts("FIX.4.4")


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        (
            Refusal(RejectReason.PRICE_OFF_TICK, 500, 873_300),
            "PRICE_OFF_TICK: Price(44) must be a multiple of 0.05, was 87.33",
        ),
        (
            Refusal(RejectReason.ORDER_QTY_OFF_LOT, 100, 150),
            "ORDER_QTY_OFF_LOT: OrderQty(38) must be a multiple of 100, was 150",
        ),
        (
            Refusal(RejectReason.PRICE_TOO_PRECISE, "4", "87.30001"),
            "PRICE_TOO_PRECISE: Price(44) must have at most 4 decimals, was 87.30001",
        ),
        (
            Refusal(RejectReason.EXPIRE_TIME_PAST, START, START - 1_000_000_000),
            "EXPIRE_TIME_PAST: ExpireDate(432) or ExpireTime(126) must be later than "
            "20261122-12:00:00.000, was 20261122-11:59:59.000",
        ),
        (
            Refusal(RejectReason.SIDE_CHANGED, "1", "2"),
            "SIDE_CHANGED: Side(54) must stay 1, was 2",
        ),
        (
            Refusal(RejectReason.STOP_PX_OFF_TICK, 500, 873_300),
            "STOP_PX_OFF_TICK: StopPx(99) must be a multiple of 0.05, was 87.33",
        ),
        (
            Refusal(RejectReason.NOT_TOP_OF_BOOK, 873_000, 873_500),
            "NOT_TOP_OF_BOOK: Price(44) must lie between the best prices when ExecInst(18) is 6,"
            " 87.30 is in its way, was 87.35",
        ),
        (
            Refusal(RejectReason.PHASE_FORBIDS_ORDER_TYPE, "post-only", "CLOSING_CALL"),
            "PHASE_FORBIDS_ORDER_TYPE: Phase must be one that permits a post-only order of this"
            " TimeInForce(59), was CLOSING_CALL",
        ),
        (
            Refusal(RejectReason.EXEC_INST_MISSING, "P", ""),
            "EXEC_INST_MISSING: ExecInst(18) or PegPriceType(1094) must say what to follow when"
            " OrdType(40) is P, was missing",
        ),
        (
            Refusal(RejectReason.ORDER_QTY_MISSING),
            "ORDER_QTY_MISSING: OrderQty(38) must be given, was missing",
        ),
    ],
)
def test_a_refusal_says_name_rule_and_value(refusal: Refusal, text: str) -> None:
    """Prices and times are written as FIX writes them, everything else as it came."""
    assert TEXTS.text(refusal) == text


def test_no_text_is_longer_than_text_may_be() -> None:
    """The value that was refused is echoed only as far as 256 characters reach."""
    refusal = Refusal(RejectReason.UNKNOWN_SYMBOL, was="X" * 256)
    assert len(TEXTS.text(refusal)) == 256


def test_braces_in_a_value_are_just_braces() -> None:
    """What a member sends is not read as a template."""
    refusal = Refusal(RejectReason.UNKNOWN_SYMBOL, was="{limit}{0}{was!r}")
    assert TEXTS.text(refusal).endswith("was {limit}{0}{was!r}")


@pytest.mark.parametrize(
    ("version", "reason", "codes"),
    [
        ("FIX.4.4", RejectReason.UNKNOWN_SYMBOL, (1, 99, 1)),
        ("FIX.4.2", RejectReason.DUPLICATE_CL_ORD_ID, (6, 2, None)),
        ("FIX.4.4", RejectReason.DUPLICATE_CL_ORD_ID, (6, 6, None)),
        ("FIX.5.0SP2", RejectReason.PRICE_OFF_TICK, (18, 18, None)),
        ("FIX.4.4", RejectReason.MASS_CANCEL_TYPE_UNSUPPORTED, (99, 99, 0)),
    ],
)
def test_codes_are_those_of_the_version(
    version: str, reason: RejectReason, codes: tuple[int, int, int | None]
) -> None:
    """OrdRejReason, CxlRejReason, and MassCancelRejectReason where the reason can be one."""
    texts, refusal = RejectTexts(version), Refusal(reason)
    assert (texts.ord_rej_reason(refusal), texts.cxl_rej_reason(refusal)) == codes[:2]
    if codes[2] is not None:
        assert texts.mass_cancel_reject_reason(refusal) == codes[2]
