"""What several sessions heard comes out in the order in which it happened."""

from __future__ import annotations

from gateway.client.wire import Message, parse_fields
from tests.demo_day.hearing import Told, in_order


def report(text: str) -> Message:
    """An ExecutionReport(8) of FIX.4.4 at one moment, `8:31` in its TransactTime(60)."""
    return Message("8", parse_fields(f"60=20261125-07:31:00.000|{text}"))


def told(*stories: tuple[str, list[str]]) -> list[str]:
    """What came out, a line each: `AVA new`, `T1 AVA|NON`."""
    heard = {member: [report(text) for text in story] for member, story in stories}
    return [
        f"{one.member} {one.kind}"
        if isinstance(one, Told)
        else f"{one.match_id} {one.buyer}|{one.seller}"
        for one in in_order(heard)
    ]


def test_answer_comes_before_trades_and_trades_by_their_number() -> None:
    """Whichever session is looked at first; the cancel of the rest is the last."""
    assert told(
        ("AVA", ["150=F|39=2|54=2|527=T2"]),
        ("NON", ["150=F|39=2|54=2|527=T1"]),
        ("SHB", ["150=0", "150=F|39=1|54=1|527=T1", "150=F|39=1|54=1|527=T2", "150=4"]),
    ) == ["SHB new", "T1 SHB|NON", "T2 SHB|AVA", "SHB canceled"]


def test_trade_of_a_member_with_itself_is_one_trade() -> None:
    """Both reports of it are in one story."""
    assert told(
        ("AVA", ["150=0", "150=F|39=2|54=1|527=T1", "150=F|39=2|54=2|527=T1"]),
        ("NON", []),
    ) == ["AVA new", "T1 AVA|AVA"]


def test_new_slice_of_an_iceberg_comes_before_the_next_trade() -> None:
    """The owner of the iceberg hears of it between two trades."""
    assert told(
        ("ENS", ["150=F|39=1|54=2|527=T1", "150=D|378=99", "150=F|39=1|54=2|527=T3"]),
        ("DDB", ["150=F|39=2|54=2|527=T2"]),
        ("SWB", ["150=0", *(f"150=F|39=1|54=1|527=T{n}" for n in (1, 2, 3))]),
    ) == ["SWB new", "T1 SWB|ENS", "ENS restated", "T2 SWB|DDB", "T3 SWB|ENS"]


def test_stop_fires_after_the_trades_of_the_order_that_reached_it() -> None:
    """What it trades itself comes after that."""
    assert told(
        ("AVA", ["150=L", "150=F|39=2|54=2|527=T3"]),
        ("CAR", ["150=F|39=2|54=1|527=T2", "150=F|39=2|54=1|527=T3"]),
        ("DDB", ["150=0", "150=F|39=1|54=2|527=T1", "150=F|39=2|54=2|527=T2"]),
        ("ENS", ["150=F|39=2|54=1|527=T1"]),
    ) == ["DDB new", "T1 ENS|DDB", "T2 CAR|DDB", "AVA triggered", "T3 CAR|AVA"]


def test_phase_comes_before_what_it_ends_and_what_it_brings_back() -> None:
    """Expired orders, and those carried over a night (ExecRestatementReason(378) 1)."""
    phase = Message("f", parse_fields("60=20261125-07:31:00.000|58=PRE_OPEN"))
    heard = {"AVA": [report("150=C")], "SHB": [report("150=D|378=1")], "NON": [phase]}
    assert [one.member for one in in_order(heard) if isinstance(one, Told)] == ["NON", "AVA", "SHB"]
