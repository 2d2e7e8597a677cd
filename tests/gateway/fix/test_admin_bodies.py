"""Bodies of the session's own messages."""

from __future__ import annotations

import pytest

from gateway.fix import admin_bodies as bodies
from gateway.fix.message import (
    GROUP_COUNT_WRONG,
    INCORRECT_FORMAT,
    INVALID_MSG_TYPE,
    INVALID_TAG_NUMBER,
    TAG_OUT_OF_ORDER,
    TAG_REPEATED,
    Message,
    reject,
)
from tests.support.fix import SOH, VENUE, Dialect, decoded, stock, stock_decoder


@pytest.mark.parametrize(
    ("msg_type", "body", "text"),
    [
        ("A", bodies.logon(30, reset=False), "98=0|108=30|"),
        ("A", bodies.logon(0, reset=True), "98=0|108=0|141=Y|"),
        ("5", bodies.logout(""), ""),
        ("5", bodies.logout("logon refused"), "58=logon refused|"),
        ("2", bodies.resend_request(7), "7=7|16=0|"),
        ("1", bodies.test_req("TEST"), "112=TEST|"),
        ("0", bodies.test_req("HELLO"), "112=HELLO|"),
    ],
)
def test_bodies(msg_type: str, body: str, text: str) -> None:
    """Tags ascending, nothing empty; a stock dictionary accepts the message."""
    assert body.replace(SOH, "|") == text
    whole = "|".join([f"35={msg_type}|34=2", *text.split("|")[:-1]])
    decoded(Dialect(VENUE, "AVA").whole(whole), stock_decoder())


ROUTED = {"115": "a", "116": "b", "144": "c", "128": "d", "129": "e", "145": "f"}


@pytest.mark.parametrize(
    ("fields", "head"),
    [
        ({}, ""),
        (ROUTED, "115=d|116=e|128=a|129=b|144=f|145=c|"),
        ({"115": "a", "116": "", "128": ""}, "128=a|"),
        ({"50": "anna", "57": "x"}, ""),
        ({"115": "x" * 257, "128": "y" * 256}, f"115={'y' * 256}|"),
    ],
)
def test_a_reject_goes_back_the_way_the_message_came(fields: dict[str, str], head: str) -> None:
    """Routing fields are turned round, empty ones left out, and stand in front, ascending."""
    message = Message("D", {"34": "7", **fields})
    body = bodies.session_reject(message, reject(INCORRECT_FORMAT, "38"))
    text = "45=7|58=Incorrect data format for value|371=38|372=D|373=6|"
    assert body.replace(SOH, "|") == head + text


def test_a_reject_without_a_tag_at_fault() -> None:
    """Then RefTagID is left out."""
    body = bodies.session_reject(Message("*", {"34": "7"}), reject(INVALID_MSG_TYPE))
    assert body.replace(SOH, "|") == "45=7|58=Invalid MsgType|372=*|373=11|"


@pytest.mark.parametrize(
    ("msg_type", "tag", "text"),
    [
        ("D", "999999999", "45=7|58=Invalid tag number|371=999999999|372=D|373=0|"),
        ("D", "-1", "45=7|58=Invalid tag number|371=-1|372=D|373=0|"),
        ("D", "1000000000", "45=7|58=Invalid tag number|372=D|373=0|"),
        ("x" * 257, "0", "45=7|58=Invalid tag number|371=0|373=0|"),
        ("", "0", "45=7|58=Invalid tag number|371=0|373=0|"),
    ],
)
def test_a_reject_repeats_nothing_that_could_not_be_sent(
    msg_type: str, tag: str, text: str
) -> None:
    """A tag that is no int, a type that is empty or endless: the Reject goes out without it."""
    body = bodies.session_reject(Message(msg_type, {"34": "7"}), reject(INVALID_TAG_NUMBER, tag))
    assert body.replace(SOH, "|") == text


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        ({}, "98=0|108=30|"),
        ({1137: "9"}, "98=0|108=30|1137=9|"),
        ({1409: "1", 383: 65_536, 1137: "9", 789: 3}, "98=0|108=30|383=65536|789=3|1137=9|1409=1|"),
        ({1409: "", 383: "", 789: ""}, "98=0|108=30|"),
    ],
)
def test_a_logon_says_what_its_version_has(extra: dict[int, object], text: str) -> None:
    """Further fields in order of their tags, empty ones left out."""
    assert bodies.logon(30, reset=False, extra=extra).replace(SOH, "|") == text


@pytest.mark.parametrize(
    ("text", "status", "body"),
    [("no", "5", "58=no|1409=5|"), ("", "7", "1409=7|"), ("no", "", "58=no|")],
)
def test_a_logout_may_have_a_status(text: str, status: str, body: str) -> None:
    """SessionStatus(1409) stands behind the text; a stock client of FIXT.1.1 accepts it."""
    assert bodies.logout(text, status).replace(SOH, "|") == body
    whole = Dialect(VENUE, "AVA", "FIXT.1.1").whole(f"35=5|34=2|{body[:-1]}")
    decoded(whole, stock_decoder("FIX.5.0SP2"))


def test_every_status_is_one_that_stock_clients_know() -> None:
    """A strict client would refuse the Logout that says why it was refused."""
    used = {*bodies.LOGOUT_STATUS.values(), bodies.PASSWORD_WAS_CHANGED, bodies.PASSWORD_POLICY}
    assert used <= stock("FIX.5.0SP2").fields["1409"].enum


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (INVALID_MSG_TYPE, "373=11|"),
        (TAG_REPEATED, ""),
        (TAG_OUT_OF_ORDER, ""),
        (GROUP_COUNT_WRONG, ""),
    ],
)
def test_a_reason_that_a_version_does_not_have_is_left_out(reason: int, said: str) -> None:
    """FIX 4.2 ends at 11: the text has to do; the message is legal there."""
    body = bodies.session_reject(Message("D", {"34": "7"}), reject(reason, "38"), 11)
    text = reject(reason).text
    assert body.replace(SOH, "|") == f"45=7|58={text}|371=38|372=D|{said}"
    whole = Dialect(VENUE, "AVA", "FIX.4.2").whole(f"35=3|34=2|{body.replace(SOH, '|')[:-1]}")
    decoded(whole, stock_decoder("FIX.4.2"))
