"""What a Logon asks for, in each version, and what is wrong with it in words for the operator."""

from __future__ import annotations

import pytest

from gateway.fix import logon
from gateway.fix.logon import LogonTerms
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import dialects, our_versions

ALL = (FIX42, FIX44, FIX50SP2)
LATER = (FIX44, FIX50SP2)


def read(text: str, version: str) -> LogonTerms | str:
    """What AVA's Logon comes to."""
    speaks = our_versions()[version]
    message = speaks.decoder.parse(dialects("AVA", version)[0].whole(text))
    assert message is not None
    return logon.read(message, speaks)


def terms(
    seq: int, heart_bt_int: int, *, reset: bool = False, next_expected: int = 0, size: int = 0
) -> LogonTerms:
    """The wishes of a Logon."""
    return LogonTerms(seq, heart_bt_int, reset, next_expected, size)


TERMS = [
    (ALL, "35=A|34=1|98=0|108=30", terms(1, 30)),
    (ALL, "35=A|34=7|98=0|108=0", terms(7, 0)),
    (ALL, "35=A|34=1|98=0|108=30|141=Y", terms(1, 30, reset=True)),
    (ALL, "35=A|34=7|98=0|108=30|141=N", terms(7, 30)),
    (ALL, "35=A|34=1|98=0|108=30|383=4096", terms(1, 30, size=4096)),
    (ALL, "35=A|34=1|98=0|108=30|383=0", terms(1, 30)),
    (ALL, "35=A|34=1|98=0|108=30|553=AVA|554=sesam|925=new", terms(1, 30)),
    (ALL, "35=A|34=1|98=0|108=30|95=5|96=se\x01am", terms(1, 30)),
    (LATER, "35=A|34=7|98=0|108=30|789=12", terms(7, 30, next_expected=12)),
    (LATER, "35=A|34=7|98=0|108=30|789=0", terms(7, 30)),
    (ALL, "35=A|34=1|98=0", "Required tag missing (108)"),
    (ALL, "35=A|34=1|108=30", "Required tag missing (98)"),
    (
        (FIX42, FIX44),
        "35=A|34=1|98=0|108=30|55=ERIC-B",
        "Tag not defined for this message type (55)",
    ),
    ((FIX50SP2,), "35=A|34=1|98=0|108=30|55=ERIC-B", "Invalid tag number (55)"),
    (ALL, "35=A|34=1|98=0|108=x", "Incorrect data format for value (108)"),
    (ALL, "35=A|34=1|98=0|108=-1", "HeartBtInt(108) must be at least 0, was -1"),
    (ALL, "35=A|34=1|98=1|108=30", "EncryptMethod(98) must be 0, was 1"),
    (
        ALL,
        "35=A|34=2|98=0|108=30|141=Y",
        "MsgSeqNum(34) must be 1 with ResetSeqNumFlag(141)=Y, was 2",
    ),
    (
        ALL,
        "35=A|34=1|98=0|108=30|383=4095",
        "MaxMessageSize(383) must be at least 4096, was 4095",
    ),
    (
        ALL,
        "35=A|34=1|98=0|108=30|383=1",
        "MaxMessageSize(383) must be at least 4096, was 1",
    ),
    ((FIX42,), "35=A|34=1|98=0|108=30|789=1", "Invalid tag number (789)"),
    (
        (FIX50SP2,),
        "35=A|34=1|98=0|108=30|1137=8",
        "DefaultApplVerID(1137) must be 9, was 8",
    ),
    (
        (FIX50SP2,),
        "8=FIXT.1.1|35=A|34=1|49=AVA|52={now}|56=PIT|98=0|108=30",
        "Required tag missing (1137)",
    ),
]
CASES = [(version, text, result) for versions, text, result in TERMS for version in versions]


@pytest.mark.parametrize(("version", "text", "result"), CASES)
def test_what_a_logon_comes_to(version: str, text: str, result: LogonTerms | str) -> None:
    """Its wishes, or the first rule it breaks."""
    assert read(text, version) == result


def test_a_logon_can_be_read_twice() -> None:
    """The second time it has been validated already."""
    speaks = our_versions()[FIX44]
    message = speaks.decoder.parse(dialects("AVA", FIX44)[0].whole("35=A|34=1|98=0|108=30"))
    assert message is not None
    assert logon.read(message, speaks) == logon.read(message, speaks)
