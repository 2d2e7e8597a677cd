"""How the demo day looks: what the venue said -> lines of plain text, 100 columns at most.

Layout only: every value is one of the venue's, from a report or from the control API. Pure.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.client.reports import contra_of
from gateway.client.wire import Message
from tests.demo_day.hearing import Told, Trade
from tests.demo_day.script import ZONE

WIDTH = 100
_CLOCK = 14
"""Columns in front of everything that happens."""

_VERSIONS = {"FIX.4.2": "4.2", "FIX.4.4": "4.4", "FIXT.1.1": "5.0SP2"}
_CROSSES = {"O": "opening", "C": "closing", "V": "volatility auction"}

Json = dict[str, Any]


def clock(stamp: str) -> str:
    """The local time of day of a UTCTimestamp or an ISO 8601 moment; milliseconds if there are."""
    local = _local(stamp)
    millis = f".{local.microsecond // 1000:03}" if local.microsecond else ""
    return f"{local:%H:%M:%S}{millis}"


def _local(stamp: str) -> datetime:
    if "T" in stamp:
        return datetime.fromisoformat(stamp).astimezone(ZONE)
    utc = datetime.strptime(stamp, "%Y%m%d-%H:%M:%S.%f").replace(tzinfo=UTC)
    return utc.astimezone(ZONE)


def heading(text: str) -> str:
    """The title of a part."""
    return f"\n{text} {'=' * (WIDTH - len(text) - 1)}"


def title_lines(
    instrument: Json, comp_id: str, names: Mapping[str, str], versions: Mapping[str, str]
) -> Iterator[str]:
    """Where we are, what is traded, and who is there."""
    symbol, reference = instrument["symbol"], instrument["reference_price"]
    share = f"one share, {symbol}, reference price {reference}"
    yield f"A trading day at {comp_id}: {share}; {len(names)} members:"
    for version, number in _VERSIONS.items():
        there = ", ".join(f"{code} {names[code]}" for code in names if versions[code] == version)
        yield f"  FIX {number:<7} {there}"
    yield "Orders are #1, #2, ...; trades are T1, T2, ... with buyer | seller and their orders."


def row(at: str, text: str) -> str:
    """Something that happens; `at` is "" when the time has been said."""
    return f"{at:<{_CLOCK}}{text}".rstrip()


def phase_line(told: Told) -> str:
    """A phase begins: Text(58) and LastPx(31) of a SecurityStatus(f)."""
    message = told.message
    head = f"{clock(told.at):<{_CLOCK}}{message.text(58)} "
    tail = f" {_local(told.at):%a %d %b}, last {message.text(31)}"
    return f"\n{head}{'-' * (WIDTH - len(head) - len(tail))}{tail}"


def order_text(member: str, words: str, outcome: str) -> str:
    """What a member sent, and what it was told."""
    return f"{member}  {words:<40} {outcome}"


def outcome(told: Told, indicative: Json | None) -> str:
    """The answer to an order; in a call with what the call would do now."""
    answer = "accepted" if told.kind == "new" else "refused"
    text = f"{told.message.text(11)} {answer}"
    if indicative is None:
        return text
    if indicative["price"] is None:
        return f"{text}; no price yet"
    return f"{text}; indicative {indicative['paired_qty']} @ {indicative['price']}"


def trade_text(trade: Trade) -> str:
    """A trade, buyer in front."""
    buy, sell = trade.buy, trade.sell
    size = f"{buy.text(32)} @ {buy.text(31)}"
    parties = f"{trade.buyer} | {trade.seller}"
    orders = f"{buy.text(11)} from {sell.text(11)}"
    internal = ", internal" if trade.is_internal else ""
    return f"  {trade.match_id:<4} {size:<14} {parties}   {orders}{internal}"


def told_text(told: Told) -> str:
    """What became of an order, in the venue's words."""
    message = told.message
    text = message.text(58)
    if told.kind not in ("triggered", "restated"):
        reason = f" ({text})" if text else ""
        text = f"{told.kind}, {message.text(14)} of {message.text(38)} filled{reason}"
    return f"  {told.member}  {message.text(11)} {text}"


def auction_lines(auction: Json) -> Iterator[str]:
    """The price table of a call where something could trade, the chosen price marked."""
    yield "     price     buys    sells   tradable  imbalance"
    for row in reversed([row for row in auction["table"] if row["tradable"]]):
        chosen = "->" if row["price"] == auction["price"] else "  "
        yield (
            f"  {chosen} {row['price']:>6} {row['buy_qty']:>8} {row['sell_qty']:>8}"
            f" {row['tradable']:>10} {row['imbalance']:>+10}"
        ).rstrip()


def book_lines(book: Json) -> Iterator[str]:
    """Who stands in line: each price with its orders, first in time first."""
    for side in ("asks", "bids"):
        levels = book[side]
        for level in reversed(levels) if side == "asks" else levels:
            orders = ", ".join(
                f"{one['member']} {one['shown']}" for one in level["orders"] if one["shown"]
            )
            yield f"     {side[:3]} {level['price']:>6}   {orders}"


def tape_lines(trades: Iterable[Json]) -> Iterator[str]:
    """The trade history, oldest first."""
    yield "  time          trade    price     qty   buyer | seller"
    for trade in trades:
        buyer, seller = trade["buyer"], trade["seller"]
        kind = _CROSSES[trade["cross"]] if trade["cross"] else "continuous"
        internal = ", internal" if buyer == seller else ""
        when = f"{clock(trade['at']):<13} {trade['match_id']:<6}"
        size = f"{trade['price']:>7} {trade['qty']:>7}"
        yield f"  {when} {size}   {buyer:>5} | {seller:<6}   {kind}{internal}"


def member_lines(names: Mapping[str, str], fills: Mapping[str, Sequence[Message]]) -> Iterator[str]:
    """What each member bought and sold, and how much of that with itself, from its own reports."""
    yield "  member                bought    sold   with itself"
    for code, reports in fills.items():
        bought, sold = (_total(reports, side) for side in ("1", "2"))
        inside = _total([one for one in reports if contra_of(one) == code], "1", "2")
        share = f"{100 * inside // (bought + sold):>9} %" if inside else ""
        yield f"  {code} {names[code]:<16}{bought:>8}{sold:>8}{share}"


def _total(reports: Sequence[Message], *sides: str) -> int:
    return sum(int(one.text(32)) for one in reports if one.text(54) in sides)


def explanation_lines(told: Json) -> Iterator[str]:
    """An explanation in its sentences."""
    for sentence in told["sentences"]:
        yield from textwrap.wrap(
            sentence, WIDTH - 1, initial_indent="  - ", subsequent_indent="    "
        )
