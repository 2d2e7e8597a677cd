"""Messages from the venue -> what kind they are, and one readable line each.

    12:01:03.214 FILL     O12 buy 100/200 ERIC-B @ 87.30, last 60 @ 87.30 from NON, leaves 100,
                          trade T5   (all on one line)

The time is the venue's, in UTC: TransactTime(60), else SendingTime(52). `buy 100/200` is CumQty of
OrderQty. Kinds are the words that `expect` knows; FIX.4.2, where a fill is ExecType 1 or 2 and
ExecTransType(20) says bust or status, comes out in the same words. Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.client.orders import Order
from gateway.client.wire import Message, piped

_SIDES = {"1": "buy", "2": "sell", "5": "short", "6": "short"}
_TIMES = {"1": "gtc", "2": "at the open", "3": "ioc", "4": "fok", "6": "gtd", "7": "at the close"}
_TIMES |= {"B": "auction"}
_EXEC_INSTS = {"6": "post-only", "a": "trailing", "K": "cancel on halt", "Z": "cancel if not best"}
_EXEC_INSTS |= {"M": "peg mid", "P": "peg market", "R": "peg primary"}
STATUSES = {
    "0": "new",
    "1": "partially filled",
    "2": "filled",
    "3": "done for day",
    "4": "canceled",
    "5": "replaced",
    "6": "pending cancel",
    "8": "rejected",
    "9": "suspended",
    "A": "sent",
    "C": "expired",
    "E": "pending replace",
}
_EXEC_KINDS = {
    "0": "new",
    "3": "done-for-day",
    "4": "canceled",
    "5": "replaced",
    "6": "pending",
    "8": "order-rejected",
    "9": "suspended",
    "A": "pending",
    "C": "expired",
    "D": "restated",
    "E": "pending",
    "G": "corrected",
    "H": "busted",
    "I": "status",
    "L": "triggered",
}
_TRANS_KINDS = {"1": "busted", "2": "corrected", "3": "status"}  # ExecTransType(20), FIX.4.2
_OTHER_KINDS = {"3": "message-rejected", "j": "message-rejected", "5": "logout"}
FILLS = frozenset(("fill", "partial", "filled"))
REJECTS = frozenset(
    ("order-rejected", "cancel-rejected", "replace-rejected", "mass-rejected", "message-rejected")
)
_WORDS: Mapping[str, str] = dict.fromkeys(FILLS, "FILL") | dict.fromkeys(REJECTS, "REJECTED")


def kind_of(message: Message) -> str:
    """Return the word `expect` knows the message by, for others `message`."""
    if message.msg_type == "8":
        return _execution_kind(message)
    if message.msg_type == "9":
        return "replace-rejected" if message.get(434) == "2" else "cancel-rejected"
    if message.msg_type == "r":
        return "mass-rejected" if message.get(531) == "0" else "mass-canceled"
    return _OTHER_KINDS.get(message.msg_type, "message")


def _execution_kind(message: Message) -> str:
    trans_type, exec_type = message.text(20), message.text(150)
    if trans_type in _TRANS_KINDS:
        return _TRANS_KINDS[trans_type]
    if exec_type in ("F", "1", "2"):
        status = exec_type if exec_type != "F" else message.text(39)
        return {"1": "partial", "2": "filled"}.get(status, "fill")
    if exec_type == "0" and message.get(636) == "Y" and message.get(58) is not None:
        return "triggered"  # so FIX.4.4 tells of it
    return _EXEC_KINDS.get(exec_type, "report")


def contra_of(message: Message) -> str | None:
    """Return the counterparty's member code: ContraBroker(375), or the party of role 17."""
    party = None
    for tag, value in message.fields:
        if tag == 375 or (tag == 452 and value == "17" and party is not None):
            return value if tag == 375 else party
        if tag == 448:
            party = value
    return None


def trade_of(message: Message) -> str | None:
    """Return the match id of a fill: TrdMatchID(880), SecondaryExecID(527), in FIX.4.2 tag 198."""
    in_fix_4_2 = message.get(20) is not None
    return message.get(880) or message.get(527) or (message.get(198) if in_fix_4_2 else None)


def line_of(message: Message, name: str) -> str:
    """Write a message from the venue as one line; `name` is what the user calls its order."""
    kind = kind_of(message)
    word = _WORDS.get(kind, kind.upper())
    resent = " [sent again]" if message.get(43) == "Y" else ""
    return f"{_time(message)} {word:<8} {_describe(message, kind, name)}{resent}"


def order_line(order: Order) -> str:
    """Write an order as `orders` lists it."""
    known = {14: order.cum_qty, 151: order.leaves_qty or order.terms.get(38, "?")}
    message = Message("8", tuple((order.terms | known).items()))
    average = f", average {order.avg_px}" if order.cum_qty != "0" else ""
    status = STATUSES.get(order.status, order.status)
    return f"{order.name} {_order(message)}, {status}, leaves {message.text(151)}{average}"


def _time(message: Message) -> str:
    stamp = message.get(60) or message.text(52)
    return stamp.partition("-")[2][:12] or "--:--:--.---"


def _describe(message: Message, kind: str, name: str) -> str:
    if kind == "status" and message.get(37) in (None, "NONE"):
        return f"{name}: {_reason(message)}"
    if message.msg_type == "8":
        return f"{name} {_order(message)}{_outcome(message, kind)}"
    if message.msg_type == "9":
        request = "replace" if message.get(434) == "2" else "cancel"
        status = STATUSES.get(message.text(39), "unknown")
        return f"{request} of {name}, which is {status}: {_reason(message)}"
    if message.msg_type == "r":
        if kind == "mass-rejected":
            return f"cancel all: {_reason(message)}"
        count = message.get(533) or "?"
        return f"{count} order{'' if count == '1' else 's'}"
    if message.msg_type in ("3", "j"):
        tag = f", tag {message.text(371)}" if message.get(371) else ""
        return f"{name} (MsgType {message.text(372)}{tag}): {_reason(message)}"
    if message.msg_type == "5":
        return _reason(message)
    header_end = next((i for i, (tag, _) in enumerate(message.fields) if tag == 52), 0)
    return piped((message.fields[2], *message.fields[header_end + 1 : -1]))


def _order(message: Message) -> str:
    """`buy 100/200 ERIC-B @ 87.30 ioc`, leaving out what the message does not have."""
    side = _SIDES.get(message.text(54), message.text(54))
    size = f"{message.get(14) or '0'}/{message.get(38) or '?'}"
    terms = {"1": "market", "3": "market"}.get(message.text(40), "")
    if message.get(44) is not None and not terms:
        terms = f"@ {message.text(44)}"
    special = _special(message)
    stop = f"stop {message.text(99)}" if message.get(99) is not None else ""
    time_in_force = _TIMES.get(message.text(59), "")
    words = (side, size, message.text(55), stop, special, terms, time_in_force)
    return " ".join(word for word in words if word)


def _special(message: Message) -> str:
    """`peg mid`, `trailing`, `post-only`, `hidden`, `iceberg 20`."""
    exec_inst = _EXEC_INSTS.get(message.text(18), "")
    shown = message.get(111) or message.get(1138)
    if message.text(40) == "P" and not exec_inst and message.get(99) is not None:
        exec_inst = "trailing"  # FIX.4.2 has no code for it
    display = {None: "", "0": "hidden"}.get(shown, f"iceberg {shown}")
    return f"{exec_inst} {display}".strip()


def _outcome(message: Message, kind: str) -> str:
    leaves = f", leaves {message.get(151) or '?'}"
    text = f": {message.text(58)}" if message.get(58) else ""
    if kind in FILLS or kind in ("busted", "corrected"):
        contra, trade = contra_of(message), trade_of(message)
        return (
            f", last {message.text(32)} @ {message.text(31)}"
            f"{f' from {contra}' if contra else ''}{leaves}"
            f"{f', trade {trade}' if trade else ''}{text}"
        )
    if kind == "order-rejected":
        return f": {_reason(message)}"
    if kind == "status":
        average = f", average {message.text(6)}" if message.get(14) not in (None, "0") else ""
        return f", {STATUSES.get(message.text(39), '?')}{leaves}{average}{text}"
    return f"{leaves}{text}"


def _reason(message: Message) -> str:
    for tag in (58, 103, 102, 532, 380, 373):
        if message.get(tag):
            return message.text(tag) if tag == 58 else f"no text, reason {tag}={message.text(tag)}"
    return "no reason given"
