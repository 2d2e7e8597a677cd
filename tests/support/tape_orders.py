"""Words of a tape that make an order: `N1 NON buy 300 @ 100.00 IOC` and all its options.

Which options there are says `tests.support.market`; nothing here knows an exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.commands import EnterOrder, Instructions
from gateway.decimals import parse_price

SECOND = 1_000_000_000
SYMBOL = "ERIC-B"
SIDES = {"buy": "1", "sell": "2", "short": "5"}
TIMES_IN_FORCE = {"Day": "0", "GTC": "1", "IOC": "3", "FOK": "4"}
TIMES_IN_FORCE |= {"OPG": "2", "CLO": "7", "GFA": "B"}
MARKET, LIMIT = "1", "2"
PEGS = {"mid": "M", "primary": "R", "market": "P"}
SELF_MATCHES = {"aggressive": "1", "passive": "2", "both": "3"}
LEVELS = {"trader": "1", "member": "2", "group": "3"}


def price(text: str) -> int:
    """A decimal price in the engine's units, exactly."""
    units = parse_price(text)
    assert units is not None, text
    return units


def signed(text: str) -> int:
    """A price that may have a sign."""
    return -price(text[1:]) if text.startswith("-") else price(text)


def moment(text: str) -> int:
    """Market time: seconds, or a clock like 08:45 or 09:00:03.2; 32:00 is 08:00 of the next day."""
    seconds, _, fraction = text.partition(".")
    whole = 0
    if ":" in seconds:
        for part in [*seconds.split(":"), "0"][:3]:
            whole = 60 * whole + int(part)
    else:
        whole = int(seconds)
    return whole * SECOND + int(fraction.ljust(9, "0") or "0")


def lines(tape: str) -> list[str]:
    """The lines of a tape, words one space apart, without blank lines and notes after `#`."""
    stripped = (" ".join(line.partition("#")[0].split()) for line in tape.splitlines())
    return [line for line in stripped if line]


def enter(line: str) -> EnterOrder:
    """The entry a line like `N1 NON buy 300 @ 100.00 IOC` stands for."""
    cl_ord_id, member, side, qty, *rest = line.split()
    fields: dict[str, Any] = {"time_in_force": "0", **terms(rest)}
    fields.setdefault("symbol", SYMBOL)
    return EnterOrder(member, member, cl_ord_id, side=SIDES[side], qty=int(qty), **fields)


def terms(words: list[str]) -> dict[str, Any]:
    """Fields of an order that the words after its quantity set."""
    fields: dict[str, Any] = {"ord_type": MARKET if words[0] == "market" else LIMIT}
    asked: dict[str, Any] = {}
    later = iter(words)
    for word in later:
        name, _, value = word.partition("=")
        if name in _INSTRUCTIONS:
            asked |= _INSTRUCTIONS[name](value)
        elif word in _TWO_WORDS:
            fields |= _second(word, later)
        else:
            fields |= _field(name, value)
    if "displayed" in fields:
        asked["max_floor"] = 0
    fields |= _kind(fields, asked)
    if asked and asked != {"max_floor": 0}:
        fields["instructions"] = Instructions(**asked)
    return fields


_TWO_WORDS = frozenset({"@", "in"})


def _second(word: str, later: Iterator[str]) -> dict[str, Any]:
    return {"price": price(next(later))} if word == "@" else {"symbol": next(later)}


def _field(name: str, value: str) -> dict[str, Any]:
    """What an option sets that is a field of the order itself."""
    if name in TIMES_IN_FORCE:
        return {"time_in_force": TIMES_IN_FORCE[name]}
    match name:
        case "GTD":
            return {"time_in_force": "6", "expire_at": moment(value)}
        case "hidden":
            return {"displayed": False}
        case "no-internal":
            return {"no_internal": True}
        case "trader":
            return {"trader": value}
        case "cap":
            return {"price": price(value)}
        case _:
            assert name == "market", name
            return {}


def _kind(fields: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """OrdType(40) as the instructions have it, and that pegs are never shown."""
    exec_inst = asked.get("exec_inst", "")
    if exec_inst == "a":
        return {"ord_type": "P"}
    if exec_inst in PEGS.values():
        return {"ord_type": "P", "displayed": False}
    if "stop_px" in asked:
        return {"ord_type": "4" if "price" in fields else "3"}
    return {}


def _self_match(value: str) -> dict[str, Any]:
    return {"self_match": SELF_MATCHES[value], "self_match_level": "2"}


_INSTRUCTIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "floor": lambda value: {"max_floor": int(value)},
    "range": lambda value: {"display_range": int(value)},
    "min": lambda value: {"min_qty": int(value)},
    "stop": lambda value: {"stop_px": price(value)},
    "trail": lambda value: {"exec_inst": "a", "peg_offset": price(value)},
    "peg": lambda value: {"exec_inst": PEGS[value]},
    "post-only": lambda _: {"exec_inst": "6"},
    "cancel-on-halt": lambda _: {"exec_inst": "K"},
    "best-only": lambda _: {"exec_inst": "Z"},
    "cash": lambda value: {"cash_order_qty": price(value)},
    "offset": lambda value: {"peg_offset": signed(value), "peg_offset_type": "0"},
    "ticks": lambda value: {"peg_offset": int(value), "peg_offset_type": "2"},
    "self-match": _self_match,
    "level": lambda value: {"self_match_level": LEVELS[value]},
    "group": lambda value: {"self_match_group": value},
}
"""What an option asks of an order; `level` stands behind `self-match`, whose default is member."""
