"""Reports about a short day of trading against the table, in every version."""

from __future__ import annotations

import pytest

from engine.commands import (
    CancelOrder,
    Command,
    DefineInstrument,
    DefineMember,
    DefineSegment,
    EnterOrder,
    MassCancel,
    PassTime,
    ReplaceOrder,
    RequestMassStatus,
    RequestStatus,
)
from engine.exchange import Exchange
from gateway.fix.execution_reports import ReportWriter
from gateway.fix.report_style import ReportStyle
from gateway.fix.versions import Versions
from tests.gateway.fix.test_order_reports import EVENTS
from tests.specs.rules import served_rows
from tests.specs.table import VERSIONS, table
from tests.support.fix import pairs_of
from tests.support.fix_specs import INBOUND
from tests.support.report_lines import on_the_wire
from tests.support.scenario_table import Pairs, presence_complaints, scenario_of

SOON = 10**18
DAY: list[Command] = [
    DefineMember("AVA", "Avanza"),
    DefineSegment("DEMO", "CONTINUOUS"),
    DefineInstrument("ERIC-B", "DEMO", "rts11-6"),
    EnterOrder("AVA", "AVA", "1", "ERIC-B", "1", "2", 500, 873000, "6", SOON, "A", "T"),
    EnterOrder("AVA", "AVA", "2", "ERIC-B", "2", "2", 100, 873000),
    EnterOrder("AVA", "AVA", "2", "ERIC-B", "2", "2", 100, 873000),
    EnterOrder("AVA", "AVA", "3", "ERIC-B", "2", "1", 700, 0),
    EnterOrder("AVA", "AVA", "4", "ERIC-B", "1", "2", 300, 873000, "6", SOON, "A"),
    ReplaceOrder("AVA", "5", "4", "ERIC-B", "1", "2", 200, 873000),
    RequestStatus("AVA", "9", "ERIC-B", "1", "S"),
    RequestStatus("AVA", "4", "ERIC-B", "1", "S"),
    CancelOrder("AVA", "6", "2", "ERIC-B", "2"),
    CancelOrder("AVA", "6", "9", "ERIC-B", "1"),
    EnterOrder("AVA", "AVA", "7", "ERIC-B", "1", "2", 300, 873000),
    CancelOrder("AVA", "8", "7", "ERIC-B", "1"),
]

FROM_44_ON: list[Command] = [
    RequestMassStatus("AVA", "M", "7"),
    MassCancel("AVA", "11", "1", "NONE-SUCH", "1"),
    EnterOrder("AVA", "AVA", "12", "ERIC-B", "1", "2", 300, 873000),
    MassCancel("AVA", "13", "1", "ERIC-B", "1"),
    MassCancel("AVA", "15", "6", segment="DEMO"),
    EnterOrder("AVA", "AVA", "14", "ERIC-B", "1", "2", 300, 873000, "6", SOON),
    RequestMassStatus("AVA", "N", "1", "NONE-SUCH"),
]


class Session:
    """A session, of which only the way it is written to matters."""

    def __init__(self, style: ReportStyle) -> None:
        self.style = style


def day_of(version: str) -> list[Pairs]:
    """The reports of the day, as pairs of tag and value behind MsgType(35)."""
    commands = DAY if version == "FIX.4.2" else DAY + FROM_44_ON
    style = Versions(frozenset(INBOUND))[version].style()
    exchange, writer = Exchange(), ReportWriter({"AVA": Session(style)}, {})
    found: list[Pairs] = []
    for seq, command in enumerate([*commands, PassTime()], 1):
        at = SOON if isinstance(command, PassTime) else seq
        for _, msg_type, body in writer.write(exchange.apply(command, seq, at), seq, at):
            fields = (field.partition("=") for field in body.split("\x01")[:-1])
            found.append([("35", msg_type), *((tag, value) for tag, _, value in fields)])
    return found


def special_of(version: str) -> list[Pairs]:
    """Reports about orders with attributes or a past, of all that can happen to them."""
    sent = (data for event in EVENTS.values() for data in on_the_wire(event, version)[::2])
    return [pairs_of(data)[2:] for data in sent]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_report_is_as_the_table_says(version: str) -> None:
    """Nothing is missing and nothing too much, on any occasion that is served."""
    day = [*day_of(version), *special_of(version)]
    assert [found for report in day for found in presence_complaints(report, version)] == []
    met = {scenario_of(report, version) for report in day}
    blocks = [block for block in table().in_version(version) if block.key in ("8", "9", "r")]
    served = {s.name for block in blocks for s in block.scenarios if s.version == version}
    assert met == served


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_that_is_listed_is_sent(version: str) -> None:
    """The rules of engagement promise no field that never comes."""
    sent: dict[str, set[str]] = {}
    for report in [*day_of(version), *special_of(version)]:
        sent.setdefault(dict(report)["35"], set()).update(tag for tag, _ in report)
    for msg_type, tags in sent.items():
        rows = served_rows(table(), table().messages[msg_type])
        listed = {path[-1] for path, row in rows.items() if row.presence[version] != "-"}
        assert listed - tags == set(), msg_type
