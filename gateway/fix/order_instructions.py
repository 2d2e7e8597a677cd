"""What an order says beyond side, quantity, price and time: FIX fields -> `Instructions`.

Called for a message that has any of the fields `TAGS`, which few orders do; so this may take its
time. It translates and, like `order_entry`, decides nothing about the market: what the engine's
units cannot hold, and a field or code that would make another order of it than the venue can
handle, travels as a `Flaw`.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.commands import Flaw, Instructions
from engine.rejects import RejectReason
from engine.values import (
    ORDER_QTY_MAX,
    PRICE_MAX,
    PRICE_SCALE,
    ExecInst,
    OrdType,
    PegOffsetType,
    SelfMatch,
    SelfMatchLevel,
)
from gateway.decimals import format_price, parse_price, parse_qty
from gateway.fix import tags as t

NOT_SERVED = {
    "168": "EffectiveTime(168)",
    "210": "MaxShow(210)",
    "388": "DiscretionInst(388)",
    "516": "OrderPercent(516)",
    "847": "TargetStrategy(847)",
    "1089": "MatchIncrement(1089)",
    "1090": "MaxPriceLevels(1090)",
    "1100": "TriggerType(1100)",
    "1102": "TriggerPrice(1102)",
}
"""Fields that would change what the order is; to ignore them would be to guess."""

SERVED_ONLY_AS = {
    "423": ("PriceType(423)", frozenset({"2"})),
    "835": ("PegMoveType(835)", frozenset({"0"})),
    "837": ("PegLimitType(837)", frozenset({"0"})),
    "854": ("QtyType(854)", frozenset({"0"})),
    "1083": ("DisplayWhen(1083)", frozenset({"2"})),
    "1084": ("DisplayMethod(1084)", frozenset({"1", "3", "4"})),
    "1805": ("AuctionInstruction(1805)", frozenset({"0"})),
    "1822": ("MinQtyMethod(1822)", frozenset({"2"})),
}
"""Fields that say what is so anyway with these values, and would change the order with others."""

IGNORED_EXEC_INST = frozenset({"1", "2", "3", "4", "5", "H", "J"})
"""How a broker is to handle the order (not held, work, go along, over the day, held), and that it
shall outlive a failure or a halt, as all orders here do."""

CASH_MAX = PRICE_MAX * ORDER_QTY_MAX // 1_000
"""In units of price; the log holds no number of more than 64 bits."""

PEG_PRICE_TYPES: dict[str, ExecInst] = {
    "1": ExecInst.TRAILING_STOP,
    "2": ExecInst.MID_PEG,
    "4": ExecInst.MARKET_PEG,
    "5": ExecInst.PRIMARY_PEG,
    "8": ExecInst.TRAILING_STOP,
}
"""PegPriceType(1094) and the ExecInst(18) that says the same."""

PEGS: frozenset[str] = frozenset({ExecInst.MID_PEG, ExecInst.MARKET_PEG, ExecInst.PRIMARY_PEG})

_STOPS: frozenset[str] = frozenset({OrdType.STOP, OrdType.STOP_LIMIT})
_PEGGED_TYPES = _STOPS | {OrdType.PEGGED}
_EXEC_INST: frozenset[str] = frozenset(ExecInst)
_RANDOM, _UNDISCLOSED = "3", "4"

TAGS = frozenset(
    {
        *NOT_SERVED,
        *SERVED_ONLY_AS,
        *(
            t.CASH_ORDER_QTY,
            t.EXEC_INST,
            t.STOP_PX,
            t.MIN_QTY,
            t.MAX_FLOOR,
            t.DISPLAY_QTY,
            t.DISPLAY_RANGE,
        ),
        *(t.PEG_OFFSET_VALUE, t.PEG_OFFSET_TYPE, t.PEG_PRICE_TYPE),
        *(t.SELF_MATCH_GROUP, t.SELF_MATCH, t.SELF_MATCH_LEVEL),
    }
)
"""A message with none of these has no instructions."""


class Extra(NamedTuple):
    """The instructions of an order, None if it has none, and the first flaw in them."""

    instructions: Instructions | None
    displayed: bool
    flaw: Flaw | None


NOTHING = Extra(None, displayed=True, flaw=None)


def extra_of(f: dict[str, str], *, is_new: bool) -> Extra:
    """What the fields `TAGS` of a NewOrderSingle (`is_new`) or of a replace say."""
    return _Reader(f, is_new=is_new).read()


class _Reader:
    """Reads one message; `flaw` is the first one met, in the order of `RejectReason`."""

    def __init__(self, f: dict[str, str], *, is_new: bool) -> None:
        self._f = f
        self._is_new = is_new
        self._flaw: Flaw | None = None

    def read(self) -> Extra:
        self._refuse_unserved()
        max_floor = self._max_floor()
        display_range = self._display_range(max_floor)
        min_qty = self._whole(t.MIN_QTY, RejectReason.MIN_QTY_NOT_WHOLE)
        stop_px = self._stop_px()
        exec_inst = self._exec_inst()
        offset, offset_type = self._peg_offset(exec_inst)
        self_match, level, group = self._self_match()
        if exec_inst in PEGS and max_floor > 0:
            self._mark(RejectReason.UNSUPPORTED_FIELD, str(max_floor), "MaxFloor(111)")
        instructions = Instructions(
            max_floor,
            display_range,
            min_qty,
            stop_px,
            exec_inst,
            offset,
            offset_type,
            self_match,
            level,
            group,
            self._cash_order_qty(),
        )
        displayed = max_floor != 0 and exec_inst not in PEGS
        return Extra(None if instructions == _NONE else instructions, displayed, self._flaw)

    def _mark(self, reason: RejectReason, was: str, limit: str = "") -> None:
        self._flaw = self._flaw or Flaw(reason, was, limit)

    def _refuse_unserved(self) -> None:
        f = self._f
        for tag, name in NOT_SERVED.items():
            if tag in f:
                self._mark(RejectReason.UNSUPPORTED_FIELD, f[tag], name)
        for tag, (name, harmless) in SERVED_ONLY_AS.items():
            if tag in f and f[tag] not in harmless:
                self._mark(RejectReason.UNSUPPORTED_FIELD, f[tag], name)
        if f[t.ORD_TYPE] in _PEGGED_TYPES:
            return
        for tag, name in _PEG_BLOCK.items():
            if tag in f:
                self._mark(RejectReason.UNSUPPORTED_FIELD, f[tag], name)

    def _whole(self, tag: str, reason: RejectReason, default: int = 0) -> int:
        """A quantity that is whole and not negative."""
        text = self._f.get(tag)
        if text is None:
            return default
        qty = parse_qty(text)
        if qty is None or qty < 0:
            self._mark(reason, text)
            return default
        return qty

    def _max_floor(self) -> int:
        """DisplayQty(1138), else MaxFloor(111): -1 if all is shown."""
        if self._f.get(t.DISPLAY_METHOD) == _UNDISCLOSED:
            return 0
        tag = t.DISPLAY_QTY if t.DISPLAY_QTY in self._f else t.MAX_FLOOR
        return self._whole(tag, RejectReason.MAX_FLOOR_NOT_WHOLE, -1)

    def _display_range(self, max_floor: int) -> int:
        """DisplayRange(20003), or what DisplayLowQty and DisplayHighQty both leave room for."""
        f = self._f
        bounds = {t.DISPLAY_LOW_QTY, t.DISPLAY_HIGH_QTY} & f.keys()
        if f.get(t.DISPLAY_METHOD) != _RANDOM or not bounds:
            if f.get(t.DISPLAY_METHOD) == _RANDOM and t.DISPLAY_RANGE not in f:
                self._mark(RejectReason.UNSUPPORTED_FIELD, _RANDOM, "DisplayMethod(1084)")
            text = f.get(t.DISPLAY_RANGE, "0")
            room = parse_qty(text)
        else:
            reason = RejectReason.MAX_FLOOR_NOT_WHOLE
            low = self._whole(t.DISPLAY_LOW_QTY, reason, -ORDER_QTY_MAX)
            high = self._whole(t.DISPLAY_HIGH_QTY, reason, 3 * ORDER_QTY_MAX)
            room = min(max_floor - low, high - max_floor)
            text = str(room)
        if room is None or room < 0:
            shown = str(max(max_floor, 0))
            self._mark(RejectReason.DISPLAY_RANGE_TOO_LARGE, text, shown)
            return 0
        return room

    def _stop_px(self) -> int:
        text = self._f.get(t.STOP_PX)
        if text is None:
            return 0
        units = parse_price(text)
        if units is None:
            self._mark(RejectReason.STOP_PX_TOO_PRECISE, text, str(PRICE_SCALE))
        elif units <= 0:
            self._mark(RejectReason.STOP_PX_NOT_POSITIVE, text)
        elif units > PRICE_MAX:
            self._mark(RejectReason.STOP_PX_TOO_LARGE, text, format_price(PRICE_MAX))
        else:
            return units
        return 0

    def _exec_inst(self) -> str:
        """The one code that the venue acts on, of ExecInst(18), PegPriceType(1094) or what a
        PegOffsetValue(211) on a stop order means.
        """
        f = self._f
        codes = [c for c in f.get(t.EXEC_INST, "").split() if c not in IGNORED_EXEC_INST]
        price_type = f.get(t.PEG_PRICE_TYPE)
        unknown = [code for code in codes if code not in _EXEC_INST]
        if unknown or (price_type is not None and price_type not in PEG_PRICE_TYPES):
            self._mark(RejectReason.EXEC_INST_UNSUPPORTED, (unknown or [str(price_type)])[0])
            return ""
        if price_type is not None:
            codes.append(PEG_PRICE_TYPES[price_type])
        elif not codes and f[t.ORD_TYPE] in _STOPS and t.PEG_OFFSET_VALUE in f:
            codes.append(ExecInst.TRAILING_STOP)
        different = list(dict.fromkeys(codes))
        if len(different) > 1:
            self._mark(RejectReason.EXEC_INST_NOT_ALLOWED, " ".join(different), f[t.ORD_TYPE])
            return ""
        return str(different[0]) if different else ""

    def _peg_offset(self, exec_inst: str) -> tuple[int, str]:
        """PegOffsetValue(211) in units of price or in ticks; of a trailing stop without its sign,
        since there is only one direction in which it can be away.
        """
        kind = self._f.get(t.PEG_OFFSET_TYPE, "")
        text = self._f.get(t.PEG_OFFSET_VALUE)
        if kind not in ("", PegOffsetType.PRICE, PegOffsetType.TICKS):
            self._mark(RejectReason.PEG_OFFSET_TYPE_UNSUPPORTED, kind)
            return 0, ""
        if text is None:
            return 0, kind
        offset = parse_qty(text) if kind == PegOffsetType.TICKS else parse_price(text)
        if offset is None or abs(offset) > PRICE_MAX:
            self._mark(RejectReason.PEG_OFFSET_BAD, text)
            return 0, kind
        return abs(offset) if exec_inst == ExecInst.TRAILING_STOP else offset, kind

    def _cash_order_qty(self) -> int:
        """CashOrderQty(152) in units of price; with OrderQty(38) nobody knows which one counts."""
        text = self._f.get(t.CASH_ORDER_QTY)
        if text is None:
            return 0
        amount = parse_price(text)
        if amount is None or not 0 < amount <= CASH_MAX or t.ORDER_QTY in self._f:
            self._mark(RejectReason.UNSUPPORTED_FIELD, text, "CashOrderQty(152)")
            return 0
        return amount

    def _self_match(self) -> tuple[str, str, str]:
        """Instruction, level and group; a new order that gives one of them has the others too."""
        f = self._f
        instruction = f.get(t.SELF_MATCH, "")
        level = f.get(t.SELF_MATCH_LEVEL, "")
        group = f.get(t.SELF_MATCH_GROUP, "")
        if self._is_new and (instruction or level or group):
            instruction = instruction or SelfMatch.CANCEL_AGGRESSIVE
            level = level or (SelfMatchLevel.GROUP if group else SelfMatchLevel.MEMBER)
        return str(instruction), str(level), group


_NONE = Instructions()
_PEG_BLOCK = {
    t.PEG_OFFSET_VALUE: "PegOffsetValue(211)",
    t.PEG_PRICE_TYPE: "PegPriceType(1094)",
}
"""Refused on an order that follows no price."""
