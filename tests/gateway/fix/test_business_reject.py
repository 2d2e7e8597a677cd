"""BusinessMessageReject: the reason, said with the code that the version has for it."""

from __future__ import annotations

import pytest

from gateway.fix import business_reject as business
from gateway.fix.business_reject import NOT_AUTHORIZED, THROTTLED, UNSUPPORTED_MSG_TYPE, Reason
from gateway.fix.message import Message
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import decoded, dialects, our_decoder, stock, stock_decoder

CODES = [
    (UNSUPPORTED_MSG_TYPE, "Unsupported Message Type", {FIX42: 3, FIX44: 3, FIX50SP2: 3}),
    (NOT_AUTHORIZED, "Not authorized", {FIX42: 0, FIX44: 6, FIX50SP2: 6}),
    (THROTTLED, "Throttle limit exceeded", {FIX42: 0, FIX44: 0, FIX50SP2: 8}),
]
CASES = [
    (reason, text, version, code)
    for reason, text, codes in CODES
    for version, code in codes.items()
]


@pytest.mark.parametrize(("reason", "text", "version", "code"), CASES)
def test_a_reason_has_its_code_in_each_version(
    reason: Reason, text: str, version: str, code: int
) -> None:
    """Other (0) where the version has none; both dictionaries accept the message."""
    message = Message("D", {"34": "7", "11": "a"})
    body = business.body(message, reason, version).replace("\x01", "|")
    assert body == f"45=7|58={text}|372=D|379=a|380={code}|"
    whole = dialects("AVA", version)[1].whole(f"35=j|34=2|{body[:-1]}")
    for decoder in (stock_decoder(version), our_decoder(version)):
        decoded(whole, decoder)
    assert str(code) in stock(version).fields["380"].enum


@pytest.mark.parametrize(
    "message",
    [
        Message("H", {"34": "7"}),
        Message("B", {"34": "7", "11": ""}),
        Message("B", {"34": "7", "11": "a"}, None, [("11", "a")]),
    ],
)
def test_an_id_is_repeated_only_if_it_was_checked(message: Message) -> None:
    """Of a type that is not served nothing is known but its number."""
    body = business.body(message, UNSUPPORTED_MSG_TYPE, FIX44).replace("\x01", "|")
    assert body == f"45=7|58=Unsupported Message Type|372={message.msg_type}|380=3|"
