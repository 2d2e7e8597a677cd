"""A small flood in the test's loop: bad logons of every kind, in waves, while members trade.

`run` is the large one, with processes, a clock and figures. Here only counts bound what happens.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from structlog.testing import capture_logs

from gateway import limited_log
from gateway.fix import acceptor
from gateway.limited_log import LINES_PER_SECOND
from tests.flood.attacks import ATTACKS, LASTING, Attacker, carry_out, judge
from tests.flood.flood import SOURCES
from tests.flood.report import Latency, Row, latency, p99_limit, table
from tests.flood.stage import PASSWORD, SAFE, WORKING, WRONG, Stage, build, symbol_of
from tests.support.fix_venue import FixVenue, config_of, serving
from tests.support.passwords import cheap_hash

SEED = 20261125
WAVES = 12
ORDERS = 10
STRANGERS_MAX = 16

LOGON = f"98=0|108=30|554={PASSWORD}"
ORDER = "35=D|11=B{}|55={}|54=1|38=10|40=2|44=10.00|60=20261123-09:00:00"
CANCEL = "35=F|11=C{}|41=B{}|55={}|54=1|60=20261123-09:00:00"

QUICK = [attack for attack in ATTACKS if attack not in LASTING]

REASONS = {
    "SenderCompID(49) is not known",
    "password",
    "source address is not allowed for this session",
    "session is already connected",
    "TLS client certificate is not that of this session",
    "first message must be a Logon",
    "first bytes are not FIX",
    "first message too long",
    "made room for another connection",
    "TLS: the other side does not speak TLS",
    "TLS: peer did not return a certificate",
    "TLS: certificate refused, unable to get local issuer certificate",
}
"""What the operator is told; each of them shows that an attack is what it says it is."""


class Flood:
    """Waves against one venue; `heard` counts what came of those that have ended."""

    def __init__(self, served: FixVenue, stage: Stage) -> None:
        assert served.venue.tls_address is not None
        self._random = Random(SEED)
        self._attacker = Attacker(stage, served.port, served.venue.tls_address[1], self._random)
        self._lasting: list[asyncio.Task[bytes]] = []
        self.heard: Counter[str] = Counter()

    def _from_somewhere(self) -> Attacker:
        return replace(self._attacker, source=self._random.choice(SOURCES[1:]))

    async def wave(self) -> None:
        """One attack of each kind; those that last are left to themselves."""
        for attack in LASTING:
            task = asyncio.create_task(carry_out(attack, self._from_somewhere()))
            self._lasting.append(task)
        quick = [carry_out(attack, self._from_somewhere()) for attack in QUICK]
        self.heard.update(map(judge, await asyncio.gather(*quick)))

    async def end(self) -> None:
        """Whoever still waits goes; those the venue has thrown out must have heard nothing."""
        for task in self._lasting:
            task.cancel()
        for heard in await asyncio.gather(*self._lasting, return_exceptions=True):
            assert heard == b"" or isinstance(heard, asyncio.CancelledError)


async def trade(served: FixVenue, wave: int) -> None:
    """Every working session enters orders and cancels them; all is answered, in order."""
    numbers = range(wave * ORDERS, (wave + 1) * ORDERS)
    for comp_id in WORKING:
        symbol = symbol_of(comp_id)
        served.client(comp_id).send(*[ORDER.format(n, symbol) for n in numbers])
        served.client(comp_id).send(*[CANCEL.format(n, n, symbol) for n in numbers])
    first = 2 + wave * ORDERS * 2
    for comp_id in WORKING:
        assert await served.client(comp_id).receive_many(2 * ORDERS, "34 150 11") == [
            *(f"34={first + i}|150=0|11=B{n}" for i, n in enumerate(numbers)),
            *(f"34={first + ORDERS + i}|150=4|11=C{n}" for i, n in enumerate(numbers)),
        ]


async def test_bad_logons_disturb_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members trade on, strangers stay below their limit, attacked sessions keep their numbers."""
    sys.stdout.write(f"seed {SEED}\n")
    monkeypatch.setattr(acceptor, "STRANGERS_MAX", STRANGERS_MAX)
    monkeypatch.setattr(limited_log, "LINES_PER_SECOND", 1_000_000)
    stage = build(tmp_path, cheap_hash(PASSWORD))
    async with serving(tmp_path / "data", config_of(stage.venue_file)) as served:
        for comp_id in SAFE:
            assert await served.client(comp_id).logon(LOGON) == "35=A|34=1|98=0|108=30"
            assert await served.client(comp_id).logout() == ["35=5|34=2"]
        await served.logged_on(*WORKING)
        flood = Flood(served, stage)
        with capture_logs() as log:
            for wave in range(WAVES):
                await asyncio.gather(flood.wave(), trade(served, wave))
                assert len(served.venue._acceptor._strangers) <= STRANGERS_MAX
        await flood.end()
        assert set(flood.heard) == {"nothing", "logout"}
        assert sum(flood.heard.values()) == WAVES * len(QUICK)
        for comp_id in SAFE:
            assert await served.client(comp_id).logon(LOGON) == "35=A|34=3|98=0|108=30"
    assert {line.get("reason", "") for line in log} >= REASONS
    assert not [line for line in log if WRONG in str(line) or PASSWORD in str(line)]
    assert "session.disconnected" not in {line["event"] for line in log}


async def test_a_flood_is_not_a_flood_of_log_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the bad logons are, the operator's log has so many lines of them a second."""
    stage = build(tmp_path, cheap_hash(PASSWORD))
    async with serving(tmp_path / "data", config_of(stage.venue_file)) as served:
        assert served.venue.tls_address is not None
        acceptor_of_venue = served.venue._acceptor
        monkeypatch.setattr(acceptor_of_venue._refusals, "_now", lambda: 5 * 10**9)
        attacker = Attacker(stage, served.port, 0, Random(SEED), "127.0.0.2")
        plain = [attack for attack in QUICK if "tls" not in attack.__name__]
        plain = [attack for attack in plain if "certificate" not in attack.__name__]
        with capture_logs() as log:
            for attack in plain * (1 + 2 * LINES_PER_SECOND // len(plain)):
                if attack.__name__ != "working_session":
                    await carry_out(attack, attacker)
    assert {line["event"] for line in log} == {"logon.refused"}
    assert len(log) == LINES_PER_SECOND


# The report of the large one


def test_latency_is_of_what_was_due_in_a_span() -> None:
    """The moment a message was due decides, not when its answer came."""
    samples = [(n / 100, n / 1000, 0.0005) for n in range(400)]
    found = latency(samples, 1.0, 2.0)
    assert (found.count, found.max) == (100, 199)
    assert (round(found.p50), round(found.p99), found.late_p99) == (150, 199, 0.5)
    assert p99_limit(replace(found, p99=1.5)) == 5.0


def test_a_broken_promise_is_seen_in_the_table() -> None:
    """Each row says whether it was kept."""
    rows = [Row("first", "1 of 1", kept=True), Row("the second", "0 of 1", kept=False)]
    assert table(rows) == "  ok      first       1 of 1\n  FAILED  the second  0 of 1"
    assert Latency(10, 1, 2, 3, 0.1).text().startswith("p50 1.00 ms, p99 2.00, max 3.0 of 10")
