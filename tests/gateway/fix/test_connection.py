"""One peer's socket: what it may send, how long it may wait, and that nobody else suffers from it.

Every test runs a venue and real TCP connections. `trade` is the proof that the venue lives: two
other members trade with each other.
"""

from __future__ import annotations

import asyncio
import random
import socket
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from engine.commands import EnterOrder
from engine.oms.order_desk import OrderDesk
from gateway import cli, turns
from gateway.fix import connection
from gateway.fix.order_entry import COMMANDS
from gateway.fix.session_settings import MESSAGE_BYTES_MAX
from gateway.fix.times import format_utc_timestamp
from gateway.log.reading import read
from tests.support.fix_venue import FixClient, FixVenue, config_of, serving, small_socket
from tests.support.passwords import PASSWORD, HeldExecutor, with_password

LOGON = "35=A|98=0|108=30"
REST = "35=D|11={}|55=ERIC-B|54=1|38=100|40=2|44=80.00|60=20261123-09:00:00"
BUY = "35=D|11={}|55=VOLV-B|54=1|38=10|40=2|44=280.00|60=20261123-09:00:00"
SELL = "35=D|11={}|55=VOLV-B|54=2|38=10|40=2|44=280.00|60=20261123-09:00:00"


async def trade(served: FixVenue) -> None:
    """SEB and SWB trade with each other, whatever state the rest of the venue is in."""
    for comp_id in ("SEB", "SWB"):
        if not served.client(comp_id).connected:
            await served.logged_on(comp_id)
    seb, swb = served.client("SEB"), served.client("SWB")
    seb.send(BUY.format(f"b{seb.next_out}"))
    assert await seb.receive("150") == "150=0"
    swb.send(SELL.format(f"s{swb.next_out}"))
    assert await swb.receive_many(2, "150 375") == ["150=0", "150=F|375=SEB"]
    assert await seb.receive("150 375") == "150=F|375=SWB"


# Before the logon


async def test_silence_is_ended(tmp_path: Path) -> None:
    """Who has not logged on in time is disconnected without a byte; a session is not."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        served.venue._acceptor.logon_timeout_seconds = 0.05
        silent = await served.another("NON").connect()
        talker = await served.another("NON").connect()
        talker.send_bytes(talker.encode(LOGON)[:20])
        assert [await silent.rest(), await talker.rest()] == [[], []]
        assert await ava.so_far() == []


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"8=FIX.4.4\x019=5000\x0135=A\x01", id="announced"),
        pytest.param(b"8=FIX.4.4\x019=4000\x0135=A\x0158=" + b"x" * 5000, id="sent"),
        pytest.param(b"8=FIX.4.4\x019=4000\x0135=A\x0158=" + b"x" * 1_000_000, id="a megabyte"),
        pytest.param(b"8=FIX.4.4\x019=999999999\x01", id="a gigabyte"),
    ],
)
async def test_a_first_message_is_small(tmp_path: Path, first: bytes) -> None:
    """Beyond 4 KiB nothing is kept for a peer that is not known yet."""
    async with serving(tmp_path) as served:
        client = await served.another("AVA").connect()
        client.send_bytes(first)
        assert await client.rest() == []
        await trade(served)


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: pit\r\n\r\n", id="http"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="tls"),
        pytest.param(b"\x00" * 100, id="zeros"),
        pytest.param(b"8=FIX.4.4\x0135=A\x01" * 3, id="no length"),
        pytest.param(b"8=FIX.4.4\x019=abc\x0135=A\x01", id="a length that is no number"),
        pytest.param(b"8=FIX.4.4\x019=5\x0135=A\x0110=000\x01", id="wrong sum"),
    ],
)
async def test_what_is_no_fix_is_ended_at_once(tmp_path: Path, garbage: bytes) -> None:
    """Another protocol on this port, whole or byte by byte, ends without an answer."""
    async with serving(tmp_path) as served:
        whole = await served.another("AVA").connect()
        whole.send_bytes(garbage)
        assert await whole.rest() == []
        trickle = await served.another("AVA").connect()
        for i in range(len(garbage)):
            trickle.send_bytes(garbage[i : i + 1])
            await asyncio.sleep(0)
        assert await trickle.rest() == []


async def test_half_a_logon_and_gone(tmp_path: Path) -> None:
    """A connection that ends inside its first message leaves nothing behind."""
    async with serving(tmp_path) as served:
        logon = served.another("AVA").encode(LOGON)
        for size in range(len(logon)):
            client = await served.another("AVA").connect()
            client.send_bytes(logon[:size])
            await client.close()
        await served.until_connections(0)
        assert await served.client("AVA").logon() == "35=A|34=1|98=0|108=30"


async def test_thousands_of_connections_come_and_go(tmp_path: Path) -> None:
    """Connections without a word cost nothing that stays, and nobody who trades."""
    async with serving(tmp_path) as served:
        await trade(served)
        clients = [FixClient(served.port, "AVA", served.clock.now) for _ in range(2_000)]
        for first in range(0, len(clients), 250):
            batch = clients[first : first + 250]
            await asyncio.gather(*(client.connect() for client in batch))
            await served.until_connections(2 + len(batch))
            await trade(served)
            await asyncio.gather(*(client.drop() for client in batch[::2]))
            await asyncio.gather(*(client.close() for client in batch[1::2]))
            await served.until_connections(2)
        assert await served.client("AVA").logon() == "35=A|34=1|98=0|108=30"


async def test_a_peer_whose_machine_is_gone_is_noticed(tmp_path: Path) -> None:
    """The system asks after a silent peer and gives up one that acknowledges nothing."""
    async with serving(tmp_path) as served:
        await served.logged_on("AVA")
        (carrying,) = served.venue._acceptor.connections
        assert carrying._transport is not None
        sock = carrying._transport.get_extra_info("socket")
        options = {
            "TCP_USER_TIMEOUT": connection.UNACKNOWLEDGED_MILLISECONDS_MAX,
            "TCP_KEEPIDLE": connection.KEEPALIVE_IDLE_SECONDS,
            "TCP_KEEPINTVL": connection.KEEPALIVE_INTERVAL_SECONDS,
        }
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
        for name, value in options.items():
            assert sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value, name


# Bytes of a session


async def test_messages_right_behind_the_logon_are_taken(tmp_path: Path) -> None:
    """A client need not wait for the answer to its Logon: all in one segment, in order."""
    async with serving(tmp_path) as served:
        ava = await served.client("AVA").connect()
        ava.send(LOGON, REST.format(1), REST.format(2), "35=1|112=end")
        assert await ava.receive_many(4, "35 34 11 112") == [
            "35=A|34=1",
            "35=8|34=2|11=1",
            "35=8|34=3|11=2",
            "35=0|34=4|112=end",
        ]


async def test_a_message_may_come_byte_by_byte(tmp_path: Path) -> None:
    """How TCP cuts the stream changes nothing."""
    async with serving(tmp_path) as served:
        ava = await served.client("AVA").connect()
        for byte in b"".join(map(ava.encode, [LOGON, REST.format(1), "35=1|112=end"])):
            ava.send_bytes(bytes([byte]))
            await asyncio.sleep(0)
        assert await ava.receive_many(3, "35 34 11 112") == [
            "35=A|34=1",
            "35=8|34=2|11=1",
            "35=0|34=3|112=end",
        ]


async def test_many_orders_may_come_in_one_segment(tmp_path: Path) -> None:
    """Each is answered, in order, and another session's orders are answered meanwhile."""
    async with serving(tmp_path) as served:
        await trade(served)
        (ava,) = await served.logged_on("AVA")
        ava.send(*(REST.format(i) for i in range(1, 501)))
        await trade(served)
        assert await ava.receive_many(500, "34 11 150") == [
            f"34={i + 1}|11={i}|150=0" for i in range(1, 501)
        ]


async def test_junk_between_messages_is_passed_over(tmp_path: Path) -> None:
    """A session survives what is no message: it is not answered and counts no number."""
    rng = random.Random(7)
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        for size in (1, 10, 1_000, 50_000):
            ava.send_bytes(rng.randbytes(size) + b"\x01" + ava.encode(f"35=1|112={size}"))
            assert await ava.receive("35 112") == f"35=0|112={size}"
        await trade(served)


async def test_a_wrong_check_sum_is_a_gap(tmp_path: Path) -> None:
    """The garbled order is ignored; the next number shows it missing, and it is asked for."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        order = ava.encode(REST.format(1))
        ava.send_bytes(order.replace(b"\x0138=100\x01", b"\x0138=900\x01"))
        ava.send("35=1|112=end")
        assert await ava.receive() == "35=2|34=2|7=2|16=0"
        first_sent = format_utc_timestamp(served.clock.now())
        ava.send(REST.format(1).replace("35=D", f"35=D|34=2|43=Y|122={first_sent}"))
        assert await ava.receive_many(2, "35 34 11 38 112") == [
            "35=8|34=3|11=1|38=100",
            "35=0|34=4|112=end",
        ]


async def test_half_a_message_and_gone(tmp_path: Path) -> None:
    """An order that was cut off was never sent: its number is due again."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send_bytes(ava.encode(REST.format(1))[:-5])
        await ava.close()
        await served.until_gone("AVA")
        ava.next_out = 2
        assert await ava.logon() == "35=A|34=2|98=0|108=30"
        ava.send(REST.format(1))
        assert await ava.receive("34 11 150") == "34=3|11=1|150=0"


@pytest.mark.parametrize(
    "beginning",
    [b"", b"8=FIX.4.4\x01", b"8=FIX.4.4\x019=60000\x01", b"8=FIX.4.4\x019=99999\x01"],
)
async def test_a_megabyte_of_junk(tmp_path: Path, beginning: bytes) -> None:
    """At worst it costs its sender the connection; others trade on, and the session lives."""
    junk = beginning + random.Random(3).randbytes(1_000_000)
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send_bytes(junk)
        await trade(served)
        await ava.drop()
        await served.until_gone("AVA")
        await trade(served)
        assert (await ava.logon()).startswith("35=A|")


async def test_a_message_that_is_too_long_is_answered_by_a_logout(tmp_path: Path) -> None:
    """Text(58) says what the limit is, and the connection is closed."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send(f"{REST.format(1)}|58={'x' * MESSAGE_BYTES_MAX}")
        assert await ava.rest() == [
            "35=5|34=2|58=BodyLength(9) must give a message of at most 65536 bytes"
        ]
        await trade(served)


# Peers that do not read


async def test_a_slow_consumer_is_cut_off_and_heals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit the connection ends; a resend brings all that was not read."""
    orders = 500
    async with serving(tmp_path) as served:
        await trade(served)
        with monkeypatch.context() as patch:
            patch.setattr(connection, "WRITE_BUFFER_BYTES_MAX", 16 * 1024)
            ava = await served.client("AVA").connect(small_socket())
            assert (await ava.logon()).startswith("35=A|")
            ava.stop_reading()
            for first in range(0, orders, 50):
                ava.send(*(REST.format(i) for i in range(first, first + 50)))
                await trade(served)
            ava.send("35=AF|584=all|585=7")
            await served.until_gone("AVA")
        await ava.close()
        await trade(served)
        # All of its orders were taken before that: numbers go on, and so do theirs.
        assert await ava.logon() == f"35=A|34={2 * orders + 2}|98=0|108=30"
        ava.send("35=2|7=2|16=0")
        reports = await ava.receive_many(2 * orders, "34 43 11 150")
        assert reports == [
            *(f"34={i + 2}|43=Y|11={i}|150=0" for i in range(orders)),
            *(f"34={i + 2 + orders}|43=Y|11={i}|150=I" for i in range(orders)),
        ]


async def test_a_peer_that_reads_nothing_cannot_keep_its_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a Logout the venue closes, even if what it wrote before is never taken."""
    monkeypatch.setattr(connection, "FINISH_SECONDS_MAX", 0.05)
    async with serving(tmp_path) as served:
        ava = await served.client("AVA").connect(small_socket())
        await ava.logon()
        ava.stop_reading()
        ava.send(*(REST.format(i) for i in range(400)))
        ava.send("35=AF|584=all|585=7", "35=5")
        await served.until_gone("AVA")
        await ava.close()
        assert (await ava.logon()).startswith("35=A|")


# Peers that wait


async def test_nothing_is_read_while_a_password_is_checked(tmp_path: Path) -> None:
    """What comes behind the Logon's segment stays in the socket, and is taken once it is on."""
    flood = [f"35=1|112={i}" for i in range(50_000)]
    async with serving(tmp_path, with_password()) as served:
        executor = HeldExecutor.of(served)
        safe = await served.client("SAFE").connect()
        safe.send(f"{LOGON}|554={PASSWORD}", "35=1|112=behind")
        await served.until(lambda: executor.waiting == 1)
        (waiting,) = served.venue._acceptor.connections
        safe.send(*flood)
        await trade(served)
        assert waiting._waiting is not None
        assert len(waiting._waiting) == 1
        # A pause of everybody for the disk's sake does not let it in either.
        waiting.pause_reading()
        waiting.resume_reading()
        await trade(served)
        assert safe.unsent > 0
        executor.answer()
        assert await safe.receive_many(52, "35 112") == [
            "35=A",
            "35=0|112=behind",
            *(f"35=0|112={i}" for i in range(50)),
        ]


async def test_a_password_that_is_checked_for_too_long(tmp_path: Path) -> None:
    """The time for a Logon goes on meanwhile; an answer that comes too late finds nobody."""
    async with serving(tmp_path, with_password()) as served:
        served.venue._acceptor.logon_timeout_seconds = 0.05
        executor = HeldExecutor.of(served)
        safe = await served.client("SAFE").connect()
        safe.send(f"{LOGON}|554={PASSWORD}")
        assert await safe.rest() == []
        executor.answer()
        executor.release()
        assert await safe.logon(f"34=1|98=0|108=30|554={PASSWORD}") == "35=A|34=1|98=0|108=30"


async def test_nobody_is_read_while_the_log_is_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk does not keep up orders wait in the sockets; all are answered in the end."""
    monkeypatch.setattr(turns, "UNDURABLE_RECORDS_MAX", 10)
    async with serving(tmp_path, sync="group") as served:
        clients = await served.logged_on("AVA", "NON", "SHB")
        for first in range(0, 100, 20):
            for client in clients:
                client.send(*(REST.format(i) for i in range(first, first + 20)))
            await asyncio.sleep(0)
        for client in clients:
            assert await client.receive_many(100, "34 11") == [
                f"34={i + 2}|11={i}" for i in range(100)
            ]


# Connections that are over


async def test_what_comes_behind_a_logout_is_not_taken(tmp_path: Path) -> None:
    """After the Logout the session has ended, whatever the segment holds; its number is due."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send("35=5", REST.format(1), "35=1|112=end")
        assert await ava.rest() == ["35=5|34=2"]
        ava.next_out = 3
        assert await ava.logon() == "35=A|34=3|98=0|108=30"
        ava.send(REST.format(1))
        assert await ava.receive("34 11 150") == "34=4|11=1|150=0"


async def test_a_connection_that_is_gone_takes_no_harm(tmp_path: Path) -> None:
    """Output that became durable too late, a stop, a pause: all come to nothing."""
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        (gone,) = served.venue._acceptor.connections
        await ava.drop()
        await served.until_gone("AVA")
        gone.write(b"too late")
        gone.pause_reading()
        gone.resume_reading()
        gone.finish()
        gone.abort("too late")
        assert gone.unread() == 0
        assert (await ava.logon()).startswith("35=A|")


async def test_what_comes_behind_the_end_is_no_first_message(tmp_path: Path) -> None:
    """A replaced connection may still bring bytes (TLS hands them on): nobody looks at them."""
    config = config_of()
    config = replace(config, fix=replace(config.fix, duplicate_logon="replace"))
    async with serving(tmp_path, config) as served:
        (ava,) = await served.logged_on("AVA")
        (old,) = served.venue._acceptor.connections
        newcomer = served.another("AVA")
        newcomer.next_out = 2
        assert await newcomer.logon() == "35=A|34=2|98=0|108=30"
        with capture_logs() as logs:
            old.data_received(ava.encode("35=0"))
        assert logs == []
        assert served.venue._sessions.by_comp_id["AVA"].refused == ""
        assert await newcomer.so_far() == []


async def test_a_report_for_a_peer_that_has_left_is_kept(tmp_path: Path) -> None:
    """The client closed before its order was durable: the order stands, the report waits."""
    async with serving(tmp_path, sync="group") as served:
        (ava,) = await served.logged_on("AVA")
        ava.send(REST.format(1))
        await ava.close()
        await served.until_gone("AVA")
        assert await ava.logon() == "35=A|34=3|98=0|108=30"
        ava.send("35=2|7=2|16=2")
        assert await ava.receive("34 43 11 150") == "34=2|43=Y|11=1|150=0"


# Bugs


async def test_a_bug_ends_the_venue_before_it_says_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it left half-done is acknowledged to nobody, and every connection ends."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    async with serving(tmp_path) as served:
        ava, non = await served.logged_on("AVA", "NON")
        served.planted_bug = ZeroDivisionError
        monkeypatch.setitem(COMMANDS, "D", broken)
        ava.send(REST.format(1))
        assert [await ava.rest(), await non.rest()] == [[], []]


async def test_a_command_that_trips_the_exchange_is_in_the_log_until_it_is_voided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would come again with its sender: so a start names it, and goes on once it is voided."""
    enter = OrderDesk.enter

    def trip(self: OrderDesk, terms: EnterOrder) -> None:
        assert terms.cl_ord_id != "2", "planted"
        enter(self, terms)

    monkeypatch.setattr(OrderDesk, "enter", trip)
    async with serving(tmp_path) as served:
        (ava,) = await served.logged_on("AVA")
        ava.send(REST.format(1))
        assert await ava.receive("11 150") == "11=1|150=0"
        served.planted_bug = AssertionError
        ava.send(REST.format(2))
        assert await ava.rest() == []
    poison = list(read(tmp_path / "log"))[-1]
    assert poison.entry.cl_ord_id == "2"  # type: ignore[union-attr]
    assert await asyncio.to_thread(cli.main, ["replay", str(tmp_path)]) == 4
    void = ["void", str(tmp_path), str(poison.seq), "--reason", "planted"]
    assert await asyncio.to_thread(cli.main, void) == 0
    async with serving(tmp_path) as served:
        fix = served.venue._sessions.by_comp_id["AVA"].fix
        assert fix.next_in == 4
        assert [o.cl_ord_id for o in served.venue._exchange.orders.all_working()] == ["1"]
