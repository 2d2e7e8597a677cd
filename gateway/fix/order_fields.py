"""What a report says of an order: fields by tag, the same whatever the report is about.

Values that are "" are left out on writing, and so is what the version of the reader does not
define; what is here is therefore in the words of the newest version, but where an older one says
the same otherwise.
"""

from __future__ import annotations

from engine.commands import Instructions, OrderTerms
from engine.events import OrderState, Standing
from engine.values import ExecInst, OrdStatus, PegOffsetType
from gateway.decimals import format_avg_px, format_price
from gateway.fix.order_instructions import PEGS
from gateway.fix.report_style import ReportStyle
from gateway.fix.times import format_utc_timestamp

Fields = dict[int, object]

UNKNOWN = "NONE"

PEG_PRICE_TYPE: dict[str, str] = {
    ExecInst.MID_PEG: "2",
    ExecInst.MARKET_PEG: "4",
    ExecInst.PRIMARY_PEG: "5",
    ExecInst.TRAILING_STOP: "8",
}
"""ExecInst(18) -> PegPriceType(1094)."""

RANDOM_DISPLAY = "3"

_WORKING: frozenset[str] = frozenset({OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED})


def order_fields(order: OrderState, style: ReportStyle) -> Fields:
    """All that there is to say of an order at one moment."""
    terms = order.terms
    expire_at = terms.expire_at
    fields: Fields = {
        1: terms.account,
        6: format_avg_px(order.notional, order.cum_qty),
        11: terms.cl_ord_id,
        14: order.cum_qty,
        37: f"O{order.order_id}" if order.order_id else UNKNOWN,
        38: terms.qty,
        39: order.status,
        40: terms.ord_type,
        44: format_price(terms.price) if terms.price else "",
        54: terms.side,
        55: terms.symbol or (UNKNOWN if style.has_exec_trans_type else ""),
        59: terms.time_in_force,
        126: format_utc_timestamp(expire_at, style.digits) if expire_at else "",
        151: order.leaves_qty,
    }
    if terms.instructions is not None:
        fields |= _instruction_fields(terms.instructions, style)
    if order.standing is not None:
        fields |= _standing_fields(order, order.standing)
    return fields


def is_trailing_stop(terms: OrderTerms) -> bool:
    """Whether the stop price follows the market."""
    instructions = terms.instructions
    return instructions is not None and instructions.exec_inst == ExecInst.TRAILING_STOP


def is_pegged(terms: OrderTerms) -> bool:
    """Whether the price follows the best prices."""
    return terms.instructions is not None and terms.instructions.exec_inst in PEGS


def _instruction_fields(instructions: Instructions, style: ReportStyle) -> Fields:
    shown = str(instructions.max_floor) if instructions.max_floor >= 0 else ""
    stop_px = instructions.stop_px
    fields: Fields = {
        18: style.exec_inst.get(instructions.exec_inst, instructions.exec_inst),
        99: format_price(stop_px) if stop_px else "",
        110: instructions.min_qty or "",
        111: shown,
        1094: PEG_PRICE_TYPE.get(instructions.exec_inst, ""),
        152: format_price(instructions.cash_order_qty) if instructions.cash_order_qty else "",
        1138: shown,
    }
    if instructions.peg_offset:
        fields |= _peg_offset(instructions, style)
    if instructions.display_range:
        fields |= {
            1084: RANDOM_DISPLAY,
            1085: instructions.max_floor - instructions.display_range,
            1086: instructions.max_floor + instructions.display_range,
        }
    return fields


def _peg_offset(instructions: Instructions, style: ReportStyle) -> Fields:
    """What counts in ticks is not told where it would be read as a price."""
    offset, kind = instructions.peg_offset, instructions.peg_offset_type
    if kind != PegOffsetType.TICKS:
        return {211: format_price(offset), 836: kind}
    return {211: offset, 836: kind} if 836 in style.known["8"] else {}


def _standing_fields(order: OrderState, standing: Standing) -> Fields:
    terms = order.terms
    fields: Fields = {}
    if order.status in _WORKING:
        fields[636] = "Y" if standing.working else "N"
        if is_pegged(terms) and standing.price:
            fields[839] = format_price(standing.price)
    if standing.stop_px:
        fields[99] = format_price(standing.stop_px)
    if standing.renewed:
        fields |= {
            424: terms.qty - (order.cum_qty - standing.day_cum_qty),
            425: standing.day_cum_qty,
            426: format_avg_px(standing.day_notional, standing.day_cum_qty),
        }
    return fields
