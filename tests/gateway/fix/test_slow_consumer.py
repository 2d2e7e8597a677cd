"""A client that stops reading while reports pour in, with and without TLS.

It is cut at the limit, others trade on, what was kept for it is given back, and afterwards a resend
brings every report with the bytes it had at first.
"""

from __future__ import annotations

import asyncio
import gc
import re
import socket
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.certificates import make_certs
from gateway.config import Config, TlsConfig
from gateway.fix import connection
from gateway.fix.connection import Connection
from gateway.tls import client_context
from tests.support import wire
from tests.support.fix_venue import DEADLINE_SECONDS, FixClient, FixVenue, config_of, serving
from tests.support.fix_venue import small_socket as small
from tests.support.wire import Received

LIMIT = 512 * 1024
ORDERS = 300
AT_ONCE = ORDERS * 400 + 128 * 1024
"""What a turn may add before anybody looks; with TLS there is a second, small buffer behind."""

REST = "35=D|11={}|55=ERIC-B|54=1|38=100|40=2|44=80.00|60=20261123-09:00:00"
ALL = "35=AF|584={}|585=7"
BUY = "35=D|11={}|55=VOLV-B|54=1|38=10|40=2|44=280.00|60=20261123-09:00:00"
SELL = "35=D|11={}|55=VOLV-B|54=2|38=10|40=2|44=280.00|60=20261123-09:00:00"


class TlsClient(FixClient):
    """A client that speaks TLS; `ca` is the venue's authority."""

    ca: Path

    async def connect(self, sock: socket.socket | None = None) -> FixClient:
        """Open a connection; nothing is sent."""
        raw = sock or small()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", self._port))
            self._reader, self._writer = await asyncio.open_connection(
                sock=raw, ssl=client_context(self.ca), server_hostname="127.0.0.1"
            )
        self._held.clear()
        return self

    async def close(self) -> None:
        """End the connection at once: a TLS farewell would wait behind what was not read."""
        writer, self._writer, self._reader = self._writer, None, None
        if writer is not None:
            writer.transport.abort()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)


class Spy:
    """What a venue writes to one session, the backlog at each cut, and the connections it had."""

    def __init__(self, comp_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written = bytearray()
        self.backlogs: list[int] = []
        self.seen: set[weakref.ref[Connection]] = set()
        self._comp_id = comp_id
        monkeypatch.setattr(Connection, "write", self._around_write(Connection.write))
        monkeypatch.setattr(Connection, "pause_writing", self._around_pause())

    def _around_write(
        self, write: Callable[[Connection, bytes], None]
    ) -> Callable[[Connection, bytes], None]:
        def spying(one: Connection, data: bytes) -> None:
            if one.session is not None and one.session.comp_id == self._comp_id:
                self.seen.add(weakref.ref(one))
                self.written += data
            write(one, data)

        return spying

    def _around_pause(self) -> Callable[[Connection], None]:
        cut = Connection.pause_writing

        def spying(one: Connection) -> None:
            self.backlogs.append(one.unread())
            cut(one)

        return spying

    def messages(self) -> list[Received]:
        """All that was written so far; it is forgotten then."""
        data, self.written = bytes(self.written), bytearray()
        return wire.read(data)


def with_tls(folder: Path) -> Config:
    """The demo venue, with a TLS port beside the plain one."""
    make_certs(folder / "certs", [], [])
    server = folder / "certs" / "server"
    tls = TlsConfig(certificate=f"{server}.pem", key=f"{server}.key", port=0)
    return replace(config_of(), tls=tls)


def slow_client(served: FixVenue, folder: Path, *, tls: bool) -> FixClient:
    """AVA's client, by one port or the other."""
    if not tls:
        return served.client("AVA")
    assert served.venue.tls_address is not None
    client = TlsClient(served.venue.tls_address[1], "AVA", served.clock.now)
    client.ca = folder / "certs" / "ca.pem"
    served.clients["AVA"] = client
    return client


async def trade(served: FixVenue) -> None:
    """SEB and SWB trade with each other: nothing that happens to AVA is felt by them."""
    seb, swb = served.client("SEB"), served.client("SWB")
    seb.send(BUY.format(f"b{seb.next_out}"))
    assert await seb.receive("150") == "150=0"
    swb.send(SELL.format(f"s{swb.next_out}"))
    assert await swb.receive_many(2, "150 375") == ["150=0", "150=F|375=SEB"]
    assert await seb.receive("150 375") == "150=F|375=SWB"


async def fill_up(served: FixVenue, ava: FixClient) -> None:
    """Ask for more and more reports, which nobody reads, until the venue has had enough."""
    fix = served.venue._sessions.by_comp_id["AVA"].fix
    ava.stop_reading()
    ava.send(*(REST.format(i) for i in range(ORDERS)))
    for question in range(100):
        await trade(served)
        if not fix.connected:
            return
        ava.send(ALL.format(question))
    raise AssertionError(f"{served.unread('AVA')} bytes unread")


def as_first_sent(message: Received) -> bytes:
    """The bytes of a resent message without the marks of that: what had been sent at first."""
    body = message.data.partition(b"\x0135=")[2].rpartition(b"10=")[0]
    body = b"35=" + body.replace(b"\x0143=Y\x01", b"\x01", 1)
    body = re.sub(rb"\x01122=[^\x01]*", b"", body, count=1)
    body = re.sub(rb"\x0152=[^\x01]*", f"\x0152={message.first_sent}".encode(), body, count=1)
    data = b"8=FIX.4.4\x019=%d\x01%b" % (len(body), body)
    return data + b"10=%03d\x01" % (sum(data) % 256)


async def resent(ava: FixClient, last: int) -> list[Received]:
    """All messages up to number `last`, asked for from the first report on."""
    ava.send("35=2|7=2|16=0")
    found = bytearray()
    while True:
        frame = ava._frame()
        if frame is None:
            data = await ava._read()
            assert data, "the venue closed the connection"
            ava._held += data
            continue
        found += frame
        if f"\x0134={last}\x01".encode() in frame:
            return wire.read(bytes(found))


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_a_slow_consumer_is_cut_and_heals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, tls: bool
) -> None:
    """Once, at the limit; nobody else notices, and in the end nothing of it is lost or changed."""
    monkeypatch.setattr(connection, "WRITE_BUFFER_BYTES_MAX", LIMIT)
    spy = Spy("AVA", monkeypatch)
    async with serving(tmp_path / "data", with_tls(tmp_path)) as served:
        await served.logged_on("SEB", "SWB")
        ava = slow_client(served, tmp_path, tls=tls)
        await ava.connect(small())
        assert (await ava.logon()).startswith("35=A|34=1|")
        await fill_up(served, ava)
        (backlog,) = spy.backlogs
        assert LIMIT < backlog < LIMIT + AT_ONCE
        await ava.close()
        await served.until_connections(2)
        gc.collect()
        assert [one() for one in spy.seen] == [None]
        assert served.unread("AVA") == 0
        first = {message.seq: message.data for message in spy.messages()}
        answer = await ava.logon()
        last = served.venue._sessions.by_comp_id["AVA"].fix.out.next_out - 1
        assert answer.startswith(f"35=A|34={last}|")
        again = await resent(ava, last - 1)
        assert [message.seq for message in again] == [*range(2, last)]
        assert {message.get(43) for message in again} == {"Y"}
        compared = [message for message in again if message.seq in first]
        assert len(compared) > LIMIT // 400
        assert all(as_first_sent(message) == first[message.seq] for message in compared)
        assert len(spy.backlogs) == 1
        await trade(served)


async def test_the_limit_is_some_megabytes() -> None:
    """Minutes of reports at a steady rate, and little beside a venue's memory."""
    assert connection.WRITE_BUFFER_BYTES_MAX == 4 * 1024 * 1024
