"""Random order messages in three versions, played into a real exchange through all phases.

Fields and values are legal and illegal in any mix; what the decoder lets through becomes a command,
the command happens, its events become reports. Nothing may escape but SessionReject, the exchange
must stay sound (`engine.invariants`), and no stock client may have anything against a report.
"""

from __future__ import annotations

import random

from engine.commands import ChangePhase, Command, HaltTrading, ResumeTrading
from engine.exchange import Exchange
from engine.invariants import check
from gateway import reference_data
from gateway.config import demo
from gateway.fix.execution_reports import ReportWriter
from gateway.fix.message import SessionReject
from gateway.fix.order_entry import COMMANDS, Sender
from gateway.fix.report_style import ReportStyle
from gateway.fix.status_requests import STATUS_COMMANDS
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import START, decoded, dialects, our_decoder, ours
from tests.support.reports import complaints

MEMBERS = {"AVA": FIX42, "NON": FIX44, "SHB": FIX50SP2}
PHASES = (
    *("CLOSED", "PRE_OPEN", "OPENING_CALL", "CONTINUOUS", "CONTINUOUS", "CONTINUOUS"),
    *("VOLATILITY_AUCTION", "SCHEDULED_AUCTION", "CLOSING_CALL", "POST_TRADE"),
)
NUMBERS = ("0", "1", "7", "100", "1000", "-5", "2.5", "999999999", "1000000000", "99999999999999")
PRICES = (
    *("87.30", "87.31", "87.29", "87.00", "88", "80", "0", "-1", "87.305", "87.12345", "0.01"),
    *("100000000", "999999999999999999"),
)
VALUES: dict[str, tuple[str, ...]] = {
    "18": ("6", "M", "P", "R", "a", "K", "Z", "1", "6 M", "G", "J"),
    "38": NUMBERS,
    "40": ("1", "2", "2", "2", "3", "4", "P", "K"),
    "44": PRICES,
    "54": ("1", "2", "5", "7"),
    "55": ("ERIC-B", "ERIC-B", "VOLV-B", "NOPE"),
    "59": ("0", "1", "2", "3", "4", "6", "7", "B", "5"),
    "99": PRICES,
    "110": NUMBERS,
    "111": NUMBERS,
    "126": ("20261201-12:00:00", "20200101-00:00:00"),
    "152": PRICES,
    "211": ("0.05", "-0.05", "2", "0", "1001", "-99999999999"),
    "432": ("20261231", "20200101"),
    "836": ("0", "2", "1"),
    "1084": ("1", "3", "4"),
    "1085": NUMBERS,
    "1086": NUMBERS,
    "1094": ("2", "4", "5", "8", "1"),
    "1138": NUMBERS,
    "2362": ("XX", "YY"),
    "2964": ("1", "2", "3", "9"),
    "20001": ("Y", "N"),
    "20002": ("1", "2", "3", "8"),
    "20003": NUMBERS,
}
"""Tag -> values, some of which are right."""

USUAL = {"38": "100", "40": "2", "44": "87.30", "54": "1", "55": "ERIC-B", "59": "0"}


class _Receiver:
    def __init__(self, version: str) -> None:
        self.style = ReportStyle(version, ours(version))


class OrderBorder:
    """A demo venue's exchange and reports; `taken` and `refused` count messages."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.exchange = Exchange()
        self.seq = 0
        self.at = START
        self.taken = self.refused = self.reports = 0
        self._writer = ReportWriter({m: _Receiver(v) for m, v in MEMBERS.items()}, {})
        self._ids = 0
        self._used: list[str] = ["NONE"]
        for command in list(reference_data.changes(demo(), self.exchange)):
            self.apply(command)

    def apply(self, command: Command) -> None:
        """Let a command happen, and look at all that follows."""
        self.seq += 1
        events = self.exchange.apply(command, self.seq, self.at)
        check(self.exchange)
        for member, msg_type, body in self._writer.write(events, self.seq, self.at):
            if member in MEMBERS:
                self._look_at(member, msg_type, body)

    def _look_at(self, member: str, msg_type: str, body: str) -> None:
        self.reports += 1
        _, venue = dialects(member, MEMBERS[member])
        text = f"35={msg_type}|34=2|" + body.rstrip("\x01").replace("\x01", "|")
        found = complaints(venue.whole(text, self.at))
        if "|39=8|" in text:  # a refused price that no integer holds cannot be said again
            found = [one for one in found if not one.startswith("44 missing")]
        assert found == [], (text, found)

    def step(self) -> None:
        """One message of a member, or once in a while a move of the operator."""
        draw = self.random
        self.at += draw.randrange(10**9)
        if draw.random() < 0.04:
            self.apply(self._move())
            return
        member = draw.choice(list(MEMBERS))
        text = self._message()
        if text[3:].partition("|")[0] not in ours(MEMBERS[member]).messages:
            return  # the session answers that itself
        client, _ = dialects(member, MEMBERS[member])
        try:
            message = decoded(client.whole(text, self.at), our_decoder(MEMBERS[member]))
            translate = COMMANDS.get(message.msg_type) or STATUS_COMMANDS[message.msg_type]
            command = translate(message, Sender(member, member, "Europe/Stockholm"))
        except SessionReject:
            self.refused += 1
            return
        self.taken += 1
        try:
            self.apply(command)
        except Exception as error:
            error.add_note(f"{member}: {text}")
            raise

    def _move(self) -> Command:
        draw = self.random
        if draw.random() < 0.2:
            return HaltTrading("ERIC-B", draw.random() < 0.5, draw.random() < 0.2)
        if self.exchange.markets["ERIC-B"].halted:
            return ResumeTrading("ERIC-B")
        return ChangePhase("DEMO", draw.choice(PHASES))

    def _message(self) -> str:
        draw = self.random
        self._ids += 1
        new = f"I{self._ids}"
        kind = draw.choices("DGFqeHg", (12, 5, 3, 1, 1, 1, 1))[0]
        fields = {"11": new, "21": "1"}
        if kind in "DG":
            fields |= USUAL
            for tag in draw.sample(sorted(VALUES), draw.choice((0, 1, 1, 2, 2, 3, 5))):
                fields[tag] = draw.choice(VALUES[tag])
            if fields["40"] in "13P" and draw.random() < 0.8:
                fields.pop("44", None)
        fields |= self._more(kind)
        if kind not in "eg":
            fields["60"] = "{now}"
        if kind in "GF":
            fields["41"] = draw.choice(self._used[-12:])
        if kind == "D":
            self._used.append(new)
        return f"35={kind}|34=2|" + "|".join(f"{tag}={value}" for tag, value in fields.items())

    def _more(self, kind: str) -> dict[str, str]:
        """What other messages than orders say."""
        draw = self.random
        symbol, side = draw.choice(VALUES["55"]), draw.choice(("1", "2"))
        match kind:
            case "F" | "H":
                return {"55": symbol, "54": side, "38": "100"}
            case "q":
                scope = draw.choice(("1", "6", "7", "9", "3"))
                return {"530": scope, "55": symbol, "336": draw.choice(("DEMO", "1", "X"))}
            case "e":
                return {"324": "E", "55": symbol, "263": draw.choice("0123")}
            case "g":
                return {"335": "G", "263": draw.choice("0123")}
            case _:
                return {}


def campaign(seed: int, steps: int) -> OrderBorder:
    """So many steps from one seed; raises what escapes, with the message that did it."""
    border = OrderBorder(seed)
    for number in range(steps):
        try:
            border.step()
        except BaseException as error:
            error.add_note(f"seed {seed}, step {number}")
            raise
    return border
