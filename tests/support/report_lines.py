"""Events written as reports in tests: `session type fields`, `|` between the fields."""

from __future__ import annotations

from dataclasses import dataclass

from engine.commands import EnterOrder
from engine.events import Event, OrderState, Standing
from gateway.fix.drop_copy import Everyone
from gateway.fix.encoder import Header
from gateway.fix.execution_reports import ReportWriter
from gateway.fix.outgoing import Outgoing
from gateway.fix.report_style import ReportStyle
from gateway.fix.versions import FIX44
from tests.support.fix import START, SentInMemory, at, our_versions

AT = at("{now}", START)


@dataclass
class Reader:
    """A session as the writer sees it."""

    style: ReportStyle


def state(
    terms: EnterOrder,
    status: str = "0",
    cum: int = 0,
    notional: int = 0,
    number: int = 7,
    standing: Standing | None = None,
) -> OrderState:
    """The order at some moment; it works if its status says so."""
    busted_qty = standing.busted_qty if standing is not None else 0
    leaves = terms.qty - cum - busted_qty if status in "01" else 0
    return OrderState(number, terms, status, leaves, cum, notional, standing)


def writer(version: str = FIX44, digits: int = 3) -> ReportWriter:
    """A writer to whom every session speaks this version; none has copies."""
    return ReportWriter(Everyone(Reader(our_versions()[version].style(digits))), {})


def lines(*events: Event, seq: int = 9, version: str = FIX44, digits: int = 3) -> list[str]:
    """The messages for these events of one command, each as `session type fields`."""
    reports = writer(version, digits).write(list(events), seq, START)
    return [f"{who} {kind} {body.replace(chr(1), '|')[:-1]}" for who, kind, body in reports]


def on_the_wire(event: Event, version: str = FIX44) -> list[bytes]:
    """The messages for an event, as its sessions send them, the first time and again."""
    sent = []
    speaks = our_versions()[version]
    for who, kind, body in writer(version).write([event], 9, START):
        out = Outgoing(SentInMemory(), lambda: None)
        out.use(Header(speaks.begin_string, "PIT", who), speaks.style())
        out.open()
        out.send_application(kind, body, AT)
        sent += out.outbox
        out.outbox.clear()
        out.ask_resend(1, 0)
        out.continue_resend(START)
        sent += out.outbox
    return sent
