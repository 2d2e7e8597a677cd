"""May an order have these instructions? One-line answers in the order of the fields.

Kind, phase, quantity and price have been asked before (`refusals`).
"""

from __future__ import annotations

from engine.commands import Instructions, OrderTerms
from engine.market import Market
from engine.order import Order
from engine.order_kinds import Kind, kind_of
from engine.rejects import Refusal, RejectReason
from engine.values import (
    PRICE_MAX,
    ExecInst,
    OrdType,
    PegOffsetType,
    PostOnly,
    SelfMatch,
    SelfMatchLevel,
    Side,
)

PEG_TICKS_MAX = 1_000
"""A peg's offset in ticks is a walk; nobody needs a longer one."""

EXEC_INSTS = frozenset(ExecInst)
PEGS = frozenset({ExecInst.MID_PEG, ExecInst.MARKET_PEG, ExecInst.PRIMARY_PEG})
ANYWHERE = frozenset({ExecInst.CANCEL_ON_HALT})
ON_LIMIT = frozenset({ExecInst.POST_ONLY, ExecInst.CANCEL_IF_NOT_BEST})
STOPS = frozenset({OrdType.STOP, OrdType.STOP_LIMIT})
NEEDS_INSTRUCTIONS = STOPS | {OrdType.PEGGED}
SELF_MATCHES = frozenset(SelfMatch)
LEVELS = frozenset(SelfMatchLevel)


def refuse_instructions(terms: OrderTerms, market: Market, order: Order | None) -> Refusal | None:
    """Why an order of this market may not have these instructions now; `order` is the one that is
    to take them, None for one that comes in.
    """
    asked = terms.instructions
    if asked is None:
        if terms.ord_type not in NEEDS_INSTRUCTIONS:  # hidden by the engine's own means
            return None
        asked = Instructions()
    return (
        _refuse_display(terms, asked, market.instrument.lot)
        or _refuse_min_qty(terms, asked)
        or _refuse_exec_inst(terms, asked)
        or _refuse_stop(terms, asked, market)
        or _refuse_peg(terms, asked, market)
        or _refuse_post_only(terms, market, order)
        or _refuse_self_match(terms, asked)
    )


def _refuse_display(terms: OrderTerms, asked: Instructions, lot: int) -> Refusal | None:
    if asked.max_floor > 0 and asked.max_floor % lot:
        return Refusal(RejectReason.MAX_FLOOR_OFF_LOT, lot, asked.max_floor)
    if asked.display_range and not 0 < asked.display_range < max(asked.max_floor, 1):
        reason = RejectReason.DISPLAY_RANGE_TOO_LARGE
        return Refusal(reason, max(asked.max_floor, 0), asked.display_range)
    return None


def _refuse_min_qty(terms: OrderTerms, asked: Instructions) -> Refusal | None:
    if not asked.min_qty:
        return None
    if kind_of(terms) is not Kind.HIDDEN:
        return Refusal(RejectReason.MIN_QTY_NOT_ALLOWED, was=asked.min_qty)
    if not 0 < asked.min_qty <= terms.qty:
        return Refusal(RejectReason.MIN_QTY_TOO_LARGE, terms.qty, asked.min_qty)
    return None


def _refuse_exec_inst(terms: OrderTerms, asked: Instructions) -> Refusal | None:
    code, ord_type = asked.exec_inst, terms.ord_type
    if code and code not in EXEC_INSTS:
        return Refusal(RejectReason.EXEC_INST_UNSUPPORTED, was=code)
    if ord_type == OrdType.PEGGED:
        wanted = PEGS | {ExecInst.TRAILING_STOP}
        return None if code in wanted else Refusal(RejectReason.EXEC_INST_MISSING, ord_type, code)
    if code == ExecInst.TRAILING_STOP:
        fits = ord_type == OrdType.STOP
    else:
        fits = not code or code in ANYWHERE or (code in ON_LIMIT and ord_type == OrdType.LIMIT)
    return None if fits else Refusal(RejectReason.EXEC_INST_NOT_ALLOWED, ord_type, code)


def _refuse_stop(terms: OrderTerms, asked: Instructions, market: Market) -> Refusal | None:
    if asked.exec_inst == ExecInst.TRAILING_STOP:
        return _refuse_trailing(terms, asked, market)
    if terms.ord_type in STOPS:
        if not asked.stop_px:
            return Refusal(RejectReason.STOP_PX_MISSING, terms.ord_type)
        return market.instrument.refuse_stop_px(asked.stop_px)
    if asked.stop_px:
        return Refusal(RejectReason.STOP_PX_NOT_ALLOWED, terms.ord_type, asked.stop_px)
    return None


def _refuse_trailing(terms: OrderTerms, asked: Instructions, market: Market) -> Refusal | None:
    if terms.price:
        return Refusal(RejectReason.PRICE_NOT_ALLOWED, terms.ord_type, terms.price)
    if asked.stop_px:
        return Refusal(RejectReason.STOP_PX_NOT_ALLOWED, terms.ord_type, asked.stop_px)
    if asked.peg_offset_type not in ("", PegOffsetType.PRICE):
        return Refusal(RejectReason.PEG_OFFSET_TYPE_UNSUPPORTED, was=asked.peg_offset_type)
    if not market.last_price:
        return Refusal(RejectReason.NO_REFERENCE_PRICE)
    distance = abs(asked.peg_offset)
    is_too_far = distance > PRICE_MAX or (terms.side != Side.BUY and distance >= market.last_price)
    if not distance or is_too_far:
        return Refusal(RejectReason.PEG_OFFSET_BAD, was=asked.peg_offset)
    return None


def _refuse_peg(terms: OrderTerms, asked: Instructions, market: Market) -> Refusal | None:
    if asked.exec_inst not in PEGS:
        is_stop = asked.exec_inst == ExecInst.TRAILING_STOP
        if asked.peg_offset and not is_stop:
            return Refusal(RejectReason.PEG_OFFSET_BAD, was=asked.peg_offset)
        return None
    if asked.peg_offset_type not in ("", *PegOffsetType):
        return Refusal(RejectReason.PEG_OFFSET_TYPE_UNSUPPORTED, was=asked.peg_offset_type)
    in_ticks = asked.peg_offset_type == PegOffsetType.TICKS
    if abs(asked.peg_offset) > (PEG_TICKS_MAX if in_ticks else PRICE_MAX):
        was = f"{asked.peg_offset} ticks" if in_ticks else asked.peg_offset
        return Refusal(RejectReason.PEG_OFFSET_BAD, was=was)
    return market.instrument.refuse_price(terms.price) if terms.price else None


def _refuse_post_only(terms: OrderTerms, market: Market, order: Order | None) -> Refusal | None:
    """A post-only order narrows the spread, or at least does not trade (rule 1.2)."""
    if kind_of(terms) is not Kind.POST_ONLY or not market.permits.match:
        return None
    is_buy = terms.side == Side.BUY
    book = market.book
    own, other = (book.bids, book.asks) if is_buy else (book.asks, book.bids)
    best, opposite = own.best_displayed(order), other.best_displayed()
    price = terms.price if is_buy else -terms.price
    if opposite is not None and price >= (opposite if is_buy else -opposite):
        return Refusal(RejectReason.NOT_TOP_OF_BOOK, opposite, terms.price)
    narrows = best is None or price > (best if is_buy else -best)
    if market.segment.post_only is PostOnly.NARROW and not narrows:
        return Refusal(RejectReason.NOT_TOP_OF_BOOK, best or 0, terms.price)
    return None


def _refuse_self_match(terms: OrderTerms, asked: Instructions) -> Refusal | None:
    action, level = asked.self_match, asked.self_match_level
    if not action and not level and not asked.self_match_group:
        return None
    if action not in SELF_MATCHES:
        return Refusal(RejectReason.SELF_MATCH_UNSUPPORTED, was=action or "left out")
    if level not in LEVELS:
        return Refusal(RejectReason.SELF_MATCH_UNSUPPORTED, was=level or "left out")
    if level == SelfMatchLevel.TRADER and not terms.trader:
        return Refusal(RejectReason.SELF_MATCH_WITHOUT_TRADER, was=level)
    if level == SelfMatchLevel.GROUP and not asked.self_match_group:
        return Refusal(RejectReason.SELF_MATCH_WITHOUT_GROUP, was=level)
    return None
