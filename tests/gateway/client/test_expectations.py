"""What a script waits for, held against what has come."""

from __future__ import annotations

import pytest

from gateway.client.commands import Expect
from gateway.client.expectations import Inbox, Report, describe, matches
from gateway.client.parser import parse
from tests.gateway.client.tape import message

FILL = (
    "35=8|37=O12|11=B|55=ERIC-B|54=1|38=200|44=87.30|150=F|39=1|151=100|14=100|6=87.30"
    "|32=60|31=87.30|382=1|375=NON|527=T5|453=2|448=AVA|452=1|448=T1|452=12|58=two words"
)


def expectation(line: str) -> Expect:
    """Read an expectation as a script has it."""
    command = parse(line)
    assert isinstance(command, Expect)
    return command


@pytest.mark.parametrize(
    ("line", "met"),
    [
        ("expect", True),
        ("expect fill", True),
        ("expect partial", True),
        ("expect filled", False),
        ("expect new", False),
        ("expect 150=F 31=87.30", True),
        ("expect fill last=87.3 qty=60 contra=NON", True),
        ("expect fill last=87.31", False),
        ("expect fill qty=200", False),
        ("expect 38=200.0", True),
        ("expect 38=x", False),
        ("expect 11=B", True),
        ("expect id=A", True),
        ("expect id=B", True),
        ("expect id=C", False),
        ("expect side=buy", True),
        ("expect side=1", True),
        ("expect side=sell", False),
        ("expect 'status=partially filled'", True),
        ("expect status=1", True),
        ("expect 448=T1", True),
        ("expect 448=T2", False),
        ("expect text~words", True),
        ("expect text=words", False),
        ("expect 880~T", False),
        ("expect contra=AVA", False),
        ("expect trade=T5", True),
        ("expect trade=T6", False),
    ],
)
def test_a_report_meets_an_expectation_or_not(line: str, met: bool) -> None:  # noqa: FBT001
    """Prices and quantities by value, words and codes, names and tags."""
    assert matches(expectation(line), Report(message(FILL), "A", "")) is met


@pytest.mark.parametrize(
    ("report", "kind"),
    [("35=8|150=8|39=8", "rejected"), ("35=9|434=1", "rejected"), ("35=3", "rejected")],
)
def test_rejected_means_any_reject(report: str, kind: str) -> None:
    """A script need not know which message says no."""
    assert matches(Expect(kind), Report(message(report), "A", ""))


def inbox(*reports: str) -> Inbox:
    """An inbox with these reports; the line of each is the report itself."""
    box = Inbox()
    for text in reports:
        box.add(Report(message(text), "A", text))
    return box


def test_the_next_match_is_taken_with_all_before_it() -> None:
    """A script reads forward only."""
    box = inbox("35=8|150=0", "35=8|150=F", "35=8|150=4")
    first = box.take(expectation("expect fill"))
    assert (first and first.line, box.take(expectation("expect new")), box.lines()) == (
        "35=8|150=F",
        None,
        ["35=8|150=4"],
    )


@pytest.mark.parametrize(
    "line", ["expect", "expect fill last=87.30 text~x", "expect nothing", "expect nothing fill"]
)
def test_an_expectation_is_told_as_it_was_written(line: str) -> None:
    """The failure names the line that failed."""
    assert describe(expectation(line)) == line
