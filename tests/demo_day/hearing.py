"""What eight sessions heard, put into the order in which it happened.

Each session hears its own story in order, and a trade is in two of them: so the stories are merged
like cards, and a trade is laid down when both of its reports are on top. Nothing is added to what
the venue said. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.client.reports import FILLS, kind_of, trade_of
from gateway.client.wire import Message

Stories = Mapping[str, Sequence[Message]]
"""Member -> what it heard."""


@dataclass(frozen=True, slots=True)
class Told:
    """One session was told something that is no trade."""

    at: str
    member: str
    kind: str
    message: Message


@dataclass(frozen=True, slots=True)
class Trade:
    """Two orders met; `buyer` and `seller` are the codes of the members that reported it."""

    at: str
    match_id: str
    buyer: str
    seller: str
    buy: Message
    sell: Message

    @property
    def is_internal(self) -> bool:
        """Whether one member was on both sides."""
        return self.buyer == self.seller


Happening = Told | Trade

_FIRST, _TRADES, _TRIGGERED, _PHASE, _END = range(5)
_RANKS = {"restated": _TRADES, "triggered": _TRIGGERED, "message": _PHASE}
_RANKS |= {"canceled": _END, "expired": _END}
_RENEWED = "1"
"""ExecRestatementReason(378) of an order carried over a night."""


def in_order(stories: Stories) -> list[Happening]:
    """All that was heard, in the order in which it happened, a trade as one."""
    left = {member: list(story) for member, story in stories.items()}
    happenings: list[Happening] = []
    while any(left.values()):
        tops = [top for member in left if (top := _top(left, member)) is not None]
        happening = min(tops, key=lambda top: (top.at, _rank(top)))
        _take(left, happening)
        happenings.append(happening)
    return happenings


def _rank(happening: Happening) -> tuple[int, int]:
    """Of what may come next, the cause before the effect: the answer, trades, phases, ends."""
    if isinstance(happening, Trade):
        return _TRADES, int(happening.match_id[1:])
    if happening.message.text(378) == _RENEWED and happening.kind == "restated":
        return _END, 0
    return _RANKS.get(happening.kind, _FIRST), 0


def _top(left: dict[str, list[Message]], member: str) -> Happening | None:
    """What lies on top of a member's story; None for one half of a trade whose other half waits."""
    if not left[member]:
        return None
    message = left[member][0]
    kind = kind_of(message)
    if kind not in FILLS:
        return Told(message.get(60) or message.text(52), member, kind, message)
    for other, story in left.items():
        half = story[1:2] if other == member else story[:1]
        if half and kind_of(half[0]) in FILLS and trade_of(half[0]) == trade_of(message):
            sides = {message.text(54): (member, message), half[0].text(54): (other, half[0])}
            (buyer, buy), (seller, sell) = sides["1"], sides["2"]
            return Trade(message.text(60), trade_of(message) or "", buyer, seller, buy, sell)
    return None


def _take(left: dict[str, list[Message]], happening: Happening) -> None:
    if isinstance(happening, Told):
        left[happening.member].pop(0)
    else:
        left[happening.buyer].pop(0)
        left[happening.seller].pop(0)
