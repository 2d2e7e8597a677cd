"""The exception a malformed message is answered with."""

from __future__ import annotations

import pytest

from gateway.fix import message as m
from gateway.fix.message import ADMIN_TYPES, OUT_OF_TURN_TYPES, TEXTS, reject
from tests.support.fix import stock


@pytest.mark.parametrize("reason", TEXTS)
def test_a_reject_has_reason_tag_and_the_text_of_the_reason(reason: int) -> None:
    """The text is that of FIX's table; a tag is named where one is at fault."""
    refusal = reject(reason, "44")
    assert (refusal.reason, refusal.ref_tag, refusal.text) == (reason, "44", TEXTS[reason])
    assert str(refusal) == TEXTS[reason]
    assert reject(reason).ref_tag == ""


def test_reasons_are_those_of_fix() -> None:
    """Every reason is a value of SessionRejectReason(373), the last of them in FIXT.1.1 only."""
    reasons = {str(reason) for reason in TEXTS}
    assert reasons <= stock("FIX.5.0SP2").fields["373"].enum
    assert reasons - stock().fields["373"].enum == {str(m.APPL_VER_UNSUPPORTED)}
    assert m.GROUP_COUNT_WRONG == 16


def test_admin_messages_are_those_of_fix() -> None:
    """Another maker calls the same messages admin (and XMLnonFIX, which nobody has to take)."""
    assert stock().admin - {"n"} == ADMIN_TYPES
    assert OUT_OF_TURN_TYPES < ADMIN_TYPES
