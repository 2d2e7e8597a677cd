"""Is this header one of ours, now?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.fix.header_checks import HeaderChecks, check_resent
from gateway.fix.message import SessionReject
from gateway.fix.session_settings import SessionSettings
from gateway.fix.times import NANOS_PER_SECOND
from tests.support.fix import START, at, decoded, message

CHECKS = HeaderChecks(SessionSettings("", "PIT", "AVA"), "FIX.4.4")


def fields_of(text: str, *, validated: bool = False) -> dict[str, str]:
    """The fields of a message from AVA to PIT, as the session has them."""
    if validated:
        return decoded(message(text)).fields
    pairs = [field.partition("=") for field in message(text).decode("latin-1").split("\x01")[:-1]]
    return {tag: value for tag, _, value in reversed(pairs)}


HEADERS = [
    ("35=0|34=2", None),
    ("35=0|34=2|49=NON", 9),
    ("35=0|34=2|56=POT", 9),
    ("35=0|34=2|49=ava", 9),
    ("35=0|34=2|52={now-121}", 10),
    ("35=0|34=2|52={now+121}", 10),
    ("35=0|34=2|52={now-120}", None),
    ("35=0|34=2|52=20260230-12:00:00", 10),
]


def verdict_of(question: Callable[[], None]) -> tuple[int | None, str] | None:
    """Reason and tag of the reject, None without one."""
    try:
        question()
    except SessionReject as refusal:
        return refusal.reason, refusal.ref_tag
    return None


@pytest.mark.parametrize(("text", "reason"), HEADERS)
def test_the_quick_question_and_the_reject_agree(text: str, reason: int | None) -> None:
    """What `pass_all` denies is what `check` rejects, with the reason FIX has for it."""
    fields = fields_of(text)
    verdict = None if reason is None else (reason, "")
    assert verdict_of(lambda: CHECKS.check(fields, START)) == verdict
    assert CHECKS.pass_all(fields, START) is (reason is None)


@pytest.mark.parametrize(
    "text",
    [
        "8=FIX.4.4|35=0|34=2",
        "8=FIX.4.4|35=0|34=2|49=|52=|56=",
        "8=FIX.4.4|35=0|34=2|49=AVA|52=noon|56=PIT",
    ],
)
def test_what_the_dictionary_will_reject_is_left_to_it(text: str) -> None:
    """Missing, empty and malformed fields have reasons of their own."""
    CHECKS.check(fields_of(text), START)


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, None),
        ({"43": "N"}, None),
        ({"43": "Y"}, (1, "122")),
        ({"43": "Y", "122": "{now}", "52": "{now}"}, None),
        ({"43": "Y", "122": "{now-5}", "52": "{now}"}, None),
        ({"43": "Y", "122": "{now+1}", "52": "{now}"}, (10, "")),
        ({"43": "Y", "122": "{now}"}, (10, "")),
        ({"43": "Y", "122": "noon", "52": "{now}"}, None),
    ],
)
def test_a_possible_duplicate_says_when_it_was_sent_first(
    fields: dict[str, str], verdict: tuple[int, str] | None
) -> None:
    """OrigSendingTime must be there and not be later than SendingTime (2f, 2g)."""
    filled = {tag: at(value, START) for tag, value in fields.items()}
    assert verdict_of(lambda: check_resent(filled)) == verdict


@pytest.mark.parametrize(
    ("name", "mine", "said", "verdict"),
    [
        ("FIX.4.4", "", None, None),
        ("FIX.4.4", "", "8", None),
        ("FIXT.1.1", "9", None, None),
        ("FIXT.1.1", "9", "9", None),
        ("FIXT.1.1", "9", "8", (18, "1128")),
        ("FIXT.1.1", "9", "", (18, "1128")),
    ],
)
def test_a_message_is_of_the_session_s_application_version(
    name: str, mine: str, said: str | None, verdict: tuple[int, str] | None
) -> None:
    """ApplVerID(1128) may be left out; the quick question and the reject agree."""
    checks = HeaderChecks(SessionSettings("", "PIT", "AVA"), name, mine)
    fields = {"8": name, "49": "AVA", "56": "PIT", "52": "20261122-12:00:00"}
    if said is not None:
        fields["1128"] = said
    assert verdict_of(lambda: checks.check_version(fields)) == verdict
    assert checks.pass_all(fields, START) is (verdict is None)


def test_the_latency_is_the_session_s_own() -> None:
    """As its settings say."""
    strict = SessionSettings("", "PIT", "AVA", max_latency_nanos=5 * NANOS_PER_SECOND)
    checks = HeaderChecks(strict, "FIX.4.4")
    near, far = fields_of("35=0|34=2|52={now-5}"), fields_of("35=0|34=2|52={now-6}")
    assert verdict_of(lambda: checks.check(near, START)) is None
    assert verdict_of(lambda: checks.check(far, START)) == (10, "")
