"""Whatever number or time a valid message carries, its command fits the log and the engine."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import Command, Flaw
from engine.rejects import RejectReason
from engine.values import PRICE_MAX
from gateway.fix.message import VALUE_INCORRECT, SessionReject
from gateway.fix.order_entry import COMMANDS, Sender
from gateway.log.records import Record, decode, encode_into, payload
from tests.support.fix import decoded, message

SENDER = Sender("AVA-1", "AVA", "Europe/Stockholm")
NEW = "35=D|34=2|11=X|38={}|40=2|44={}|54=1|55=ERIC-B|60={{now}}"

numbers = st.from_regex(r"\A-?[0-9]{1,18}(\.[0-9]{0,18})?\Z")


def command(text: str) -> Command:
    """What the message asks for; raises SessionReject."""
    parsed = decoded(message(text))
    return COMMANDS[parsed.msg_type](parsed, SENDER)


@given(numbers, numbers)
def test_every_legal_number_can_be_logged(qty: str, price: str) -> None:
    """What the dictionary lets through comes back from the log as it went in."""
    record = Record(1, 2, 3, 4, command(NEW.format(qty, price)))
    buffer = bytearray()
    encode_into(record, buffer)
    assert decode(payload(1, buffer)) == [record]


@pytest.mark.parametrize(
    ("price", "flaw"),
    [
        ("100000000.00", None),
        (
            "100000000.0001",
            Flaw(RejectReason.PRICE_TOO_LARGE, "100000000.0001", "100000000.00"),
        ),
        (
            "999999999999999999",
            Flaw(RejectReason.PRICE_TOO_LARGE, "999999999999999999", "100000000.00"),
        ),
        (
            "-999999999999999999",
            Flaw(RejectReason.PRICE_NOT_POSITIVE, "-999999999999999999"),
        ),
    ],
)
def test_a_price_beyond_the_limit_travels_as_a_flaw(price: str, flaw: Flaw | None) -> None:
    """The engine refuses it in its own words; the number itself stays out of the log."""
    entered = msgspec.structs.asdict(command(NEW.format(100, price)))
    assert (entered["flaw"], entered["price"]) == (flaw, 0 if flaw else PRICE_MAX)


@pytest.mark.parametrize("field", ["126=99991231-23:59:59", "432=99981231"])
def test_a_time_beyond_64_bits_is_rejected(field: str) -> None:
    """Nanoseconds since 1970 end in 2262; a later moment is a value out of range."""
    with pytest.raises(SessionReject) as caught:
        command(NEW.format(100, "87.30") + f"|59=6|{field}")
    assert (caught.value.reason, caught.value.ref_tag) == (VALUE_INCORRECT, field.split("=")[0])
