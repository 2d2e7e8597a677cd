"""Every attribute of an order from FIX tag to engine field and back, in all versions.

A row of `ATTRIBUTES` says in which versions an order is written so, what the engine is told, and
what the report of the accepted order says of it. The rows are played as NewOrderSingle(D) and as
OrderCancelReplaceRequest(G).
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import pytest

from engine.commands import EnterOrder, Flaw, Instructions, ReplaceOrder
from engine.events import Event, OrderAccepted, OrderReplaced, OrderState, Standing
from engine.order_kinds import Kind, kind_of
from engine.rejects import RejectReason
from engine.values import ExecInst, Phase, TimeInForce
from gateway.fix import order_instructions
from gateway.fix.message import SessionReject
from gateway.fix.order_entry import COMMANDS, Sender
from gateway.fix.order_instructions import NOT_SERVED, SERVED_ONLY_AS
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import decoded, dialects, our_decoder, ours, pairs_of
from tests.support.report_lines import lines, on_the_wire, state
from tests.support.reports import complaints
from tests.support.scenario_table import presence_complaints

SENDER = Sender("AVA", "AVA", "Europe/Stockholm")
VERSIONS = {"4.2": FIX42, "4.4": FIX44, "5.0": FIX50SP2}
PRICED = "40=2;44=87.30"

ATTRIBUTE_TAGS = frozenset(
    {
        *("18", "40", "44", "59", "99", "110", "111", "211"),
        *("836", "1084", "1085", "1086", "1094", "1138", "2362", "2964"),
    }
)
"""Of these a row says all that comes back."""


class Row(NamedTuple):
    """An attribute: `told` are fields of `EnterOrder` and `Instructions`."""

    name: str
    versions: str
    written: str
    told: dict[str, object]
    reported: str


ATTRIBUTES = [
    Row("limit", "4.2 4.4 5.0", PRICED, {}, "40=2;44=87.30;59=0"),
    Row("market", "4.2 4.4 5.0", "40=1", {"price": 0}, "40=1;59=0"),
    Row("iceberg", "4.2 4.4", f"{PRICED};111=20", {"max_floor": 20}, "40=2;44=87.30;59=0;111=20"),
    Row("iceberg", "5.0", f"{PRICED};1138=20", {"max_floor": 20}, "40=2;44=87.30;59=0;1138=20"),
    Row("as before", "5.0", f"{PRICED};111=20", {"max_floor": 20}, "40=2;44=87.30;59=0;1138=20"),
    Row(
        "random iceberg",
        "4.2 4.4",
        f"{PRICED};111=20;20003=5",
        {"max_floor": 20, "display_range": 5},
        "40=2;44=87.30;59=0;111=20",
    ),
    Row(
        "random iceberg",
        "5.0",
        f"{PRICED};1084=3;1085=15;1086=25;1138=20",
        {"max_floor": 20, "display_range": 5},
        "40=2;44=87.30;59=0;1084=3;1085=15;1086=25;1138=20",
    ),
    Row(
        "random iceberg between uneven bounds",
        "5.0",
        f"{PRICED};1084=3;1085=10;1086=22;1138=20",
        {"max_floor": 20, "display_range": 2},
        "40=2;44=87.30;59=0;1084=3;1085=18;1086=22;1138=20",
    ),
    Row(
        "random iceberg by the venue's own field",
        "5.0",
        f"{PRICED};1084=3;1138=20;20003=5",
        {"max_floor": 20, "display_range": 5},
        "40=2;44=87.30;59=0;1084=3;1085=15;1086=25;1138=20",
    ),
    Row(
        "hidden",
        "4.2 4.4",
        f"{PRICED};111=0",
        {"max_floor": 0, "displayed": False},
        "40=2;44=87.30;59=0;111=0",
    ),
    Row(
        "hidden with a minimum",
        "4.2 4.4",
        f"{PRICED};110=50;111=0",
        {"max_floor": 0, "min_qty": 50, "displayed": False},
        "40=2;44=87.30;59=0;110=50;111=0",
    ),
    Row(
        "hidden with a minimum",
        "5.0",
        f"{PRICED};110=50;1138=0",
        {"max_floor": 0, "min_qty": 50, "displayed": False},
        "40=2;44=87.30;59=0;110=50;1138=0",
    ),
    Row(
        "hidden by display method",
        "5.0",
        f"{PRICED};1084=4",
        {"max_floor": 0, "displayed": False},
        "40=2;44=87.30;59=0;1138=0",
    ),
    Row(
        "stop",
        "4.2 4.4 5.0",
        "40=3;99=86.00",
        {"ord_type": "3", "price": 0, "stop_px": 860_000},
        "40=3;59=0;99=86.00",
    ),
    Row(
        "stop limit",
        "4.2 4.4 5.0",
        "40=4;44=87.30;99=86.00",
        {"ord_type": "4", "stop_px": 860_000},
        "40=4;44=87.30;59=0;99=86.00",
    ),
    Row(
        "trailing stop",
        "4.2",
        "18=a;40=P;211=2.00",
        {"ord_type": "P", "price": 0, "exec_inst": "a", "peg_offset": 20_000},
        "40=P;59=0;99=85.30;211=2.00",
    ),
    Row(
        "trailing stop, signed",
        "4.4",
        "18=a;40=P;211=-2.00;836=0",
        {
            **{"ord_type": "P", "price": 0, "exec_inst": "a"},
            **{"peg_offset": 20_000, "peg_offset_type": "0"},
        },
        "18=a;40=P;59=0;99=85.30;211=2.00;836=0",
    ),
    Row(
        "trailing stop",
        "5.0",
        "40=3;211=2.00;836=0;1094=8",
        {
            **{"ord_type": "3", "price": 0, "exec_inst": "a"},
            **{"peg_offset": 20_000, "peg_offset_type": "0"},
        },
        "18=a;40=3;59=0;99=85.30;211=2.00;836=0;1094=8",
    ),
    Row(
        "trailing stop by last peg",
        "5.0",
        "18=a;40=3;211=2.00;1094=1",
        {"ord_type": "3", "price": 0, "exec_inst": "a", "peg_offset": 20_000},
        "18=a;40=3;59=0;99=85.30;211=2.00;1094=8",
    ),
    Row(
        "trailing stop by its offset",
        "5.0",
        "40=3;211=2.00",
        {"ord_type": "3", "price": 0, "exec_inst": "a", "peg_offset": 20_000},
        "18=a;40=3;59=0;99=85.30;211=2.00;1094=8",
    ),
    Row(
        "primary peg",
        "4.2",
        "18=R;40=P;211=-0.01",
        {
            **{"ord_type": "P", "price": 0, "exec_inst": "R"},
            **{"peg_offset": -100, "displayed": False},
        },
        "18=R;40=P;59=0;211=-0.01",
    ),
    Row(
        "market peg in ticks with a limit",
        "4.4",
        "18=P;40=P;44=87.30;211=-2;836=2",
        {
            **{"ord_type": "P", "exec_inst": "P", "displayed": False},
            **{"peg_offset": -2, "peg_offset_type": "2"},
        },
        "18=P;40=P;44=87.30;59=0;211=-2;836=2",
    ),
    Row(
        "mid peg",
        "4.2 4.4",
        "18=M;40=P",
        {"ord_type": "P", "price": 0, "exec_inst": "M", "displayed": False},
        "18=M;40=P;59=0",
    ),
    Row(
        "mid peg",
        "5.0",
        "40=P;1094=2",
        {"ord_type": "P", "price": 0, "exec_inst": "M", "displayed": False},
        "18=M;40=P;59=0;1094=2",
    ),
    Row(
        "market peg",
        "5.0",
        "18=P;40=P;1094=4",
        {"ord_type": "P", "price": 0, "exec_inst": "P", "displayed": False},
        "18=P;40=P;59=0;1094=4",
    ),
    Row(
        "primary peg",
        "5.0",
        "40=P;211=1;836=2;1094=5",
        {
            **{"ord_type": "P", "price": 0, "exec_inst": "R", "displayed": False},
            **{"peg_offset": 1, "peg_offset_type": "2"},
        },
        "18=R;40=P;59=0;211=1;836=2;1094=5",
    ),
    Row(
        "post-only",
        "4.2 4.4 5.0",
        f"{PRICED};18=6",
        {"exec_inst": "6"},
        "18=6;40=2;44=87.30;59=0",
    ),
    Row(
        "codes that change nothing",
        "4.2 4.4 5.0",
        f"{PRICED};18=1 6 5",
        {"exec_inst": "6"},
        "18=6;40=2;44=87.30;59=0",
    ),
    Row("not held", "4.2 4.4 5.0", f"{PRICED};18=1", {}, "40=2;44=87.30;59=0"),
    Row("reinstated", "4.4 5.0", f"{PRICED};18=H J", {}, "40=2;44=87.30;59=0"),
    Row(
        "canceled on a halt",
        "4.4 5.0",
        f"{PRICED};18=K",
        {"exec_inst": "K"},
        "18=K;40=2;44=87.30;59=0",
    ),
    Row(
        "canceled if not best",
        "4.4 5.0",
        f"{PRICED};18=Z",
        {"exec_inst": "Z"},
        "18=Z;40=2;44=87.30;59=0",
    ),
    Row(
        "at the open",
        "4.2 4.4 5.0",
        f"{PRICED};59=2",
        {"time_in_force": "2"},
        "40=2;44=87.30;59=2",
    ),
    Row(
        "at the close",
        "4.2 4.4 5.0",
        "40=1;59=7",
        {"ord_type": "1", "price": 0, "time_in_force": "7"},
        "40=1;59=7",
    ),
    Row(
        "good for auction",
        "4.2 4.4 5.0",
        f"{PRICED};59=B",
        {"time_in_force": "B"},
        "40=2;44=87.30;59=B",
    ),
    Row(
        "self-match prevention in full",
        "4.2 4.4 5.0",
        f"{PRICED};2362=G1;2964=3;20002=1",
        {"self_match": "3", "self_match_level": "1", "self_match_group": "G1"},
        "40=2;44=87.30;59=0",
    ),
    Row(
        "values that say what is so anyway",
        "5.0",
        "18=M;40=P;423=2;835=0;837=0;854=0;1083=2;1084=1;1805=0;1822=2",
        {"ord_type": "P", "price": 0, "exec_inst": "M", "displayed": False},
        "18=M;40=P;59=0;1094=2",
    ),
]

CASES = [
    pytest.param(row, VERSIONS[short], id=f"{short} {row.name}")
    for row in ATTRIBUTES
    for short in row.versions.split()
]


def command(
    kind: str, written: str, version: str, qty: str = "|38=100"
) -> EnterOrder | ReplaceOrder:
    """What a D or G with these fields asks for; raises SessionReject."""
    orig = "|41=W" if kind == "G" else ""
    handling = "|21=1" if version == FIX42 else ""
    text = f"35={kind}|34=2|11=X{orig}{handling}{qty}|54=1|55=ERIC-B|60={{now}}"
    to_venue, _ = dialects("AVA", version)
    parsed = decoded(to_venue.whole(f"{text}|{written.replace(';', '|')}"), our_decoder(version))
    found = COMMANDS[kind](parsed, SENDER)
    assert isinstance(found, EnterOrder | ReplaceOrder)
    return found


def terms_of(told: dict[str, object]) -> EnterOrder:
    """The order that a row tells the engine of."""
    own = {key: value for key, value in told.items() if key in EnterOrder.__struct_fields__}
    asked = {key: value for key, value in told.items() if key not in own}
    ord_type = own.get("ord_type", "1" if own.get("price") == 0 else "2")
    fields = {"price": 873_000, "ord_type": ord_type} | own
    return EnterOrder(
        **{"session": "AVA", "member": "AVA", "cl_ord_id": "X", "symbol": "ERIC-B"},  # type: ignore[arg-type]
        **{"side": "1", "qty": 100, **fields},  # type: ignore[arg-type]
        instructions=Instructions(**asked) if asked else None,  # type: ignore[arg-type]
    )


def accepted(terms: EnterOrder) -> OrderState:
    """The order as the engine reports it: one with instructions has a standing."""
    instructions = terms.instructions
    standing = None
    if instructions is not None:
        is_trailing = instructions.exec_inst == ExecInst.TRAILING_STOP
        standing = Standing(stop_px=853_000 if is_trailing else instructions.stop_px)
    return state(terms, standing=standing)


def reported(event: Event, version: str) -> str:
    """What the report says of the attributes."""
    ((_, _, text),) = (line.split(" ", 2) for line in lines(event, version=version))
    fields = text.split("|")
    return ";".join(field for field in fields if field.partition("=")[0] in ATTRIBUTE_TAGS)


@pytest.mark.parametrize(("row", "version"), CASES)
def test_from_tag_to_field(row: Row, version: str) -> None:
    """What is written reaches the engine, nothing else does."""
    assert command("D", row.written, version) == terms_of(row.told)


@pytest.mark.parametrize(("row", "version"), CASES)
def test_from_field_to_tag(row: Row, version: str) -> None:
    """The order comes back in the report, in fields of the version, as the table says."""
    order = accepted(terms_of(row.told))
    event = OrderAccepted(order, Phase.CONTINUOUS)
    assert reported(event, version) == row.reported
    for data in on_the_wire(event, version):
        assert complaints(data) == []
        assert presence_complaints(pairs_of(data), version) == []


@pytest.mark.parametrize(("row", "version"), CASES)
def test_a_replace_says_the_same(row: Row, version: str) -> None:
    """The fields of D and G are read alike, and reported alike."""
    terms = terms_of(row.told)
    request = command("G", row.written, version)
    time_in_force = terms.time_in_force if "time_in_force" in row.told else ""
    assert request == ReplaceOrder(
        "AVA",
        "X",
        "W",
        "ERIC-B",
        "1",
        terms.ord_type,
        100,
        terms.price,
        time_in_force,
        instructions=terms.instructions,
    )
    event = OrderReplaced(accepted(terms), "W", kept_priority=False, phase=Phase.CONTINUOUS)
    assert reported(event, version) == row.reported
    for data in on_the_wire(event, version):
        assert complaints(data) == []
        assert presence_complaints(pairs_of(data), version) == []


def test_every_kind_and_attribute_has_a_row_in_every_version() -> None:
    """Nothing the engine knows of an order is left out in any version."""
    kinds = {
        (kind_of(terms_of(row.told)), short) for row in ATTRIBUTES for short in row.versions.split()
    }
    assert kinds == {(kind, short) for kind in Kind for short in VERSIONS}
    told = {
        (key, str(value))
        for row in ATTRIBUTES
        for key, value in row.told.items()
        if key in ("exec_inst", "time_in_force")
    }
    assert {value for key, value in told if key == "exec_inst"} == set(ExecInst)
    assert {value for key, value in told if key == "time_in_force"} < set(TimeInForce)
    named = {key for row in ATTRIBUTES for key in row.told}
    assert named > set(Instructions.__struct_fields__) - {"cash_order_qty"}


@pytest.mark.parametrize(
    ("written", "instruction", "level", "group"),
    [
        ("2964=2", "2", "2", ""),
        ("2964=2;20002=1", "2", "1", ""),
        ("2362=G1", "1", "3", "G1"),
        ("2362=G1;2964=3", "3", "3", "G1"),
        ("20002=2", "1", "2", ""),
    ],
)
def test_one_field_of_self_match_prevention_is_enough(
    written: str, instruction: str, level: str, group: str
) -> None:
    """A new order has the others by default; a replace says only what it says."""
    for version in VERSIONS.values():
        order = command("D", f"{PRICED};{written}", version)
        assert order.instructions == Instructions(
            self_match=instruction, self_match_level=level, self_match_group=group
        )
    request = command("G", f"{PRICED};{written}", FIX44)
    fields = dict(field.split("=") for field in written.split(";"))
    assert request.instructions == Instructions(
        self_match=fields.get("2964", ""),
        self_match_level=fields.get("20002", ""),
        self_match_group=fields.get("2362", ""),
    )


@pytest.mark.parametrize("version", VERSIONS.values())
def test_an_amount_of_money_instead_of_a_quantity(version: str) -> None:
    """CashOrderQty(152) travels in units of price; the report has it beside what it pays for."""
    order = command("D", "40=1;152=10000", version, qty="")
    assert order == msgspec.structs.replace(
        terms_of({"price": 0, "cash_order_qty": 100_000_000}), qty=0
    )
    assert isinstance(order, EnterOrder)
    bought = msgspec.structs.replace(order, qty=114)
    (line,) = lines(OrderAccepted(accepted(bought), Phase.CONTINUOUS), version=version)
    assert "|38=114|" in line
    assert "|152=10000.00" in line
    for data in on_the_wire(OrderAccepted(accepted(bought), Phase.CONTINUOUS), version):
        assert complaints(data) == []
        assert presence_complaints(pairs_of(data), version) == []


@pytest.mark.parametrize("amount", ["0", "-5", "1.00001", "999999999999999999"])
def test_amounts_that_nobody_can_pay(amount: str) -> None:
    """Nothing, less than that, too precise, too much; and an amount beside a quantity."""
    flaw = Flaw(RejectReason.UNSUPPORTED_FIELD, amount, "CashOrderQty(152)")
    assert command("D", f"40=1;152={amount}", FIX44, qty="").flaw == flaw
    both = Flaw(RejectReason.UNSUPPORTED_FIELD, "5", "CashOrderQty(152)")
    assert command("D", "40=1;152=5", FIX44).flaw == both


R = RejectReason
FLAWS = [
    ("4.2 4.4", f"{PRICED};111=0.5", Flaw(R.MAX_FLOOR_NOT_WHOLE, "0.5")),
    ("4.4", f"{PRICED};111=-1", Flaw(R.MAX_FLOOR_NOT_WHOLE, "-1")),
    ("5.0", f"{PRICED};1138=0.5", Flaw(R.MAX_FLOOR_NOT_WHOLE, "0.5")),
    ("4.4", f"{PRICED};111=20;20003=x", None),
    ("4.4", f"{PRICED};111=20;20003=0.5", Flaw(R.DISPLAY_RANGE_TOO_LARGE, "0.5", "20")),
    ("4.4", f"{PRICED};111=20;20003=-5", Flaw(R.DISPLAY_RANGE_TOO_LARGE, "-5", "20")),
    (
        "5.0",
        f"{PRICED};1084=3;1085=25;1086=30;1138=20",
        Flaw(R.DISPLAY_RANGE_TOO_LARGE, "-5", "20"),
    ),
    ("5.0", f"{PRICED};1084=3;1085=0.5;1138=20", Flaw(R.MAX_FLOOR_NOT_WHOLE, "0.5")),
    ("5.0", f"{PRICED};1084=3;1138=20", Flaw(R.UNSUPPORTED_FIELD, "3", "DisplayMethod(1084)")),
    ("4.2 4.4 5.0", f"{PRICED};110=1.5", Flaw(R.MIN_QTY_NOT_WHOLE, "1.5")),
    ("4.4", f"{PRICED};110=-2", Flaw(R.MIN_QTY_NOT_WHOLE, "-2")),
    ("4.2 4.4 5.0", "40=3;99=1.00001", Flaw(R.STOP_PX_TOO_PRECISE, "1.00001", "4")),
    ("4.4", "40=3;99=0", Flaw(R.STOP_PX_NOT_POSITIVE, "0")),
    ("4.4", "40=3;99=-1", Flaw(R.STOP_PX_NOT_POSITIVE, "-1")),
    ("4.4", "40=3;99=100000001", Flaw(R.STOP_PX_TOO_LARGE, "100000001", "100000000.00")),
    ("4.2 4.4 5.0", f"{PRICED};18=G", Flaw(R.EXEC_INST_UNSUPPORTED, "G")),
    ("4.4", f"{PRICED};18=1 Q 6", Flaw(R.EXEC_INST_UNSUPPORTED, "Q")),
    ("5.0", "40=P;1094=3", Flaw(R.EXEC_INST_UNSUPPORTED, "3")),
    ("4.2 4.4 5.0", "40=P;18=M R", Flaw(R.EXEC_INST_NOT_ALLOWED, "M R", "P")),
    ("5.0", "40=P;18=M;1094=5", Flaw(R.EXEC_INST_NOT_ALLOWED, "M R", "P")),
    ("4.4 5.0", "40=P;18=M;211=1;836=1", Flaw(R.PEG_OFFSET_TYPE_UNSUPPORTED, "1")),
    ("4.2 4.4 5.0", "40=P;18=M;211=1.00001", Flaw(R.PEG_OFFSET_BAD, "1.00001")),
    ("4.4 5.0", "40=P;18=M;211=1.5;836=2", Flaw(R.PEG_OFFSET_BAD, "1.5")),
    ("4.4", "40=P;18=M;211=-100000001", Flaw(R.PEG_OFFSET_BAD, "-100000001")),
    ("4.2 4.4", f"{PRICED};211=1", Flaw(R.UNSUPPORTED_FIELD, "1", "PegOffsetValue(211)")),
    ("5.0", f"{PRICED};1094=2", Flaw(R.UNSUPPORTED_FIELD, "2", "PegPriceType(1094)")),
    ("4.4", "40=P;18=M;111=20", Flaw(R.UNSUPPORTED_FIELD, "20", "MaxFloor(111)")),
    ("4.4", "40=P;18=M R;111=0.5;99=0", Flaw(R.MAX_FLOOR_NOT_WHOLE, "0.5")),
]


@pytest.mark.parametrize(("versions", "written", "flaw"), FLAWS)
def test_what_the_engine_cannot_express_travels_as_a_flaw(
    versions: str, written: str, flaw: Flaw | None
) -> None:
    """The first one; what is no number at all is a matter of the format."""
    for short in versions.split():
        for kind in ("D", "G"):
            if flaw is None:
                with pytest.raises(SessionReject):
                    command(kind, written, VERSIONS[short])
            else:
                assert command(kind, written, VERSIONS[short]).flaw == flaw


@pytest.mark.parametrize("tag", NOT_SERVED)
def test_fields_that_would_make_another_order_of_it(tag: str) -> None:
    """They are not ignored: named with their value, whatever it is, before anything else."""
    value = sorted(ours(FIX50SP2).fields[tag].enum or {"1"})[0]
    value = "20261122-12:00:00" if tag == "168" else value
    flaw = Flaw(RejectReason.UNSUPPORTED_FIELD, value, NOT_SERVED[tag])
    for kind in ("D", "G"):
        assert command(kind, f"40=2;44=1.00001;{tag}={value}", FIX50SP2).flaw == flaw
    assert NOT_SERVED[tag] == f"{ours(FIX50SP2).fields[tag].name}({tag})"


@pytest.mark.parametrize("tag", SERVED_ONLY_AS)
def test_fields_that_would_with_another_value(tag: str) -> None:
    """Every value of FIX but the harmless ones is refused."""
    name, harmless = SERVED_ONLY_AS[tag]
    legal = ours(FIX50SP2).fields[tag].enum
    assert harmless < legal
    assert name == f"{ours(FIX50SP2).fields[tag].name}({tag})"
    for value in sorted(legal):
        flaw = command("D", f"{PRICED};1138=20;1086=25;{tag}={value}", FIX50SP2).flaw
        expected = Flaw(RejectReason.UNSUPPORTED_FIELD, value, name)
        assert flaw == (None if value in harmless else expected)


def test_a_plain_order_is_not_looked_at_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders without these fields pay nothing for those that have them."""

    def never(*args: object, **keys: object) -> None:
        raise AssertionError

    monkeypatch.setattr(order_instructions, "_Reader", never)
    plain = command("D", PRICED, FIX44)
    assert plain == msgspec.structs.replace(terms_of({}), instructions=None)
    with pytest.raises(AssertionError):
        command("D", f"{PRICED};111=20", FIX44)
