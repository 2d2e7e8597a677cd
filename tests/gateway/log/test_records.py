"""What one entry of the log holds, and that old logs stay readable."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from engine.commands import (
    CancelOnDisconnect,
    CancelOrder,
    DefineInstrument,
    DefineMember,
    DefineSegment,
    EnterOrder,
    Flaw,
    MassCancel,
    PassTime,
    ReplaceOrder,
    RequestMassStatus,
    RequestStatus,
)
from engine.rejects import RejectReason
from gateway.config import SessionConfig
from gateway.log.records import (
    Entry,
    OutputHash,
    PasswordChanged,
    Record,
    SessionNumbers,
    SessionOpened,
    SessionReply,
    SessionState,
    Voided,
    decode,
    encode_into,
    payload,
)
from tests.engine.test_commands import COMMANDS

OLD = "scrypt$old"
SESSION = SessionConfig(
    comp_id="AVA2", member="AVA", password_scrypt=OLD, allow_from=("10.0.0.0/8",)
)
ENTRIES: list[Entry] = [
    EnterOrder("AVA", "AVA", "A1", "ERIC-B", "1", "2", 100, 873_000),
    EnterOrder(
        "AVA", "AVA", "Ä\x80ÿ", "ERIC-B", "2", "2", 2**40, 1, "6", 2**62, "acc", "anna",
        no_internal=True, displayed=False, poss_resend=True,
        flaw=Flaw(RejectReason.PRICE_TOO_PRECISE, "1.00001", "4"),
    ),
    ReplaceOrder("AVA", "A2", "A1", "ERIC-B", "1", "2", 50),
    ReplaceOrder("AVA", "A3", "A2", "ERIC-B", "1", "2", 50, 1, "1", 5, "a", "t", no_internal=False),
    CancelOrder("AVA", "A4", "A3", "ERIC-B", "1"),
    MassCancel("AVA", "A5", "7"),
    CancelOnDisconnect("AVA", day_only=True),
    RequestStatus("AVA", "A1", "ERIC-B", "1", "S1"),
    RequestMassStatus("AVA", "S2", "7"),
    DefineMember("AVA", "Avanza"),
    DefineSegment("DEMO", "CONTINUOUS"),
    DefineInstrument("ERIC-B", "DEMO", "rts11-6"),
    PassTime(),
    SessionOpened("AVA", "AVA"),
    SessionOpened("AVA2", "AVA", "drop-copy", "FIX.4.2", SESSION),
    SessionState("AVA2", "suspended"),
    PasswordChanged("AVA2", "scrypt$new", "scrypt$old"),
    SessionNumbers("AVA", 7, 9, 1),
    SessionNumbers("AVA", 7, 9, 1, "FIX.5.0SP2"),
    *COMMANDS,
    OutputHash(2**32 - 1, 17),
    Voided("AVA", "trips an assert"),
    SessionReply("AVA", "j", "45=7\x0158=Unsupported Message Type\x01372=B\x01380=3\x01"),
]  # fmt: skip


def encoded(records: list[Record]) -> bytes:
    """The records as the payload of one frame."""
    buffer = bytearray()
    for record in records:
        encode_into(record, buffer)
    return payload(len(records), bytes(buffer))


def test_every_kind_of_entry_comes_back() -> None:
    """Type, fields and stamps of each entry survive the log, in order."""
    records = [Record(i, i * 10, 2**62, i % 3, entry) for i, entry in enumerate(ENTRIES, 1)]
    assert decode(encoded(records)) == records


def test_every_kind_of_entry_is_tried() -> None:
    """A new command or note does not slip past the test above."""
    assert {type(entry) for entry in ENTRIES} == set(get_args(Entry))


def test_a_log_of_version_0_1_is_readable() -> None:
    """The first release's bytes of an order, a session's numbers and a reply."""
    old = bytes.fromhex(
        "dd00000003"
        "9501646502dc0011a5656e746572a3415641a3415641a24131a6455249432d42a131a13264ce000d5228"
        "a13000a0a0c2c3c2c0"
        "950266650095a76e756d62657273a3415641070901"
        "950367660a94a57265706c79a3415641a16aa534353d3701"
    )
    assert decode(old) == [
        Record(1, 100, 101, 2, EnterOrder("AVA", "AVA", "A1", "ERIC-B", "1", "2", 100, 873_000)),
        Record(2, 102, 101, 0, SessionNumbers("AVA", 7, 9, 1)),
        Record(3, 103, 102, 10, SessionReply("AVA", "j", "45=7\x01")),
    ]


def test_a_session_of_version_0_1_was_opened_for_orders() -> None:
    """Its records say nothing of roles, versions and settings."""
    old = [
        [1, 100, 101, 0, ["session_opened", "AVA", "AVA"]],
        [2, 0, 9, 0, ["numbers", "A", 2, 3, 0]],
    ]
    assert [record.entry for record in decode(msgspec.msgpack.encode(old))] == [
        SessionOpened("AVA", "AVA", "order-entry", "FIX.4.4", None),
        SessionNumbers("A", 2, 3, 0, ""),
    ]


def test_no_secret_shows_in_a_record() -> None:
    """Neither the hash of a changed password nor that of an added session: logs quote records."""
    secret = [entry for entry in ENTRIES if "scrypt$" in str(msgspec.to_builtins(entry))]
    assert len(secret) == 2
    assert [entry for entry in secret if "scrypt$" in repr(Record(1, 1, 1, 0, entry))] == []
    assert repr(secret[1]) == "PasswordChanged('AVA2', ***)"


def test_fields_an_old_log_does_not_have_take_their_defaults() -> None:
    """An order written before anything but its first eight fields existed."""
    old = ["enter", "AVA", "AVA", "A1", "ERIC-B", "1", "2", 100, 873_000]
    assert decode(msgspec.msgpack.encode([[1, 100, 101, 2, old]])) == [
        Record(1, 100, 101, 2, EnterOrder("AVA", "AVA", "A1", "ERIC-B", "1", "2", 100, 873_000))
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xdd\x00\x00\x00\x02",
        encoded([Record(1, 1, 1, 0, PassTime())])[:-1],
        encoded([Record(1, 1, 1, 0, PassTime())]) + b"\x00",
        msgspec.msgpack.encode([[1, 1, 1, 0, ["no_such_command"]]]),
        msgspec.msgpack.encode([[1, 1, 1, 0, ["enter", "AVA"]]]),
        msgspec.msgpack.encode([["1", 1, 1, 0, ["time"]]]),
    ],
)
def test_what_is_no_list_of_records_is_refused(data: bytes) -> None:
    """Cut, extended, of another kind, or with fields missing."""
    with pytest.raises(msgspec.DecodeError):
        decode(data)
