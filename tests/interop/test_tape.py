"""The judge of the interop run: it must see every difference and invent none.

`make interop` itself starts processes and is no part of `make test`; its comparison is.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.makers import QUICKFIX_KIND
from tests.interop.plays import MARKS
from tests.interop.tape import BadScript, Step, Verb, differences, parse_script, split_message

SCRIPT = Path(__file__).parent / "scenario.fix"

RECEIVED = split_message("35=9|34=7|11=qf-4|37=NONE|39=8|41=qf-none|102=1|434=1|44=87.30", "|")


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("35=9|39=8|434=1", []),
        ("44=87.3", []),
        ("37=*|58=-", []),
        ("37={order}|11={run}-4", []),
        ("41=^qf-", []),
        ("39=0", ["tag 39 must be 0, was 8"]),
        ("44=87.4", ["tag 44 must be 87.4, was 87.30"]),
        ("37=-|58=*", ["tag 37 must be absent, was NONE", "tag 58 must be there, was absent"]),
        ("11={run}-5", ["tag 11 must be qf-5, was qf-4"]),
        ("37={other}|11={other}", ["tag 11 must be NONE, was qf-4"]),
        ("41=^js-", ["tag 41 must be text that begins js-, was qf-none"]),
        ("60=20260101-00:00:00", ["tag 60 must be 20260101-00:00:00, was absent"]),
    ],
)
def test_each_named_field_is_held_against_the_message(expected: str, said: list[str]) -> None:
    """A line is satisfied by exactly the messages whose fields keep its rules."""
    assert differences(expected, RECEIVED, {"run": "qf"}) == said


def test_a_report_without_a_tag_every_report_carries_is_incomplete() -> None:
    """An ExecutionReport is held to these tags even where the script names none."""
    report = split_message(
        "35=8|6=0|11=a|14=0|17=e|37=o|38=1|39=0|40=2|54=1|55=ERIC-B|59=0|60=t|150=0", "|"
    )
    assert differences("35=8", report, {}) == ["tag 151 must be there, was absent"]


def test_the_script_becomes_steps_and_names_a_bad_line() -> None:
    """Comments and empty lines are left out; line numbers are those of the file."""
    assert parse_script("# story\n\nAVA logon reset\nAVA > 35=D|11={run}-1\n", frozenset()) == [
        Step(3, "AVA", Verb.LOGON, "reset"),
        Step(4, "AVA", Verb.SEND, "35=D|11={run}-1"),
    ]
    with pytest.raises(BadScript, match=r"line 2 must say one of logon, .* was 'AVA jumps'"):
        parse_script("AVA logon\nAVA jumps\n", frozenset())


def test_marked_lines_and_fields_are_kept_where_the_mark_is_given() -> None:
    """A mark stands before a line or a field, and only the marks given are kept."""
    script = "4.4+: AVA > 35=AF|584=a\nAVA < 35=8|4.2:150=2|4.4+:150=F|58=^CODE:|39=2\n"
    assert [step.argument for step in parse_script(script, frozenset({"4.2"}))] == [
        "35=8|150=2|58=^CODE:|39=2"
    ]
    assert [step.argument for step in parse_script(script, frozenset({"4.4", "4.4+"}))] == [
        "35=AF|584=a",
        "35=8|150=F|58=^CODE:|39=2",
    ]


@pytest.mark.parametrize("line", ["4.3: AVA logon", "AVA > 35=D|4.3:21=1"])
def test_a_mark_nobody_knows_is_refused(line: str) -> None:
    """A misspelled mark would leave a line out of every play."""
    with pytest.raises(BadScript, match=r"line 1: mark must be one of .* was '4.3'"):
        parse_script(line, frozenset({"4.2"}))


def test_every_play_of_the_script_can_be_read() -> None:
    """In each version and for each kind of library; none is told nothing of TLS or of gaps."""
    script = SCRIPT.read_text()
    for version in MARKS.values():
        plain = parse_script(script, version | QUICKFIX_KIND)
        with_tls = parse_script(script, version | QUICKFIX_KIND | {"tls"})
        assert {step.verb for step in plain} == set(Verb)
        assert [step for step in with_tls if "tls" in step.argument.split()]
        assert len(parse_script(script, version | {"at-once", "gap-fills"})) > len(plain) / 2
