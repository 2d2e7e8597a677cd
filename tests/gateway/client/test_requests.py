"""Commands about orders -> messages, as a venue wants them."""

from __future__ import annotations

import pytest

from gateway.client.commands import CommandError
from gateway.client.orders import OwnOrders
from gateway.client.parser import parse
from gateway.client.requests import OrderCommand, Requests
from gateway.client.wire import piped
from tests.gateway.client.tape import message

BUY = "buy 200 ERIC-B @ 87.30 as A"
NEW = "35=8|37=O7|150=0|39=0|11=A|55=ERIC-B|54=1|38=200|40=2|44=87.30|59=0|1=K1|151=200|14=0"
GTD = NEW.replace("59=0", "59=6|432=20261201|126=20261201-22:59:59")


def last_request(*steps: str, begin_string: str = "FIX.4.4") -> str:
    """Carry out commands and reports and return the message of the last command."""
    orders = OwnOrders("run")
    requests = Requests(orders, begin_string)
    text = ""
    for step in steps:
        if step.startswith("35="):
            orders.take(message(step))
            continue
        command = parse(step)
        assert isinstance(command, OrderCommand)
        request = requests.build(command, "now")
        text = piped([(35, request.msg_type), *request.fields])
    return text


@pytest.mark.parametrize(
    ("steps", "request_line"),
    [
        ([BUY], "35=D|11=A|60=now|55=ERIC-B|54=1|38=200|40=2|59=0|44=87.30"),
        (
            ["buy 1 X market", "buy 2 X market"],
            "35=D|11=run-2|60=now|55=X|54=1|38=2|40=1|59=0",
        ),
        (
            [BUY, NEW, "replace 300 @ 87.40 as B"],
            "35=G|11=B|41=A|60=now|55=ERIC-B|54=1|38=300|40=2|59=0|44=87.40|1=K1",
        ),
        (
            [BUY, "replace @ 87.40"],
            "35=G|11=run-1|41=A|60=now|55=ERIC-B|54=1|38=200|40=2|59=0|44=87.40",
        ),
        (
            [BUY, NEW, "replace 300 as B", "replace 400 as C"],
            "35=G|11=C|41=B|60=now|55=ERIC-B|54=1|38=400|40=2|59=0|44=87.30|1=K1",
        ),
        (
            [BUY, NEW, "replace 300 as B", "35=9|11=B|41=A|434=2", "cancel as C"],
            "35=F|11=C|41=A|60=now|55=ERIC-B|54=1|38=200",
        ),
        (
            [BUY, GTD, "replace 300 as B"],
            "35=G|11=B|41=A|60=now|55=ERIC-B|54=1|38=300|40=2|59=6|44=87.30|432=20261201|1=K1",
        ),
        (
            [BUY, GTD, "replace 300 day as B"],
            "35=G|11=B|41=A|60=now|55=ERIC-B|54=1|38=300|40=2|59=0|44=87.30|1=K1",
        ),
        ([BUY, NEW, "cancel O7 as C"], "35=F|11=C|41=A|60=now|55=ERIC-B|54=1|38=200"),
        ([BUY, "cancel all ERIC-B as M"], "35=q|11=M|60=now|530=1|55=ERIC-B"),
        ([BUY, "status"], "35=H|11=A|55=ERIC-B|54=1"),
        ([BUY, "status A"], "35=H|11=A|55=ERIC-B|54=1"),
        (["status all"], "35=AF|584=run-1|585=7"),
        (["send 35=D|11=X|34=7"], "35=D|11=X|34=7"),
    ],
)
def test_a_command_becomes_a_message(steps: list[str], request_line: str) -> None:
    """Ids are made where none is given, a replace repeats what it does not change."""
    assert last_request(*steps) == request_line


def test_fix_4_2_gets_its_handling_instruction() -> None:
    """HandlInst(21) is required on D and G there."""
    assert (
        last_request("buy 1 X market as A", begin_string="FIX.4.2")
        == "35=D|11=A|21=1|60=now|55=X|54=1|38=1|40=1|59=0"
    )


def test_fix_5_0_sp2_shows_a_part_by_display_qty() -> None:
    """`show` is DisplayQty(1138) there, and a replace repeats it or changes it."""
    buy = "buy 9 X @ 5 show 2 as A"
    new = "35=8|37=O7|150=0|39=0|11=A|55=X|54=1|38=9|40=2|44=5|59=0|1138=2|151=9|14=0"
    assert [
        last_request(*steps, begin_string="FIXT.1.1")
        for steps in (
            (buy,),
            (buy, new, "replace 8 as B"),
            (buy, new, "replace 9 show 3 as B"),
        )
    ] == [
        "35=D|11=A|60=now|55=X|54=1|38=9|40=2|59=0|44=5|1138=2",
        "35=G|11=B|41=A|60=now|55=X|54=1|38=8|40=2|59=0|44=5|1138=2",
        "35=G|11=B|41=A|60=now|55=X|54=1|38=9|40=2|59=0|44=5|1138=3",
    ]


def test_fix_5_0_sp2_has_a_trailing_stop_and_segments_of_its_own() -> None:
    """A trailing stop is a stop with a peg there, and a segment no trading session."""
    trail = "sell 9 X trail 0.50 as A"
    assert [
        last_request(line, begin_string=version)
        for line in (trail, "cancel all segment STO as M")
        for version in ("FIX.4.4", "FIXT.1.1")
    ] == [
        "35=D|11=A|60=now|55=X|54=2|38=9|40=P|59=0|18=a|211=0.50",
        "35=D|11=A|60=now|55=X|54=2|38=9|40=3|59=0|211=0.50|1094=8",
        "35=q|11=M|60=now|530=6|336=STO",
        "35=q|11=M|60=now|530=9|1300=STO",
    ]


def test_a_replace_of_a_trailing_stop_leaves_out_where_it_stands() -> None:
    """StopPx(99) is the venue's to say; the peg is repeated."""
    new = "35=8|37=O7|150=0|39=0|11=A|55=X|54=2|38=9|40=P|18=a|99=85.3|211=0.5|59=0|151=9|14=0"
    assert last_request("sell 9 X trail 0.50 as A", new, "replace 8 as B") == (
        "35=G|11=B|41=A|60=now|55=X|54=2|38=8|40=P|59=0|18=a|211=0.5"
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("cancel Z", "order must be one that orders lists, was 'Z'"),
        ("cancel", "there is no working order"),
        ("replace 5", "there is no working order"),
        ("status", "there is no order"),
    ],
)
def test_an_order_that_is_not_there_is_explained(line: str, text: str) -> None:
    """Nothing is sent for an order the client does not know."""
    with pytest.raises(CommandError) as caught:
        last_request(line)
    assert str(caught.value) == text
