"""Commands as the log keeps them: every one comes back from msgpack as it was."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from engine.commands import (
    BustTrade,
    CancelOnDisconnect,
    CancelOrder,
    ChangePhase,
    Command,
    CorrectTrade,
    DefineInstrument,
    DefineMember,
    DefineSegment,
    EndSubscriptions,
    EnterOrder,
    Flaw,
    HaltTrading,
    Instructions,
    MassCancel,
    PassTime,
    PhaseStep,
    PlanPhases,
    ReplaceOrder,
    RequestMassStatus,
    RequestSecurityStatus,
    RequestStatus,
    RequestTradingSessionStatus,
    ResumeTrading,
    SeedDraws,
    SplitShares,
    VenueCancel,
    VenueRestate,
)
from engine.rejects import RejectReason

COMMANDS: list[Command] = [
    EnterOrder("AVA1", "AVA", "A", "ERIC-B", "1", "2", 100, 873_000),
    EnterOrder(
        "AVA1",
        "AVA",
        "A",
        "ERIC-B",
        "5",
        "2",
        100,
        873_000,
        "6",
        1_700_000_000_000_000_000,
        "P1",
        "T1",
        no_internal=True,
        displayed=False,
        poss_resend=True,
        flaw=Flaw(RejectReason.PRICE_TOO_PRECISE, "87.30001", "4"),
    ),
    ReplaceOrder("AVA1", "B", "A", "ERIC-B", "1", "2", 50, 873_000, no_internal=False),
    CancelOrder("AVA1", "C", "B", "ERIC-B", "1"),
    MassCancel("AVA1", "M", "1", "ERIC-B", "2"),
    CancelOnDisconnect("AVA1", day_only=True),
    RequestStatus("AVA1", "A", "ERIC-B", "1", "S1"),
    RequestMassStatus("AVA1", "S2", "7"),
    DefineMember("AVA", "Avanza"),
    DefineSegment("STO", "CONTINUOUS", internal_priority=False, market_orders="sweep"),
    DefineInstrument("ERIC-B", "STO", "rts11-6", isin="SE0000108656", reference_price=873_000),
    PassTime(),
    EnterOrder(
        "AVA1", "AVA", "S", "ERIC-B", "1", "3", 100, instructions=Instructions(stop_px=880_000)
    ),
    PlanPhases("STO", 5, (PhaseStep(10, "OPENING_CALL"), PhaseStep(20, "CONTINUOUS", 5))),
    ChangePhase("STO", "CLOSING_CALL"),
    HaltTrading("ERIC-B", entry=True, flush=True),
    ResumeTrading("ERIC-B"),
    SeedDraws(7),
    BustTrade(5, "C", restore=True),
    CorrectTrade(5, 873_000, 50),
    VenueCancel(3),
    VenueRestate(3, qty=50),
    SplitShares("ERIC-B", 2, 1),
    RequestTradingSessionStatus("AVA1", "T1", "STO", "1"),
    RequestSecurityStatus("AVA1", "T2", "ERIC-B"),
    EndSubscriptions("AVA1"),
]

_decoder: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_command_comes_back_from_the_log(command: Command) -> None:
    """What is written is read again, equal and of the same kind."""
    assert _decoder.decode(msgspec.msgpack.encode(command)) == command


def test_every_command_is_tried_here() -> None:
    """A command added to the union needs a row in this test."""
    assert {type(command) for command in COMMANDS} == set(get_args(Command))


OLD = """
    enter   AVA1 AVA A ERIC-B 1 2
    replace AVA1 B A ERIC-B 1 2
"""


@pytest.mark.parametrize("line", OLD.strip().splitlines())
def test_record_without_later_fields_is_readable(line: str) -> None:
    """Fields with a default may be missing at the end, as in logs written before they existed."""
    command = _decoder.decode(msgspec.msgpack.encode([*line.split(), 100]))
    assert isinstance(command, EnterOrder | ReplaceOrder)
    assert (command.qty, command.price, command.flaw) == (100, 0, None)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_command_cannot_be_changed(command: Command) -> None:
    """A command is what was asked, for ever."""
    fields = command.__struct_fields__
    with pytest.raises(AttributeError):
        setattr(command, fields[0] if fields else "session", "other")
