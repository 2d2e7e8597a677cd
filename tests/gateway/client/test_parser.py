"""The command language: a line of text -> a command with FIX fields."""

from __future__ import annotations

import pytest

from gateway.client.commands import (
    HELP,
    KEYS,
    KINDS,
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
from gateway.client.parser import parse
from gateway.client.wire import parse_fields, piped


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("buy 100 ERIC-B @ 87.30", "55=ERIC-B|54=1|38=100|40=2|59=0|44=87.30"),
        ("sell 100 ERIC-B @87.30", "55=ERIC-B|54=2|38=100|40=2|59=0|44=87.30"),
        ("SHORT 100 ERIC-B at 87.30", "55=ERIC-B|54=5|38=100|40=2|59=0|44=87.30"),
        ("buy 100 ERIC-B market", "55=ERIC-B|54=1|38=100|40=1|59=0"),
        ("buy 100 ERIC-B @ 87.30 day", "55=ERIC-B|54=1|38=100|40=2|59=0|44=87.30"),
        ("buy 100 ERIC-B @ 87.30 gtc", "55=ERIC-B|54=1|38=100|40=2|59=1|44=87.30"),
        ("buy 100 ERIC-B ioc @ 87.30", "55=ERIC-B|54=1|38=100|40=2|59=3|44=87.30"),
        ("buy 100 ERIC-B market fok", "55=ERIC-B|54=1|38=100|40=1|59=4"),
        (
            "buy 100 ERIC-B @ 87.30 gtd 20261201",
            "55=ERIC-B|54=1|38=100|40=2|59=6|44=87.30|432=20261201",
        ),
        (
            "buy 100 ERIC-B @ 87.30 gtd 20261201-15:00:00",
            "55=ERIC-B|54=1|38=100|40=2|59=6|44=87.30|126=20261201-15:00:00",
        ),
        ("sell 100 ERIC-B stop 85.00", "55=ERIC-B|54=2|38=100|40=3|59=0|99=85.00"),
        (
            "sell 100 ERIC-B stop 85.00 @ 84.50",
            "55=ERIC-B|54=2|38=100|40=4|59=0|99=85.00|44=84.50",
        ),
        (
            "buy 100 ERIC-B @ 87.30 show 20 min 50 account K1",
            "55=ERIC-B|54=1|38=100|40=2|59=0|44=87.30|111=20|110=50|1=K1",
        ),
        (
            "sell 100 ERIC-B 40=P 18=a 211=0.50 '58=two words'",
            "55=ERIC-B|54=2|38=100|40=P|59=0|18=a|211=0.50|58=two words",
        ),
        ("buy 9 X @ 5 iceberg 2 range 1", "55=X|54=1|38=9|40=2|59=0|44=5|111=2|20003=1"),
        ("buy 9 X @ 5 hidden min 4", "55=X|54=1|38=9|40=2|59=0|44=5|111=0|110=4"),
        ("buy 9 X @ 5 post-only", "55=X|54=1|38=9|40=2|59=0|44=5|18=6"),
        ("buy 9 X peg mid", "55=X|54=1|38=9|40=P|59=0|18=M"),
        ("buy 9 X peg primary -0.01 @ 5", "55=X|54=1|38=9|40=P|59=0|18=R|211=-0.01|44=5"),
        ("sell 9 X PEG Market gtc", "55=X|54=2|38=9|40=P|59=1|18=P"),
        ("sell 9 X trail 0.50", "55=X|54=2|38=9|40=P|59=0|18=a|211=0.50"),
        ("buy 9 X market at-close", "55=X|54=1|38=9|40=1|59=7"),
        ("buy 9 X market at-open", "55=X|54=1|38=9|40=1|59=2"),
        ("buy -1.5 ERIC-B @ 87.3000 # kept", "55=ERIC-B|54=1|38=-1.5|40=2|59=0|44=87.3000"),
    ],
)
def test_an_order_line_becomes_fields(line: str, fields: str) -> None:
    """Numbers stay as typed, TimeInForce(59) is Day unless said."""
    command = parse(line)
    assert isinstance(command, NewOrder)
    assert piped(command.fields) == fields


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", None),
        ("  # don't mind", None),
        ("buy 1 X market as A1", NewOrder(parse_fields("55=X|54=1|38=1|40=1|59=0"), "A1")),
        ("replace 200 @ 87.40", Replace(None, ((38, "200"), (44, "87.40")))),
        ("replace 200", Replace(None, ((38, "200"),))),
        ("replace @ 87.40", Replace(None, ((44, "87.40"),))),
        ("replace A1 200 @ 87.40", Replace("A1", ((38, "200"), (44, "87.40")))),
        ("replace A1 200", Replace("A1", ((38, "200"),))),
        ("replace A1 @87.40 gtc as A2", Replace("A1", ((44, "87.40"), (59, "1")), "A2")),
        ("replace 17 200", Replace("17", ((38, "200"),))),
        ("replace 17 200 @ 87.40", Replace("17", ((38, "200"), (44, "87.40")))),
        ("cancel", Cancel()),
        ("cancel A1", Cancel("A1")),
        ("cancel A1 as C1", Cancel("A1", (), "C1")),
        ("cancel as C1 38=5", Cancel(None, ((38, "5"),), "C1")),
        ("cancel all", CancelAll(((530, "7"),))),
        ("cancel all ERIC-B", CancelAll(((530, "1"), (55, "ERIC-B")))),
        ("cancel all sell as M1", CancelAll(((530, "7"), (54, "2")), "M1")),
        ("cancel all segment STO buy", CancelAll(((530, "6"), (336, "STO"), (54, "1")))),
        ("cancel all 530=6", CancelAll(((530, "6"),))),
        ("status", Status()),
        ("status A1", Status("A1")),
        ("status all", StatusAll()),
        ("send 35=D|11=A1|58=# it's", Send("D", ((11, "A1"), (58, "# it's")))),
        ("send 8=FIX.4.4|9=5|35=D|34=7|10=000|", Send("D", ((34, "7"),))),
        ("test", Simple("test")),
        ("wait", Simple("wait")),
        ("orders", Simple("orders")),
        ("help", Simple("help")),
        ("drop", Simple("drop")),
        ("logout", Simple("logout")),
        ("quit", Simple("logout")),
        ("exit", Simple("logout")),
        ("expect", Expect(None)),
        ("expect new", Expect("new")),
        ("expect 150=F", Expect(None, (Condition("150", "=", "F"),))),
        (
            "expect fill last=87.30 'text~a b' within=0.5",
            Expect("fill", (Condition("last", "=", "87.30"), Condition("text", "~", "a b")), 0.5),
        ),
        ("expect nothing", Expect(None, (), 1.0, nothing=True)),
        ("expect nothing fill within=2", Expect("fill", (), 2.0, nothing=True)),
    ],
)
def test_a_line_becomes_a_command(line: str, command: Command) -> None:
    """Every form that help lists."""
    assert parse(line) == command


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("bye", "command must be one that help lists, was 'bye'"),
        ("buy", "buy must have quantity, was missing"),
        ("buy lots X @ 1", "quantity must be a number, was 'lots'"),
        ("buy 1", "buy must have a symbol, was missing"),
        ("buy 1 X", "buy must have @ PRICE, market or stop PRICE, was neither"),
        ("buy 1 X @", "buy must have price, was missing"),
        ("buy 1 X @ 1,5", "price must be a number, was '1,5'"),
        ("buy 1 X @ 1 soon", "option must be one that help lists, was 'soon'"),
        ("buy 1 X @ 1 gtd soon", "gtd must have a date like 20261201 or a UTC time, was 'soon'"),
        ("buy 1 X peg", "buy must have mid, market or primary after peg, was missing"),
        ("buy 1 X peg top", "peg must be one of mid, market, primary, was 'top'"),
        ("buy 1 X trail far", "distance must be a number, was 'far'"),
        ("buy 1 X 'market", "quotes must be closed (No closing quotation)"),
        ("replace", "replace must have an order, was missing"),
        ("replace A1", "replace must have a quantity or @ PRICE, was neither"),
        ("status A1 A2", "status must end here, was followed by 'A2'"),
        ("wait now", "wait must end here, was followed by 'now'"),
        ("send 11=X", "send must have MsgType(35), was missing"),
        ("send hello", "field must be TAG=VALUE, was 'hello'"),
        ("expect new x", "condition must be KEY=VALUE or KEY~PART, was 'x'"),
        ("expect within=soon", "within must be a number of seconds, was 'soon'"),
        ("expect within=-1", "within must be a number of seconds, was '-1'"),
        ("expect surprise", f"kind must be one of {', '.join(KINDS)}, was 'surprise'"),
        ("expect mood=good", f"key must be a tag or one of {', '.join(KEYS)}, was 'mood'"),
    ],
)
def test_a_line_that_is_no_command_is_explained(line: str, text: str) -> None:
    """The text names what was expected and what was there."""
    with pytest.raises(CommandError) as caught:
        parse(line)
    assert str(caught.value) == text


def test_help_names_everything_there_is() -> None:
    """A word that the language knows and help does not mention cannot be found by anyone."""
    commands = ("buy", "sell", "short", "replace", "cancel", "status", "orders", "send", "test")
    words = [*commands, "logout", "quit", "drop", "expect", "wait", *KINDS, *TIMES_IN_FORCE]
    assert [word for word in words if word not in HELP] == []
