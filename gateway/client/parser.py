"""One line of text -> one command. Pure, knows no session and no orders.

Numbers are checked to look like numbers and passed on as they were typed, so that `87.30` stays
`87.30` on the wire. What the venue may refuse is left to the venue: the client is also there to
see it refuse.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from gateway.client.commands import (
    KEYS,
    KINDS,
    PEGS,
    SIDES,
    TIMES_IN_FORCE,
    Cancel,
    CancelAll,
    Command,
    CommandError,
    Condition,
    Expect,
    NewOrder,
    Replace,
    Send,
    Simple,
    Status,
    StatusAll,
)
from gateway.client.wire import Field, parse_fields

_VALUE_OPTIONS = {"show": 111, "iceberg": 111, "range": 20003, "min": 110, "account": 1}
_FLAG_OPTIONS: dict[str, dict[int, str]] = {"hidden": {111: "0"}, "post-only": {18: "6"}}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CONDITION = re.compile(r"([A-Za-z-]+|[0-9]+)([=~])(.*)", re.DOTALL)
_COMMENT = re.compile(r"(^|\s)#.*$")


def parse(line: str) -> Command:
    """Read one line; None for an empty line or a comment; raise CommandError."""
    verb, _, rest = line.strip().partition(" ")
    if verb.lower() == "send":
        return _send(rest)
    try:
        words = shlex.split(_COMMENT.sub("", line))
    except ValueError as error:
        raise CommandError(f"quotes must be closed ({error})") from None
    if not words:
        return None
    parser = _VERBS.get(words[0].lower())
    if parser is None:
        raise CommandError(f"command must be one that help lists, was {words[0]!r}")
    return parser(_Words(words))


class _Words:
    """The words of a line, taken from the front."""

    def __init__(self, words: list[str]) -> None:
        self.verb = words[0].lower()
        self._words = _unglue(words[1:])

    def __bool__(self) -> bool:
        return bool(self._words)

    def __len__(self) -> int:
        return len(self._words)

    def peek(self, at: int = 0) -> str:
        return self._words[at].lower() if at < len(self._words) else ""

    def take(self, what: str) -> str:
        if not self._words:
            raise CommandError(f"{self.verb} must have {what}, was missing")
        return self._words.pop(0)

    def number(self, what: str) -> str:
        text = self.take(what)
        if not _NUMBER.fullmatch(text):
            raise CommandError(f"{what} must be a number, was {text!r}")
        return text

    def end(self) -> None:
        if self._words:
            raise CommandError(f"{self.verb} must end here, was followed by {self._words[0]!r}")


def _unglue(words: list[str]) -> list[str]:
    """Take `@87.30` for `@ 87.30`."""
    glued = (["@", word[1:]] if len(word) > 1 and word[0] == "@" else [word] for word in words)
    return [word for pair in glued for word in pair]


def _new_order(words: _Words) -> NewOrder:
    quantity = words.number("quantity")
    symbol = words.take("a symbol")
    terms, cl_ord_id = _terms(words)
    priced, stopped = 44 in terms, 99 in terms
    if 40 not in terms:
        if not priced and not stopped:
            raise CommandError(f"{words.verb} must have @ PRICE, market or stop PRICE, was neither")
        terms[40] = {(True, False): "2", (False, True): "3", (True, True): "4"}[priced, stopped]
    fields = {55: symbol, 54: SIDES[words.verb], 38: quantity, 40: terms[40], 59: "0"} | terms
    return NewOrder(tuple(fields.items()), cl_ord_id)


def _terms(words: _Words) -> tuple[dict[int, str], str | None]:
    """Read price and options up to the end of the line."""
    terms: dict[int, str] = {}
    cl_ord_id: str | None = None
    while words:
        word = words.take("an option")
        low = word.lower()
        if low in ("@", "at"):
            terms[44] = words.number("price")
        elif low == "market":
            terms[40] = "1"
        elif low == "stop":
            terms[99] = words.number("stop price")
        elif low == "as":
            cl_ord_id = words.take("an ID after as")
        elif low in TIMES_IN_FORCE:
            terms |= _time_in_force(low, words)
        elif low in _FLAG_OPTIONS:
            terms |= _FLAG_OPTIONS[low]
        elif low == "peg":
            terms |= _peg(words)
        elif low == "trail":
            terms |= {40: "P", 18: "a", 211: words.number("distance")}
        elif low in _VALUE_OPTIONS:
            terms[_VALUE_OPTIONS[low]] = words.take(f"a value after {low}")
        else:
            terms |= dict([_raw_field(word)])
    return terms, cl_ord_id


def _peg(words: _Words) -> dict[int, str]:
    """What a pegged order follows, and what is added to that."""
    follows = words.take("mid, market or primary after peg").lower()
    if follows not in PEGS:
        raise CommandError(f"peg must be one of {', '.join(PEGS)}, was {follows!r}")
    fields = {40: "P", 18: PEGS[follows]}
    return fields | ({211: words.number("offset")} if _NUMBER.fullmatch(words.peek()) else {})


def _time_in_force(word: str, words: _Words) -> dict[int, str]:
    if word != "gtd":
        return {59: TIMES_IN_FORCE[word]}
    until = words.take("a date after gtd")
    if not re.fullmatch(r"[0-9]{8}(-[0-9:.]+)?", until):
        raise CommandError(f"gtd must have a date like 20261201 or a UTC time, was {until!r}")
    return {59: TIMES_IN_FORCE[word], 126 if "-" in until else 432: until}


def _raw_field(word: str) -> Field:
    try:
        (field,) = parse_fields(word)
    except ValueError:
        raise CommandError(f"option must be one that help lists, was {word!r}") from None
    return field


def _replace(words: _Words) -> Replace:
    # Of two numbers the first names an order; one number is the new quantity.
    unnamed = _NUMBER.fullmatch(words.peek()) and not _NUMBER.fullmatch(words.peek(1))
    order = None if unnamed or words.peek() in ("@", "at") else words.take("an order")
    quantity = words.number("quantity") if _NUMBER.fullmatch(words.peek()) else None
    terms, cl_ord_id = _terms(words)
    changes = {38: quantity} | terms if quantity is not None else terms
    if not changes:
        raise CommandError("replace must have a quantity or @ PRICE, was neither")
    return Replace(order, tuple(changes.items()), cl_ord_id)


def _cancel(words: _Words) -> Cancel | CancelAll:
    if words.peek() == "all":
        words.take("all")
        return _cancel_all(words)
    order = (
        words.take("an order")
        if words and words.peek() != "as" and "=" not in words.peek()
        else None
    )
    terms, cl_ord_id = _terms(words)
    return Cancel(order, tuple(terms.items()), cl_ord_id)


def _cancel_all(words: _Words) -> CancelAll:
    fields: dict[int, str] = {530: "7"}
    cl_ord_id: str | None = None
    while words:
        word = words.take("a symbol")
        if word.lower() in SIDES:
            fields[54] = SIDES[word.lower()]
        elif word.lower() == "as":
            cl_ord_id = words.take("an ID after as")
        elif word.lower() == "segment":
            fields |= {530: "6", 336: words.take("an ID after segment")}
        elif "=" in word:
            fields |= dict([_raw_field(word)])
        else:
            fields |= {530: "1", 55: word}
    return CancelAll(tuple(fields.items()), cl_ord_id)


def _status(words: _Words) -> Status | StatusAll:
    if words.peek() == "all":
        words.take("all")
        words.end()
        return StatusAll()
    order = words.take("an order") if words else None
    words.end()
    return Status(order)


def _send(text: str) -> Send:
    try:
        fields = parse_fields(text)
    except ValueError as error:
        raise CommandError(str(error)) from None
    msg_type = dict(fields).get(35)
    if msg_type is None:
        raise CommandError("send must have MsgType(35), was missing")
    # What frames a message is always computed; a message broken there never arrives.
    return Send(msg_type, tuple(field for field in fields if field[0] not in (8, 9, 10, 35)))


def _expect(words: _Words) -> Expect:
    nothing = words.peek() == "nothing"
    if nothing:
        words.take("nothing")
    named = bool(words) and _CONDITION.fullmatch(words.peek()) is None
    kind = words.take("a kind").lower() if named else None
    if kind is not None and kind not in KINDS:
        raise CommandError(f"kind must be one of {', '.join(KINDS)}, was {kind!r}")
    conditions: list[Condition] = []
    within: float | None = 1.0 if nothing else None
    while words:
        word = words.take("a condition")
        match = _CONDITION.fullmatch(word)
        if match is None:
            raise CommandError(f"condition must be KEY=VALUE or KEY~PART, was {word!r}")
        if match[1] == "within":
            within = _seconds(match[3])
        elif not match[1].isdecimal() and match[1] not in KEYS:
            raise CommandError(f"key must be a tag or one of {', '.join(KEYS)}, was {match[1]!r}")
        else:
            conditions.append(Condition(match[1], match[2], match[3]))
    return Expect(kind, tuple(conditions), within, nothing)


def _seconds(text: str) -> float:
    if not _NUMBER.fullmatch(text) or text.startswith("-"):
        raise CommandError(f"within must be a number of seconds, was {text!r}")
    return float(text)


def _simple(words: _Words) -> Simple:
    words.end()
    word = {"quit": "logout", "exit": "logout"}.get(words.verb, words.verb)
    return _SIMPLE[word]


_SIMPLE: dict[str, Simple] = {
    "orders": Simple("orders"),
    "test": Simple("test"),
    "logout": Simple("logout"),
    "drop": Simple("drop"),
    "wait": Simple("wait"),
    "help": Simple("help"),
}
_VERBS: dict[str, Callable[[_Words], Command]] = {
    "buy": _new_order,
    "sell": _new_order,
    "short": _new_order,
    "replace": _replace,
    "cancel": _cancel,
    "status": _status,
    "expect": _expect,
    **dict.fromkeys((*_SIMPLE, "quit", "exit"), _simple),
}
