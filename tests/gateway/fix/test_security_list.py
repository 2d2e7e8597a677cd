"""Security list requests and their answers, in both versions that have them, whole."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from engine.commands import DefineInstrument
from gateway.fix.encoder import Header
from gateway.fix.security_list import ANSWER, FRAGMENT_MAX, MSG_TYPE, answers
from gateway.fix.versions import FIX44, FIX50SP2
from tests.support.fix import (
    decoded,
    dialects,
    our_decoder,
    ours,
    pairs_of,
    piped,
    stock,
    stock_decoder,
)
from tests.support.reports import complaints
from tests.support.scenario_table import presence_complaints, scenario_of

VERSIONS = (FIX44, FIX50SP2)

ERIC = DefineInstrument("ERIC-B", "STO", isin="SE0000108656")
NORDEA = DefineInstrument("NDA-FI", "HEL", lot=10, currency="EUR", security_type="ETF")
SHARES = [ERIC, NORDEA, DefineInstrument("VOLV-B", "STO", currency="SEK")]


def asked(text: str, version: str, instruments: Iterable[DefineInstrument] = SHARES) -> list[str]:
    """The answer to a request as bodies; each of them is held against FIX and the table."""
    to_venue, from_venue = dialects("AVA", version)
    request = decoded(to_venue.whole(f"35=x|34=7|320=Q|{text}"), our_decoder(version))
    assert request.msg_type == MSG_TYPE
    bodies = answers(request, instruments, ours(version))
    for body in bodies:
        header = Header(from_venue.begin_string, "PIT", "AVA")
        data = header.encode(ANSWER, 2, "20261122-12:00:00.000", body)
        assert complaints(data) == []
        assert presence_complaints(pairs_of(data), version) == []
        is_found = "|560=0|" in piped(data)
        assert scenario_of(pairs_of(data), version) == ("found" if is_found else "none")
    return [piped(body.encode()) for body in bodies]


def test_all_instruments_in_44() -> None:
    """A message per segment, in the order of the instruments, with all that is known of each; FIX
    4.4 has no code for an ETF.
    """
    assert asked("559=4", FIX44) == [
        "146=2|55=ERIC-B|48=SE0000108656|22=4|167=CS|15=SEK|561=1|562=1|336=STO"
        "|55=VOLV-B|167=CS|15=SEK|561=1|562=1|336=STO|320=Q|322=7-1|393=3|560=0|893=N",
        "146=1|55=NDA-FI|15=EUR|561=10|562=10|336=HEL|320=Q|322=7-2|393=3|560=0|893=Y",
    ]


def test_all_instruments_in_50sp2() -> None:
    """The segment stands once in the message; the lot is not told there."""
    assert asked("559=4", FIX50SP2) == [
        "146=2|55=ERIC-B|48=SE0000108656|22=4|167=CS|15=SEK"
        "|55=VOLV-B|167=CS|15=SEK|320=Q|322=7-1|393=3|560=0|893=N|1300=STO",
        "146=1|55=NDA-FI|167=ETF|15=EUR|320=Q|322=7-2|393=3|560=0|893=Y|1300=HEL",
    ]


def test_one_instrument() -> None:
    """By its symbol; other fields of the request do not narrow the answer."""
    assert asked("559=0|55=VOLV-B|15=EUR|263=1", FIX44) == [
        "146=1|55=VOLV-B|167=CS|15=SEK|561=1|562=1|336=STO|320=Q|322=7-1|393=1|560=0|893=Y"
    ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("request_text", "result"),
    [
        ("559=0|55=NONE-SUCH", "2"),
        ("559=0", "1"),
        ("559=1|55=ERIC-B", "1"),
        ("559=2", "1"),
        ("559=3|336=1", "1"),
        ("559=4|263=2", "1"),
    ],
)
def test_nothing_is_found_or_the_request_not_served(
    request_text: str, result: str, version: str
) -> None:
    """One message without instruments says which."""
    assert asked(request_text, version) == [f"320=Q|322=7-1|393=0|560={result}|893=Y"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_venue_without_instruments(version: str) -> None:
    """There is nothing to list."""
    assert asked("559=4", version, []) == ["320=Q|322=7-1|393=0|560=2|893=Y"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (FRAGMENT_MAX - 1, [99]),
        (FRAGMENT_MAX, [100]),
        (FRAGMENT_MAX + 1, [100, 1]),
        (3 * FRAGMENT_MAX, [100, 100, 100]),
    ],
)
def test_long_lists_come_in_fragments(count: int, sizes: list[int], version: str) -> None:
    """100 instruments at most in each, all of them once, in order; the last one says it is."""
    listed = [DefineInstrument(f"S{i}", "STO") for i in range(count)]
    bodies = [
        pairs_of(body.replace("|", "\x01").encode() + b"\x01")
        for body in asked("559=4", version, listed)
    ]
    assert [value for body in bodies for tag, value in body if tag == "55"] == [
        instrument.symbol for instrument in listed
    ]
    fields = [dict(body) for body in bodies]
    told = [(f["146"], f["322"], f["393"], f["893"]) for f in fields]
    assert told == [
        (str(size), f"7-{i}", str(count), "Y" if i == len(sizes) else "N")
        for i, size in enumerate(sizes, 1)
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stock_client_reads_the_group(version: str) -> None:
    """As many entries as the count says, each with its own fields."""
    to_venue, from_venue = dialects("AVA", version)
    request = decoded(to_venue.whole("35=x|34=7|320=Q|559=4"), stock_decoder(version))
    body = answers(request, SHARES, stock(version))[0]
    header = Header(from_venue.begin_string, "PIT", "AVA")
    data = header.encode(ANSWER, 2, "20261122-12:00:00.000", body)
    groups = decoded(data, stock_decoder(version)).groups
    assert groups is not None
    assert [(e["55"], e.get("48"), e["15"]) for e in groups["146"]] == [
        ("ERIC-B", "SE0000108656", "SEK"),
        ("VOLV-B", None, "SEK"),
    ]
