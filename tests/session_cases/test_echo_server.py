"""The echo server as its users start it: by its command line, spoken to over TCP."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.fix.framing import Framer
from tests.session_cases.echo_server import VENUE
from tests.support.fix import Dialect, piped

CHECKOUT = Path(__file__).parents[2]
WAIT_SECONDS_MAX = 20.0
"""For anything that must come; the machine may be busy."""

ORDER = "11=ID|21=1|38=002000.00|40=1|54=1|55=ERIC-B|60=20261122-12:00:00"
ENVELOPE = frozenset({"8", "9", "10", "49", "52", "56"})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A running echo server; it ends in order."""
    command = [sys.executable, "-m", "tests.session_cases.echo_server", "--port", "0"]
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["ready"]
        yield ready["fix"]["port"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_SECONDS_MAX) == 0
        assert process.stdout.read() == ""


class Client:
    """One connection of a comp id."""

    def __init__(self, port: int, comp_id: str, begin_string: str) -> None:
        self._writes = Dialect(comp_id, VENUE, begin_string)
        self._framer = Framer(64 * 1024)
        self._frames: list[bytes] = []
        self._socket = socket.create_connection(("127.0.0.1", port), WAIT_SECONDS_MAX)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.close()

    def say(self, text: str) -> None:
        """Send a message, written in short."""
        self._socket.sendall(self._writes.whole(text, time.time_ns()))

    def hear(self) -> str:
        """The next message but for its frame, comp ids and SendingTime; "" for the end."""
        while not self._frames:
            data = self._socket.recv(65_536)
            if not data:
                return ""
            self._frames += self._framer.feed(data)
        fields = piped(self._frames.pop(0)).split("|")
        return "|".join(f for f in fields if f.partition("=")[0] not in ENVELOPE)

    def logon(self) -> str:
        """Say Logon; returns the answer."""
        self.say("35=A|34=1|98=0|108=30")
        return self.hear()


@pytest.mark.parametrize(
    ("comp_id", "begin_string"),
    [
        *(("TW42", "FIX.4.2"), ("TW44", "FIX.4.4"), ("TW50SP2", "FIXT.1.1")),
        *(("TW", "FIX.4.2"), ("TW", "FIXT.1.1"), ("TW", "FIX.4.4"), ("TW", "FIX.4.4")),
    ],
)
def test_a_session_gets_its_order_back(port: int, comp_id: str, begin_string: str) -> None:
    """Numbers start at 1 on every logon, in whichever version; values stay as they were."""
    appl_ver_id = "|1137=9" if begin_string == "FIXT.1.1" else ""
    with Client(port, comp_id, begin_string) as client:
        assert client.logon() == "35=A|34=1|98=0|108=30" + appl_ver_id
        client.say(f"35=D|34=2|{ORDER}")
        assert client.hear() == f"35=D|34=2|{ORDER}"
        client.say(f"35=D|34=3|97=Y|{ORDER}")
        client.say("35=5|34=4")
        assert client.hear() == "35=5|34=3"
        assert client.hear() == ""


@pytest.mark.parametrize(
    ("comp_id", "begin_string"),
    [("TW42", "FIX.4.4"), ("TW44", "FIXT.1.1"), ("TW50SP2", "FIX.4.2"), ("ME", "FIX.4.4")],
)
def test_a_session_of_one_version_takes_no_other(
    port: int, comp_id: str, begin_string: str
) -> None:
    """Not a byte comes back, nor for a comp id that is not there."""
    with Client(port, comp_id, begin_string) as client:
        assert client.logon() == ""


@pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
def test_what_is_not_echoed_is_refused(port: int, begin_string: str) -> None:
    """An Email comes back with its group, a status request is refused as QuickFIX refuses it."""
    more = "|1137=9" if begin_string == "FIXT.1.1" else ""
    with Client(port, "TW", begin_string) as client:
        client.logon()
        client.say("35=C|34=2|164=T|94=0|147=Hello|33=2|58=one|58=two")
        assert client.hear() == "35=C|34=2|33=2|58=one|58=two|94=0|147=Hello|164=T"
        client.say("35=H|34=3|11=ID|54=1|55=ERIC-B")
        assert client.hear() == f"35=j|34=3|45=3|58=Unsupported Message Type|372=H|380=3{more}"
        client.say("35=5|34=4")
        assert client.hear() == "35=5|34=4"
