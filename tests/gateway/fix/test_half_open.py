"""Peers that are gone without a word: noticed by their silence, and by the machine itself.

A client that neither reads nor writes is, to the venue, one whose network cable was pulled. How a
link that is really cut looks is measured by `tests.flood.half_open`, which needs root.
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.commands import CancelOnDisconnect
from gateway import timers
from gateway.certificates import make_certs
from gateway.config import Config, SessionConfig, TlsConfig
from gateway.fix.connection import (
    KEEPALIVE_IDLE_SECONDS,
    KEEPALIVE_INTERVAL_SECONDS,
    UNACKNOWLEDGED_MILLISECONDS_MAX,
)
from gateway.tls import client_context
from tests.support import logs
from tests.support.fix_venue import FixVenue, HandClock, config_of, serving

HEART_BT_INT = 10
ORDER = "35=D|11={}|55=ERIC-B|54=1|38=100|40=2|44=80.00|59={}|60=20261123-09:00:00"


def canceling(scope: str) -> Config:
    """The demo venue, where a lost connection costs AVA orders."""
    config = config_of()
    ava = SessionConfig(comp_id="AVA", member="AVA", cancel_on_disconnect=scope)
    return replace(config, sessions=(ava, *config.sessions[1:]))


async def pass_second(served: FixVenue, clock: HandClock) -> None:
    """A second passes, and the venue has looked at its clock since."""
    looks = 0

    def now() -> int:
        nonlocal looks
        looks += 1
        return clock.now()

    served.venue._timers._now = now
    clock.advance(1)
    await served.until(lambda: looks >= 4)


@pytest.mark.parametrize(("scope", "canceled"), [("none", []), ("day", ["D"]), ("all", ["D", "G"])])
async def test_a_peer_that_vanishes_is_noticed_by_its_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: str, canceled: list[str]
) -> None:
    """TestRequest at 1.2 times HeartBtInt, the end at 2.4 times; its orders go once, and then."""
    monkeypatch.setattr(timers, "PERIOD_SECONDS_MAX", 0.001)
    clock = HandClock()
    async with serving(tmp_path, canceling(scope), clock=clock) as served:
        ava = served.client("AVA")
        await ava.logon(f"98=0|108={HEART_BT_INT}")
        ava.send(ORDER.format("D", 0), ORDER.format("G", 1))
        assert await ava.receive_many(2, "11 150") == ["11=D|150=0", "11=G|150=0"]
        fix = served.venue._sessions.by_comp_id["AVA"].fix
        said = [fix.out.next_out]
        for _ in range(24):
            assert fix.connected
            await pass_second(served, clock)
            said.append(fix.out.next_out)
        assert not fix.connected
        # Heartbeat after 10 s, TestRequest after 12, and nothing more but what the end canceled.
        assert said == [4] * 10 + [5] * 2 + [6] * 12 + [6 + len(canceled)]
        assert await ava.rest("35") == ["35=0", "35=1"]
        await served.until_connections(0)
        assert (await ava.logon()).startswith(f"35=A|34={6 + len(canceled)}|")
        ava.send("35=2|7=6|16=0")
        lost = [f"34={6 + n}|150=4|11={name}" for n, name in enumerate(canceled)]
        assert (await ava.so_far("34 150 11"))[: len(lost)] == lost
        await ava.logout()
    records = [record.entry for record in logs.read(tmp_path / "log")]
    fired = [entry for entry in records if isinstance(entry, CancelOnDisconnect)]
    assert len(fired) == (scope != "none")


async def test_a_peer_that_talks_is_never_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it says, and be it only the answer to a TestRequest, shows that it is there."""
    monkeypatch.setattr(timers, "PERIOD_SECONDS_MAX", 0.001)
    clock = HandClock()
    async with serving(tmp_path, clock=clock) as served:
        ava = served.client("AVA")
        await ava.logon(f"98=0|108={HEART_BT_INT}")
        for _ in range(5):
            for _ in range(12):
                await pass_second(served, clock)
            assert await ava.receive_many(2, "35 112") == ["35=0", "35=1|112=TEST"]
            ava.send("35=0|112=TEST")
            await served.until_taken()
        assert served.venue._sessions.by_comp_id["AVA"].fix.connected


def options_of(served: FixVenue) -> dict[str, int]:
    """What is set on the one accepted socket."""
    (connection,) = served.venue._acceptor.connections
    assert connection._transport is not None
    accepted = connection._transport.get_extra_info("socket")
    tcp = ("TCP_USER_TIMEOUT", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_NODELAY")
    found = {
        name: accepted.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
        for name in tcp
        if hasattr(socket, name)
    }
    return {**found, "SO_KEEPALIVE": accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)}


def expected_options() -> dict[str, int]:
    """As far as this system has them."""
    wanted = {
        "TCP_USER_TIMEOUT": UNACKNOWLEDGED_MILLISECONDS_MAX,
        "TCP_KEEPIDLE": KEEPALIVE_IDLE_SECONDS,
        "TCP_KEEPINTVL": KEEPALIVE_INTERVAL_SECONDS,
        "TCP_NODELAY": 1,
    }
    known = {name: value for name, value in wanted.items() if hasattr(socket, name)}
    return {**known, "SO_KEEPALIVE": 1}


async def test_the_machine_looks_after_accepted_sockets(tmp_path: Path) -> None:
    """Read back: keepalive for those without heartbeats, a bound for what is not acknowledged."""
    async with serving(tmp_path) as served:
        await served.another("AVA").connect()
        await served.until_connections(1)
        assert options_of(served) == expected_options()


async def test_the_machine_looks_after_sockets_with_tls(tmp_path: Path) -> None:
    """The same, where TLS is between."""
    make_certs(tmp_path / "certs", [], [])
    server = tmp_path / "certs" / "server"
    tls = TlsConfig(certificate=f"{server}.pem", key=f"{server}.key", port=0)
    async with serving(tmp_path / "data", replace(config_of(), tls=tls)) as served:
        assert served.venue.tls_address is not None
        _, writer = await asyncio.open_connection(
            *served.venue.tls_address, ssl=client_context(tmp_path / "certs" / "ca.pem")
        )
        await served.until_connections(1)
        assert options_of(served) == expected_options()
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
