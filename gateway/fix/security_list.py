"""SecurityListRequest(x) -> SecurityList(y): the instruments of the venue, in fragments.

An answer changes nothing, so it needs no command: it is made from the reference data as it is, and
its bodies go out as replies of the session. What must not be here: where instruments come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from engine.commands import DefineInstrument
from gateway.fix import tags as t
from gateway.fix.dictionary import SOH, DataDictionary
from gateway.fix.message import Message
from gateway.fix.status_requests import FIXT11, SUBSCRIPTION_REQUEST_TYPE

MSG_TYPE: Final = "x"
ANSWER: Final = "y"

SECURITY_REQ_ID: Final = "320"
SECURITY_LIST_REQUEST_TYPE: Final = "559"
SECURITY_TYPE: Final = "167"

FRAGMENT_MAX = 100
"""Instruments in one message."""

ONE_SYMBOL, ALL_SECURITIES = "0", "4"
NO_MORE = "2"

FOUND, UNSUPPORTED, NONE_FOUND = 0, 1, 2
"""SecurityRequestResult(560)."""

ISIN_NUMBER = "4"


def answers(
    message: Message, instruments: Iterable[DefineInstrument], dictionary: DataDictionary
) -> list[str]:
    """The bodies of the answer to a request; `instruments` are all there are, in their order,
    `dictionary` is that of the version the session speaks.

    A fragment holds instruments of one segment only: FIX 5.0SP2 names it once for all of them.
    """
    f = message.fields
    asked = f[SECURITY_LIST_REQUEST_TYPE]
    symbol = f.get(t.SYMBOL, "")
    is_supported = asked == ALL_SECURITIES or (asked == ONE_SYMBOL and symbol != "")
    if not is_supported or f.get(SUBSCRIPTION_REQUEST_TYPE) == NO_MORE:
        return [_body(f, 1, [], 0, UNSUPPORTED, is_last=True)]
    found = [i for i in instruments if asked == ALL_SECURITIES or i.symbol == symbol]
    if not found:
        return [_body(f, 1, [], 0, NONE_FOUND, is_last=True)]
    entry = _entry_50 if f[t.BEGIN_STRING] == FIXT11 else _entry_44
    types = dictionary.fields[SECURITY_TYPE].enum
    fragments = list(_fragments(found))
    return [
        _body(
            f,
            number,
            [entry(instrument, types) for instrument in fragment],
            len(found),
            FOUND,
            is_last=number == len(fragments),
            segment=fragment[0].segment,
        )
        for number, fragment in enumerate(fragments, 1)
    ]


def _fragments(instruments: list[DefineInstrument]) -> Iterator[list[DefineInstrument]]:
    """The instruments by segment, in order, not too many at a time."""
    by_segment: dict[str, list[DefineInstrument]] = {}
    for instrument in instruments:
        by_segment.setdefault(instrument.segment, []).append(instrument)
    for listed in by_segment.values():
        for i in range(0, len(listed), FRAGMENT_MAX):
            yield listed[i : i + FRAGMENT_MAX]


def _body(
    f: dict[str, str],
    number: int,
    entries: list[str],
    total: int,
    result: int,
    *,
    is_last: bool,
    segment: str = "",
) -> str:
    group = f"146={len(entries)}{SOH}{''.join(entries)}" if entries else ""
    has_segment = segment and f[t.BEGIN_STRING] == FIXT11
    return (
        f"{group}320={f[SECURITY_REQ_ID]}{SOH}322={f[t.MSG_SEQ_NUM]}-{number}{SOH}393={total}{SOH}"
        f"560={result}{SOH}893={'Y' if is_last else 'N'}{SOH}"
        f"{f'1300={segment}{SOH}' if has_segment else ''}"
    )


def _front(instrument: DefineInstrument, types: frozenset[str]) -> str:
    """What both versions say alike; a kind that the version has no code for is left out."""
    isin = f"48={instrument.isin}{SOH}22={ISIN_NUMBER}{SOH}" if instrument.isin else ""
    kind = instrument.security_type
    return f"55={instrument.symbol}{SOH}{isin}" + (f"167={kind}{SOH}" if kind in types else "")


def _entry_44(instrument: DefineInstrument, types: frozenset[str]) -> str:
    lot = instrument.lot
    return (
        f"{_front(instrument, types)}15={instrument.currency}{SOH}561={lot}{SOH}562={lot}{SOH}"
        f"336={instrument.segment}{SOH}"
    )


def _entry_50(instrument: DefineInstrument, types: frozenset[str]) -> str:
    """Without the lot: dictionaries of FIX 5.0SP2 put its group before Currency(15) or after it."""
    return f"{_front(instrument, types)}15={instrument.currency}{SOH}"
