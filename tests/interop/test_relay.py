"""The relay of the interop run loses what it is told to lose, and nothing else."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.interop.relay import TO_CLIENT, TO_VENUE, Relay, cut

LOGON = b"8=FIX.4.4\x019=5\x0135=A\x0110=001\x01"
ORDER = b"8=FIX.4.4\x019=5\x0135=D\x0111=a\x0110=002\x01"
RESENT = b"8=FIX.4.4\x019=5\x0135=D\x0143=Y\x0111=0\x0110=004\x01"
SECOND = b"8=FIX.4.4\x019=5\x0135=D\x0111=b\x0110=003\x01"


@pytest.mark.parametrize("at", range(0, len(LOGON + ORDER) + 1, 7))
def test_the_stream_is_cut_into_whole_messages(at: int) -> None:
    """Wherever the bytes are torn, the messages come out whole."""
    stream = LOGON + ORDER
    first, rest = cut(stream[:at])
    second, left = cut(rest + stream[at:])
    assert first + second == [LOGON, ORDER]
    assert left == b""


@pytest.mark.parametrize("direction", [TO_VENUE, TO_CLIENT])
def test_one_application_message_is_lost_in_one_direction(direction: str) -> None:
    """What is of the session or resent passes, the next order is lost, the one after it passes."""
    with socket.create_server(("127.0.0.1", 0)) as venue:
        relay = Relay("127.0.0.1", venue.getsockname()[1])
        relay.lose(direction)
        with socket.create_connection(("127.0.0.1", relay.port)) as client:
            peer, _ = venue.accept()
            source, sink = (client, peer) if direction == TO_VENUE else (peer, client)
            source.sendall(LOGON + RESENT + ORDER + SECOND)
            source.shutdown(socket.SHUT_WR)
            assert _all_of(sink) == LOGON + RESENT + SECOND
            peer.close()
        relay.close()


def test_the_end_of_a_connection_is_passed_on() -> None:
    """When the venue closes, the client sees it, and the relay takes the next connection."""
    with socket.create_server(("127.0.0.1", 0)) as venue:
        relay = Relay("127.0.0.1", venue.getsockname()[1])
        for message in (ORDER, SECOND):
            accepted = threading.Thread(target=lambda text=message: _answer(venue, text))
            accepted.start()
            with socket.create_connection(("127.0.0.1", relay.port)) as client:
                assert _all_of(client) == message
            accepted.join()
        relay.close()


def _answer(venue: socket.socket, text: bytes) -> None:
    peer, _ = venue.accept()
    with peer:
        peer.sendall(text)


def _all_of(source: socket.socket) -> bytes:
    source.settimeout(5)
    received = b""
    while data := source.recv(65536):
        received += data
    return received
