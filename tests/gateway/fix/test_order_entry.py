"""Application messages translated to commands: FIX written with `|` in, the command out."""

from __future__ import annotations

import pytest

from engine.commands import (
    CancelOrder,
    Command,
    EnterOrder,
    Flaw,
    MassCancel,
    ReplaceOrder,
    RequestMassStatus,
    RequestStatus,
)
from engine.rejects import RejectReason
from gateway.fix.application import SERVED
from gateway.fix.message import SessionReject
from gateway.fix.order_entry import COMMANDS, Sender
from gateway.fix.times import parse_utc_timestamp
from tests.support.fix import START, decoded, message

SENDER = Sender("AVA-1", "AVA", "Europe/Stockholm")
NEW = "35=D|34=2|11=X|38=100|40=2|44=87.30|54=1|55=ERIC-B|60={now}"
CHANGE = "35=G|34=2|11=Y|41=X|38=100|40=2|44=87.30|54=1|55=ERIC-B|60={now}"


def command(text: str) -> Command:
    """What the message asks for; raises SessionReject."""
    parsed = decoded(message(text))
    return COMMANDS[parsed.msg_type](parsed, SENDER)


def entered(**more: object) -> EnterOrder:
    """The command of NEW but for some fields."""
    fields: dict[str, object] = {
        **{"session": "AVA-1", "member": "AVA", "cl_ord_id": "X", "symbol": "ERIC-B"},
        **{"side": "1", "ord_type": "2", "qty": 100, "price": 873_000},
    }
    return EnterOrder(**fields | more)  # type: ignore[arg-type]


def replaced(**more: object) -> ReplaceOrder:
    """The command of CHANGE but for some fields."""
    fields: dict[str, object] = {
        **{"session": "AVA-1", "cl_ord_id": "Y", "orig_cl_ord_id": "X", "symbol": "ERIC-B"},
        **{"side": "1", "ord_type": "2", "qty": 100, "price": 873_000},
    }
    return ReplaceOrder(**fields | more)  # type: ignore[arg-type]


WINTER_NIGHT = parse_utc_timestamp("20261122-23:00:00")
SUMMER_NIGHT = parse_utc_timestamp("20270622-22:00:00")
PARTIES = "453=3|448=F|447=D|452=1|448=bo|447=D|452=11|448=no|447=D|452=12"


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ("", {}),
        ("|1=HUS", {"account": "HUS"}),
        ("|59=0", {"time_in_force": "0"}),
        ("|59=3", {"time_in_force": "3"}),
        ("|59=6|126={now+60}", {"time_in_force": "6", "expire_at": START + 60 * 10**9}),
        ("|432=20261122", {"expire_at": WINTER_NIGHT}),
        ("|432=20270622", {"expire_at": SUMMER_NIGHT}),
        ("|126={now}|432=20270622", {"expire_at": START}),
        ("|20001=Y", {"no_internal": True}),
        ("|20001=N", {"no_internal": False}),
        (f"|{PARTIES}", {"trader": "bo"}),
        ("|453=1|448=bo|447=D|452=12", {"trader": "bo"}),
        ("|453=1|447=D|448=bo|452=12", None),
        ("|453=1|448=bo", {"trader": ""}),
        ("|453=1|448=F|447=D|452=3", {"trader": ""}),
        ("|78=1|79=ACC|80=5", {"trader": ""}),
        ("|21=1|58=hello|15=SEK|114=Y", {}),
    ],
)
def test_a_new_order(more: str, fields: dict[str, object] | None) -> None:
    """What the venue acts on reaches the command, what it ignores does not."""
    if fields is None:
        with pytest.raises(SessionReject, match="NumInGroup"):
            command(NEW + more)
        return
    assert command(NEW + more) == entered(**fields)


@pytest.mark.parametrize(
    ("old", "new", "fields"),
    [
        ("55=ERIC-B|", "", {"symbol": ""}),
        ("54=1", "54=5", {"side": "5"}),
        ("54=1", "54=8", {"side": "8"}),
        ("38=100", "38=0100.00", {"qty": 100}),
        ("38=100", "38=-100", {"qty": -100}),
        ("44=87.30", "44=0.0001", {"price": 1}),
        ("44=87.30", "44=-1", {"price": -10_000}),
        ("40=2|44=87.30", "40=1", {"ord_type": "1", "price": 0}),
        ("40=2", "40=1", {"ord_type": "1"}),
        ("40=2|44=87.30", "40=3", {"ord_type": "3", "price": 0}),
        ("|11=X", "|97=Y|11=X", {"poss_resend": True}),
        ("|11=X", "|97=N|11=X", {}),
        ("|11=X", "|50=anna|11=X", {"trader": "anna"}),
        ("|11=X", f"|50=anna|11=X|{PARTIES}", {"trader": "anna"}),
    ],
)
def test_a_new_order_written_otherwise(old: str, new: str, fields: dict[str, object]) -> None:
    """What the market may think of it is not asked here."""
    assert command(NEW.replace(old, new)) == entered(**fields)


FLAWS = [
    ("38=100|", "", Flaw(RejectReason.ORDER_QTY_MISSING), {"qty": 0}),
    ("38=100", "38=0.5", Flaw(RejectReason.ORDER_QTY_NOT_WHOLE, "0.5"), {"qty": 0}),
    ("44=87.30", "44=1.00001", Flaw(RejectReason.PRICE_TOO_PRECISE, "1.00001", "4"), {"price": 0}),
    ("44=87.30|", "", Flaw(RejectReason.PRICE_MISSING), {"price": 0}),
    (
        "38=100|40=2|44=87.30",
        "38=0.5|40=2|44=1.00001",
        Flaw(RejectReason.ORDER_QTY_NOT_WHOLE, "0.5"),
        {"qty": 0, "price": 0},
    ),
    ("38=100|40=2|44=87.30", "40=2", Flaw(RejectReason.ORDER_QTY_MISSING), {"qty": 0, "price": 0}),
    (
        "38=100|40=2|44=87.30",
        "38=0.5|40=2|168={now}|210=1",
        Flaw(RejectReason.UNSUPPORTED_FIELD, "20261122-12:00:00.000", "EffectiveTime(168)"),
        {"qty": 0, "price": 0},
    ),
    ("40=2|44=87.30", "40=4", Flaw(RejectReason.PRICE_MISSING), {"ord_type": "4", "price": 0}),
]


@pytest.mark.parametrize(("old", "new", "flaw", "fields"), FLAWS)
def test_what_the_engine_cannot_express_travels_as_a_flaw(
    old: str, new: str, flaw: Flaw, fields: dict[str, object]
) -> None:
    """The first one, so that the refusal comes from where all others come from."""
    assert command(NEW.replace(old, new)) == entered(flaw=flaw, **fields)
    assert command(CHANGE.replace(old, new)) == replaced(flaw=flaw, **fields)


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ("", {}),
        ("|1=HUS", {"account": "HUS"}),
        ("|59=1", {"time_in_force": "1"}),
        ("|126={now}", {"expire_at": START}),
        ("|432=20261122", {"expire_at": WINTER_NIGHT}),
        ("|20001=Y", {"no_internal": True}),
        ("|20001=N", {"no_internal": False}),
        ("|453=1|448=bo|447=D|452=12", {"trader": "bo"}),
        ("|37=O99|58=x", {}),
    ],
)
def test_a_replace(more: str, fields: dict[str, object]) -> None:
    """What it leaves out is empty: the engine keeps what was."""
    assert command(CHANGE + more) == replaced(**fields)


@pytest.mark.parametrize("day", ["20260230", "20261131", "20270229", "99991231"])
@pytest.mark.parametrize("text", [NEW, CHANGE])
def test_days_that_no_calendar_has(text: str, day: str) -> None:
    """Well-formed, and yet no date: the format is at fault (373=6)."""
    with pytest.raises(SessionReject) as refusal:
        command(f"{text}|432={day}")
    assert (refusal.value.reason, refusal.value.ref_tag) == (6, "432")


def test_times_that_no_calendar_has() -> None:
    """The same for ExpireTime; a leap second is one second more."""
    with pytest.raises(SessionReject) as refusal:
        command(f"{NEW}|126=20260230-12:00:00")
    assert (refusal.value.reason, refusal.value.ref_tag) == (6, "126")
    midnight = parse_utc_timestamp("20261123-00:00:00")
    assert command(f"{NEW}|126=20261122-23:59:60") == entered(expire_at=midnight)


OTHERS: list[tuple[str, Command]] = [
    (
        "35=F|34=2|11=Y|41=X|38=5|54=1|55=ERIC-B|60={now}",
        CancelOrder("AVA-1", "Y", "X", "ERIC-B", "1"),
    ),
    ("35=F|34=2|11=Y|41=X|54=2|60={now}", CancelOrder("AVA-1", "Y", "X", "", "2")),
    (
        "35=H|34=2|11=X|54=1|55=ERIC-B|790=Q",
        RequestStatus("AVA-1", "X", "ERIC-B", "1", "Q"),
    ),
    ("35=H|34=2|11=X|54=1", RequestStatus("AVA-1", "X", "", "1", "")),
    ("35=AF|34=2|584=Q|585=7", RequestMassStatus("AVA-1", "Q", "7", "", "")),
    (
        "35=AF|34=2|584=Q|585=1|54=1|55=ERIC-B",
        RequestMassStatus("AVA-1", "Q", "1", "ERIC-B", "1"),
    ),
    ("35=q|34=2|11=M|530=7|60={now}", MassCancel("AVA-1", "M", "7", "", "")),
    (
        "35=q|34=2|11=M|530=1|54=2|55=ERIC-B|60={now}",
        MassCancel("AVA-1", "M", "1", "ERIC-B", "2"),
    ),
    (
        "35=q|34=2|11=M|336=STO|530=6|60={now}",
        MassCancel("AVA-1", "M", "6", "", "", "STO"),
    ),
    ("35=q|34=2|11=M|336=STO|530=7|60={now}", MassCancel("AVA-1", "M", "7", "", "")),
]


@pytest.mark.parametrize(("text", "wanted"), OTHERS)
def test_other_requests(text: str, wanted: Command) -> None:
    """Cancel, status, mass status, mass cancel."""
    assert command(text) == wanted


def test_what_is_translated_is_what_is_served() -> None:
    """One function for each order message the venue takes; the others are about the session, or
    about instruments and phases.
    """
    assert {*COMMANDS} == SERVED - {"BE", "x", "e", "g"}
