"""A trade: what put its resting order first, whom it passed, what became of it later."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from engine.events import TradeBusted, TradeCorrected, Traded
from engine.explain import MARKET_PRICE, RANKING, Choice, Rival
from gateway.decimals import format_price
from gateway.explain import words
from gateway.explain.replaying import Places, Since, replay
from gateway.explain.words import Json

PASSED_MAX = 50
"""An explanation names this many passed orders, the best ranked; `passed_count` counts them all."""


def explain_trade(log: Path, match_id: int, zone: ZoneInfo) -> Json | None:
    """Why this trade was made with these orders; None if the log has no such trade."""
    watched: dict[int, str] = {}
    later: list[tuple[int, TradeBusted | TradeCorrected]] = []
    for step in replay(log, {}):
        for event in step.events:
            if isinstance(event, Traded) and event.match_id == match_id:
                watched[step.seq] = event.symbol
            elif isinstance(event, TradeBusted | TradeCorrected) and event.match_id == match_id:
                later.append((step.at, event))
    if not watched:
        return None
    places = Places()
    for step in replay(log, watched):
        for event in step.events:
            if step.before is not None:
                if isinstance(event, Traded) and event.match_id == match_id:
                    told = trade_data(
                        step.before.choice(event), step.at_of(event), places.since, zone
                    )
                    return _with_later(told, later, zone)
                step.before.hear(event)
            places.hear(event, step.at)
    raise AssertionError(match_id)


def trade_data(choice: Choice, at: int, since: Since, zone: ZoneInfo) -> Json:
    """A trade and why it took its resting order."""
    trade = choice.trade
    passed = [rival for rival in choice.rivals if _was_passed(choice, rival)]
    told = [
        {
            **words.place_data(rival.place, since),
            "by": str(rival.by),
            "sentence": words.passed_sentence(choice, rival, since),
        }
        for rival in passed[:PASSED_MAX]
    ]
    reason = words.decided_sentence(choice, since)
    sentences = [
        words.trade_sentence(trade, at, zone),
        words.meeting_sentence(choice),
        reason,
        *(str(one["sentence"]) for one in told),
    ]
    if len(passed) > PASSED_MAX:
        sentences.append(f"It passed {len(passed) - PASSED_MAX} more orders that stood longer.")
    incoming = trade.incoming
    return {
        "kind": "trade",
        "match_id": f"T{trade.match_id}",
        "at": words.iso(at),
        "symbol": trade.symbol,
        "price": format_price(trade.price),
        "qty": trade.qty,
        "phase": trade.phase,
        "cross": trade.cross,
        "resting": words.place_data(choice.first, since),
        "incoming": {**words.order_data(incoming), "qty": choice.incoming_qty},
        "decided_by": str(choice.decided_by),
        "keys": [str(key) for key in choice.keys],
        "reason": reason,
        "passed": told,
        "passed_count": len(passed),
        "sentences": sentences,
    }


def _was_passed(choice: Choice, rival: Rival) -> bool:
    """Whether it stood longer, or ranked first, at a price at which it could have traded."""
    if rival.by not in RANKING:
        return True
    trade = choice.trade
    limit = trade.price if trade.cross else trade.incoming.terms.price
    within = limit == MARKET_PRICE or words.reaches(rival.place, limit)
    return rival.earlier and within


def _with_later(
    told: Json, later: list[tuple[int, TradeBusted | TradeCorrected]], zone: ZoneInfo
) -> Json:
    """Add what became of the trade."""
    said = [later_sentence(event, at, zone) for at, event in later]
    sentences = told["sentences"]
    assert isinstance(sentences, list)
    return {**told, "sentences": sentences + said}


def later_sentence(event: TradeBusted | TradeCorrected, at: int, zone: ZoneInfo) -> str:
    """What the operator did to a trade."""
    when = words.clock(at, zone)
    if isinstance(event, TradeBusted):
        return f"At {when} the trade T{event.match_id} was canceled (reason {event.reason})."
    new = f"{event.qty} at {format_price(event.price)}"
    return f"At {when} the trade T{event.match_id} was corrected to {new}."
