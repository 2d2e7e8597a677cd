"""The commands of the client and their words; `parser` reads them from text.

`HELP` is the documentation of the language and what `help` prints. Data only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.client.wire import Field

HELP = """\
orders
  buy 100 ERIC-B @ 87.30                limit order; also: sell, short
  buy 100 ERIC-B market                 market order
  sell 100 ERIC-B stop 85.00 [@ 84.50]  stop order, with a price: stop limit
      then, in any order:
      day | gtc | gtd 20261201 | ioc | fok | at-open | at-close | auction    time in force
      iceberg 20 [range 5] | hidden [min 50] | post-only   what is shown, MinQty, top of the book
      account X | TAG=VALUE
  buy 100 ERIC-B peg mid [@ 87.50]      pegged: mid, market or primary, an offset may follow
  sell 100 ERIC-B trail 0.50            trailing stop, so far from the last price
      as ID                             its ClOrdID(11); else one is made, and the order goes
                                        by the venue's OrderID(37), as the reports show it
  replace [ID] 200 @ 87.40              new total quantity and price; either may be left out
  cancel [ID]                           without an ID: the newest order still working
  cancel all [SYMBOL] [buy|sell]        mass cancel; segment ID: of one segment
  status [ID] | status all              what the venue knows
  orders                                what this client knows of its own orders
session
  send 35=D|11=X|55=ERIC-B|...          a message as it is; header fields given replace ours
  test                                  TestRequest: is the venue alive
  logout, quit                          Logout, wait for the answer, leave
  drop                                  cut the connection without a Logout
scripts
  expect KIND [KEY=VALUE|KEY~PART ...]  wait for the next such report, else fail
      kinds: new fill partial filled canceled replaced rejected expired restated triggered
             status pending order-rejected cancel-rejected replace-rejected mass-canceled
             mass-rejected message-rejected busted corrected suspended done-for-day logout;
             left out: any report
      keys:  id order side symbol qty price last leaves cum avg contra trade status text ...,
             or a tag
             (qty of a fill is LastQty); within=SECONDS
  expect nothing [KIND ...] [within=1]  fail if such a report comes
  wait                                  until every request has been answered
  # comment"""

SIDES = {"buy": "1", "sell": "2", "short": "5"}
TIMES_IN_FORCE = {
    "day": "0",
    "gtc": "1",
    "open": "2",
    "ioc": "3",
    "fok": "4",
    "gtd": "6",
    "close": "7",
    "auction": "B",
    "at-open": "2",
    "at-close": "7",
}
PEGS = {"mid": "M", "market": "P", "primary": "R"}
"""What a pegged order follows, as ExecInst(18)."""
KINDS = (
    *("new", "fill", "partial", "filled", "canceled", "replaced", "rejected", "expired"),
    *("restated", "triggered", "status", "pending", "order-rejected", "cancel-rejected"),
    *("replace-rejected", "mass-canceled", "mass-rejected", "message-rejected", "busted"),
    *("corrected", "suspended", "done-for-day", "logout"),
)
KEYS = {
    "id": 11,
    "order": 37,
    "exec": 17,
    "side": 54,
    "symbol": 55,
    "qty": 38,  # of a fill: LastQty(32)
    "price": 44,
    "last": 31,
    "leaves": 151,
    "cum": 14,
    "avg": 6,
    "contra": 375,
    "trade": 527,
    "status": 39,
    "text": 58,
    "account": 1,
    "affected": 533,
}


class CommandError(Exception):
    """The line is no command; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """`fields`: the body of a NewOrderSingle(D) without ClOrdID(11) and TransactTime(60)."""

    fields: tuple[Field, ...]
    cl_ord_id: str | None = None


@dataclass(frozen=True, slots=True)
class Replace:
    """`fields`: what changes; everything else stays as the order has it."""

    order: str | None
    fields: tuple[Field, ...]
    cl_ord_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel one order, None: the newest that works; `fields` are added to the request."""

    order: str | None = None
    fields: tuple[Field, ...] = ()
    cl_ord_id: str | None = None


@dataclass(frozen=True, slots=True)
class CancelAll:
    """Cancel all orders, or those of one symbol and side."""

    fields: tuple[Field, ...]
    cl_ord_id: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Ask for one order, None: the newest."""

    order: str | None = None


@dataclass(frozen=True, slots=True)
class StatusAll:
    """Ask for all working orders."""


@dataclass(frozen=True, slots=True)
class Send:
    """A message spelled out by the user."""

    msg_type: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """`key` a name or a tag, `=` the whole value or `~` a part of it."""

    key: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Expect:
    """Wait for a report, or (`nothing`) for none; `within` seconds, None: the client's timeout."""

    kind: str | None
    conditions: tuple[Condition, ...] = ()
    within: float | None = None
    nothing: bool = False


Word = Literal["orders", "test", "logout", "drop", "wait", "help"]


@dataclass(frozen=True, slots=True)
class Simple:
    """A command that is one word."""

    word: Word


Command = (
    NewOrder | Replace | Cancel | CancelAll | Status | StatusAll | Send | Expect | Simple | None
)
