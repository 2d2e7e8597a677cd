"""Every MsgType(35) there is, sent to a real venue: served, refused by name, or no type at all."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import pytest

from gateway.fix.application import SERVED
from gateway.fix.message import ADMIN_TYPES
from gateway.fix.order_entry import COMMANDS
from tests.support.fix_venue import serving

NO_TYPES = ["*", "U1", "ZZ", "I", "O", "BI", "AZA", "00"]


NAMES = {"FIX.4.2": "FIX.4.2", "FIX.4.4": "FIX.4.4", "FIX.5.0SP2": "FIXT.1.1"}
"""Version -> BeginString(8)."""


def known_types(version: str) -> list[str]:
    """The types of a FIX version as the venue's data has them."""
    text = resources.files("fix_specs").joinpath("msg_types.toml").read_text(encoding="utf-8")
    types: list[str] = tomllib.loads(text)[version]
    return types


@pytest.mark.parametrize("version", NAMES)
async def test_a_type_that_is_not_served_is_refused_by_name(tmp_path: Path, version: str) -> None:
    """BusinessMessageReject 380=3 says which message it was, and the session goes on."""
    known = known_types(version)
    not_served = [t for t in known if t not in ADMIN_TYPES and t not in SERVED]
    asked = [t for t in not_served if t != "j"]
    async with serving(tmp_path) as served:
        ava = served.client("AVA").speaking(NAMES[version])
        await ava.logon()
        ava.send(*(f"35={msg_type}|262=x" for msg_type in asked))
        assert await ava.so_far() == [
            f"35=j|34={i}|45={i}|58=Unsupported Message Type|372={msg_type}|380=3"
            for i, msg_type in enumerate(asked, 2)
        ]
        served_here = (ADMIN_TYPES | SERVED) & set(known)
        assert len(asked) == len(known) - len(served_here) - 1


async def test_a_business_reject_is_not_answered(tmp_path: Path) -> None:
    """A refusal of a refusal could go on for ever."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send("35=j|45=1|372=A|380=0", "35=3|45=1")
        assert await ava.so_far() == []


async def test_what_is_no_type_is_rejected(tmp_path: Path) -> None:
    """Reject 373=11 for a value FIX 4.4 does not have, user defined ones included."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send(*(f"35={msg_type}|58=x" for msg_type in NO_TYPES))
        assert await ava.so_far() == [
            f"35=3|34={i}|45={i}|58=Invalid MsgType|372={msg_type}|373=11"
            for i, msg_type in enumerate(NO_TYPES, 2)
        ]


async def test_every_served_type_is_answered_by_its_own(tmp_path: Path) -> None:
    """D F G H AF q are not refused as types, whatever becomes of the message."""
    sent = [
        "35=D|11=1|55=ERIC-B|54=1|38=10|40=2|44=87.30|60=20261123-09:00:00",
        "35=G|11=2|41=1|55=ERIC-B|54=1|38=20|40=2|44=87.30|60=20261123-09:00:00",
        "35=H|11=2|55=ERIC-B|54=1",
        "35=AF|584=all|585=7",
        "35=F|11=3|41=2|55=ERIC-B|54=1|60=20261123-09:00:00",
        "35=F|11=4|41=2|55=ERIC-B|54=1|60=20261123-09:00:00",
        "35=q|11=5|530=7|60=20261123-09:00:00",
    ]
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send(*sent)
        assert await ava.so_far("35 11 150") == [
            "35=8|11=1|150=0",
            "35=8|11=2|150=5",
            "35=8|11=2|150=I",
            "35=8|11=2|150=I",
            "35=8|11=3|150=4",
            "35=9|11=4",
            "35=r|11=5",
        ]
    assert {line.split("|")[0].removeprefix("35=") for line in sent} == set(COMMANDS)
