"""Own orders: requests out and reports in -> names, chains, state, what is unanswered."""

from __future__ import annotations

import pytest

from gateway.client.orders import OwnOrders
from gateway.client.parser import parse
from gateway.client.reports import order_line
from gateway.client.requests import OrderCommand, Requests
from tests.gateway.client.tape import message

BUY = "buy 200 ERIC-B @ 87.30 as A"
TERMS = "55=ERIC-B|54=1|38=200|40=2|44=87.30|59=0"
NEW = f"35=8|37=O7|150=0|39=0|11=A|{TERMS}|151=200|14=0|6=0"
PART = f"35=8|37=O7|150=F|39=1|11=A|{TERMS}|151=140|14=60|6=87.3|32=60|31=87.30"
REPLACED = "35=8|37=O7|150=5|39=1|11=B|41=A|55=ERIC-B|54=1|38=300|40=2|44=87.30|151=240|14=60"


def play(*steps: str) -> OwnOrders:
    """Carry out commands and, where a line begins with 35=, take reports."""
    orders = OwnOrders("run")
    requests = Requests(orders, "FIX.4.4")
    seq = 1
    for step in steps:
        if step.startswith("35="):
            orders.take(message(step))
            continue
        command = parse(step)
        assert isinstance(command, OrderCommand)
        seq += 1
        request = requests.build(command, "now")
        orders.sent(request.msg_type, request.fields, seq)
    return orders


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ([BUY], "A buy 0/200 ERIC-B @ 87.30, sent, leaves 200"),
        ([BUY, NEW], "A buy 0/200 ERIC-B @ 87.30, new, leaves 200"),
        (
            [BUY, NEW, PART],
            "A buy 60/200 ERIC-B @ 87.30, partially filled, leaves 140, average 87.3",
        ),
        (
            [BUY, NEW, "35=8|37=O7|150=4|39=4|11=C|41=A|38=200|151=0|14=0"],
            "A buy 0/200 ERIC-B @ 87.30, canceled, leaves 0",
        ),
        (
            [BUY, PART, "replace 300 as B", REPLACED],
            "A buy 60/300 ERIC-B @ 87.30, partially filled, leaves 240, average 87.3",
        ),
        (
            [BUY, NEW, "replace 300 as B", "35=9|37=O7|11=B|41=A|39=0|434=2|102=2"],
            "A buy 0/200 ERIC-B @ 87.30, new, leaves 200",
        ),
        (
            [BUY, "35=8|37=NONE|150=8|39=8|11=A|38=200|151=0|14=0"],
            "A buy 0/200 ERIC-B @ 87.30, rejected, leaves 0",
        ),
        ([BUY, "35=3|45=2|372=D"], "A buy 0/200 ERIC-B @ 87.30, rejected, leaves 200"),
        (
            [BUY, NEW, BUY, "35=8|37=O7|150=8|39=0|11=A|38=200|151=200|14=0|103=6"],
            "A buy 0/200 ERIC-B @ 87.30, new, leaves 200",
        ),
        (
            [f"35=8|37=O9|150=I|39=1|11=old|{TERMS}|151=140|14=60|6=87.3"],
            "O9 buy 60/200 ERIC-B @ 87.30, partially filled, leaves 140, average 87.3",
        ),
        (
            ["send 35=D|11=X|55=ERIC-B|54=2|38=5|40=1"],
            "X sell 0/5 ERIC-B market, sent, leaves 5",
        ),
    ],
)
def test_an_order_is_what_its_reports_say(steps: list[str], line: str) -> None:
    """State comes from reports alone, and from them whatever the order of events."""
    assert [order_line(order) for order in play(*steps)] == [line]


def test_a_reply_about_an_unknown_order_makes_none() -> None:
    """A status of nothing (37=NONE) is no order of ours."""
    assert list(play("35=8|37=NONE|150=I|39=8|11=A|103=5")) == []


@pytest.mark.parametrize("name", ["A", "B", "O7"])
def test_an_order_is_found_by_each_of_its_ids(name: str) -> None:
    """Given name, every ClOrdID of the chain, OrderID(37)."""
    order = play(BUY, PART, "replace 300 as B", REPLACED).find(name)
    assert order is not None
    assert order.cl_ord_id == "B"


def test_an_order_without_a_given_name_goes_by_its_order_id() -> None:
    """The venue's OrderID(37) is what people see in every report."""
    orders = play("buy 200 ERIC-B @ 87.30", NEW.replace("11=A", "11=run-1"))
    assert [order.name for order in orders] == ["O7"]


@pytest.mark.parametrize(
    ("report", "name"),
    [
        (NEW, "A"),
        ("35=9|37=O7|11=C9|41=A", "A"),
        ("35=3|45=2", "A"),
        ("35=j|45=99|379=Z", "Z"),
        ("35=3|45=99", "-"),
        ("35=8|37=NONE|150=8|39=8|11=Z", "Z"),
        ("35=8|37=NONE|150=I|39=8|584=M1|911=0", "M1"),
    ],
)
def test_a_report_is_told_with_the_name_of_its_order(report: str, name: str) -> None:
    """Whatever id the venue uses, people see the name they know."""
    orders = play(BUY)
    assert orders.take(message(report)) == name


@pytest.mark.parametrize(
    ("steps", "unanswered"),
    [
        ([BUY], ["A"]),
        ([BUY, NEW], []),
        ([BUY, "35=3|45=2"], []),
        ([BUY, "35=j|45=2"], []),
        ([BUY, NEW, "cancel as C"], ["C"]),
        ([BUY, NEW, "cancel as C", PART], ["C"]),
        ([BUY, NEW, "cancel as C", "35=9|11=C|41=A|37=O7|39=0"], []),
        ([BUY, NEW, "status"], ["status of A"]),
        ([BUY, NEW, "status", PART], ["status of A"]),
        ([BUY, NEW, "status", "35=8|37=O7|150=I|39=0|11=A"], []),
        ([BUY, NEW, "status", "35=8|37=O7|20=3|150=0|39=0|11=A"], []),
        (["status all"], ["run-1"]),
        (["status all", "35=8|37=O7|150=I|39=0|11=A|584=run-1|911=2"], ["run-1"]),
        (["status all", "35=8|37=O7|150=I|39=0|11=A|584=run-1|911=1|912=Y"], []),
        (["status all", "35=8|37=NONE|150=I|39=8|584=run-1|911=0"], []),
        (["cancel all as M"], ["M"]),
        (["cancel all as M", "35=8|37=O7|150=4|39=4|11=M|41=A"], ["M"]),
        (["cancel all as M", "35=r|11=M|531=7"], []),
        (["send 35=V|262=1"], []),
    ],
)
def test_a_request_is_unanswered_until_its_own_answer(
    steps: list[str], unanswered: list[str]
) -> None:
    """Each MsgType has its answer; what happens to the order meanwhile is none."""
    assert play(*steps).unanswered() == unanswered


def test_a_test_request_waits_for_its_answer() -> None:
    """TestRequests are waited for like orders."""
    orders = OwnOrders("run")
    orders.tested("T1")
    waiting = orders.unanswered()
    orders.answered("T1")
    assert (waiting, orders.unanswered()) == (["T1"], [])


@pytest.mark.parametrize(
    ("steps", "newest"),
    [
        ([], None),
        ([BUY], "A"),
        ([BUY, "sell 5 ERIC-B @ 90 as S"], "S"),
        ([BUY, "sell 5 ERIC-B @ 90 as S", "35=8|37=O8|150=8|39=8|11=S"], "A"),
    ],
)
def test_the_newest_working_order_is_the_default(steps: list[str], newest: str | None) -> None:
    """An order works until a report ends it."""
    order = play(*steps).newest(working=True)
    assert (order and order.name) == newest
