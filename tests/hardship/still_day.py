"""A day over TCP that can be lived again to the byte: the venue's clock and the clients' stand
still, clients act one at a time, and each waits until the venue has taken what it sent.

Started as a program this module is the venue: `fixpit serve` with that clock, under the event loop
that is its first argument (`python -m tests.hardship.still_day asyncio --fix-port 0 ...`).
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import importlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest.mock import patch

import msgspec

from engine.digest import digest
from gateway import app, cli
from gateway.config import demo
from gateway.log.reading import read
from gateway.replay import Rebuilt
from tests.support import process, wire
from tests.support.fix import START
from tests.support.process import Client, VenueProcess
from tests.support.wire import Fields, Received

MEMBERS = ("AVA", "NON", "SHB", "NEWCOMER")
SYMBOLS = {"ERIC-B": "87.{:02}", "SEB-A": "178.{:02}"}
PHASES = ("OPENING_CALL", "CONTINUOUS", "SCHEDULED_AUCTION", "CONTINUOUS", "CLOSING_CALL")
BURST_MAX = 6
MOVE_SECONDS_MAX = 600
ANSWER_SECONDS_MAX = 20.0


@dataclass(frozen=True, slots=True)
class Lived:
    """One day: `heard` is what each session got, how many messages and the SHA-256 of them."""

    records: int
    state: str
    log: str
    heard: Mapping[str, tuple[int, str]]

    def unlike(self, other: Lived) -> list[str]:
        """The sessions that heard something else."""
        comp_ids = self.heard.keys() | other.heard.keys()
        return sorted(c for c in comp_ids if self.heard.get(c) != other.heard.get(c))


# The venue


class StillClock:
    """It is always the same moment."""

    def now(self) -> int:
        """That moment."""
        return START


def serve(loop: str, argv: Sequence[str]) -> int:
    """Run `fixpit serve` under that loop; says on stderr which loop it was."""
    # What the program does on a machine for which there is no uvloop.
    modules = {} if loop == "uvloop" else {"uvloop": None}
    start = app.Venue.start

    async def start_telling(venue: app.Venue) -> None:
        sys.stderr.write(f"loop: {type(asyncio.get_running_loop()).__module__}\n")
        await start(venue)

    with (
        patch.dict(sys.modules, modules),
        patch.object(app, "Clock", StillClock),
        patch.object(app.Venue, "start", start_telling),
    ):
        if loop == "uvloop":
            importlib.import_module("uvloop")
        return cli.main(["serve", *argv])


@contextmanager
def _venue(data_dir: Path, loop: str) -> Iterator[VenueProcess]:
    """A venue under that loop; it must end well."""

    def command(folder: Path | None, *options: str) -> list[str]:
        head = [sys.executable, "-m", "tests.hardship.still_day", loop, "--fix-port", "0"]
        return [*head, *options, "--data-dir", str(folder)]

    options = ("--http-port", "0", "--market-speed", "0", "--seed", "7")
    with patch.object(process, "serve_command", command):
        venue = VenueProcess(data_dir, *options)
    with venue:
        yield venue
        assert venue.stop() == 0, venue.stderr()
    assert f"loop: {'uvloop' if loop == 'uvloop' else 'asyncio.'}" in venue.stderr()


# The clients


class StillClient(Client):
    """A member whose clock stands still with the venue's; hashes all it hears."""

    def __init__(self, comp_id: str) -> None:
        super().__init__(comp_id)
        self.heard = 0
        self.hash = hashlib.sha256()
        self.orders: list[tuple[str, str, str]] = []

    def send(self, msg_type: str, fields: Fields = ()) -> int:
        """Send with the next number and the one time there is."""
        return self.send_all([(msg_type, fields)])

    def send_all(self, messages: Iterable[tuple[str, Fields]]) -> int:
        """Send them in one piece."""
        data = b""
        for msg_type, fields in messages:
            self.sent[self.next_out] = msg_type, list(fields), START
            fields = self.sent[self.next_out][1]
            data += wire.message(msg_type, self.comp_id, self.next_out, fields, now=START)
            self.next_out += 1
        self.send_raw(data)
        return self.next_out - 1

    def _count(self, message: Received) -> None:
        self.heard += 1
        self.hash.update(message.data)
        super()._count(message)

    def hear_again(self) -> None:
        """Ask for everything from the first message on; the answer ends with our Logon's."""
        last = max(self.got)
        self.send("2", [(7, 1), (16, 0)])
        self.until(lambda message: message.type == "4" and int(message[36]) > last)


class Day:
    """The clients of one day, and what each of them does."""

    def __init__(self, seed: int) -> None:
        self._draw = Random(seed)
        self.clients = [StillClient(comp_id) for comp_id in MEMBERS]
        self._names = 0
        self._phase = 0

    def live(self, venue: VenueProcess, steps: int) -> None:
        """Trade, change the phase, let market time pass."""
        for client in self.clients:
            client.logon(venue.port)
        for _ in range(steps):
            dice = self._draw.random()
            client = self._draw.choice(self.clients)
            if dice < 0.84:
                client.send_all([self._message(client) for _ in range(self._count())])
                client.sync()
            elif dice < 0.90:
                self._phase += 1
                phase = PHASES[self._phase % len(PHASES)]
                _post(venue, "/api/v1/segments/DEMO/phase", {"phase": phase})
            elif dice < 0.96:
                seconds = 1 + self._draw.randrange(MOVE_SECONDS_MAX)
                _post(venue, "/api/v1/market-time", {"advance_seconds": seconds})
            else:
                self._pause(client, venue.port)
        self._leave()

    def hear_again(self, venue: VenueProcess) -> None:
        """Everybody comes back after a restart and wants everything again."""
        for client in self.clients:
            client.logon(venue.port)
            client.hear_again()
            client.sync()
        self._leave()

    def _leave(self) -> None:
        for client in self.clients:
            client.sync()
        for client in self.clients:
            client.logout()

    def _pause(self, client: StillClient, port: int) -> None:
        """Leave, come back, ask for what was missed."""
        client.logout()
        missed = client.next_in
        answer = client.logon(port)
        if missed < answer.seq:
            client.send("2", [(7, missed), (16, 0)])
            client.until(lambda message: message.type == "4" and int(message[36]) > answer.seq)

    def _count(self) -> int:
        return 1 + self._draw.randrange(BURST_MAX)

    def _message(self, client: StillClient) -> tuple[str, Fields]:
        draw = self._draw
        self._names += 1
        name = f"S{self._names}"
        dice = draw.random()
        if dice < 0.62 or not client.orders:
            return "D", self._order(client, name)
        place = draw.randrange(len(client.orders))
        orig, symbol, side = client.orders[place]
        if dice < 0.80:
            del client.orders[place]
            return "F", wire.cancel(name, orig, side, symbol)
        if dice < 0.94:
            client.orders[place] = name, symbol, side
            return "G", wire.order(name, side, self._qty(), self._price(symbol), symbol, _41=orig)
        return "H", [(11, orig), (54, side), (55, symbol)]

    def _order(self, client: StillClient, name: str) -> Fields:
        draw = self._draw
        symbol, side = draw.choice(list(SYMBOLS)), draw.choice("12")
        client.orders.append((name, symbol, side))
        more = draw.choice(({}, {}, {"_59": "1"}, {"_59": "3"}, {"_59": "4"}, {"_111": "100"}))
        return wire.order(name, side, self._qty(), self._price(symbol), symbol, **more)

    def _qty(self) -> int:
        return 100 * (1 + self._draw.randrange(9))

    def _price(self, symbol: str) -> str:
        return SYMBOLS[symbol].format(10 * self._draw.randrange(8))


def _post(venue: VenueProcess, path: str, body: Mapping[str, object]) -> None:
    http_at = venue.ready["http"]
    line = http.client.HTTPConnection(http_at["host"], http_at["port"], timeout=ANSWER_SECONDS_MAX)
    try:
        line.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = line.getresponse()
        text = answer.read()
        assert answer.status == 200, (path, body, text)
    finally:
        line.close()


def live(data_dir: Path, loops: tuple[str, str], steps: int, seed: int) -> Lived:
    """One day under the first loop, and everything resent by a restart under the second."""
    day = Day(seed)
    with _venue(data_dir, loops[0]) as venue:
        day.live(venue, steps)
    with _venue(data_dir, loops[1]) as venue:
        day.hear_again(venue)
    rebuilt = Rebuilt(demo(), data_dir / "again.dat")
    log = hashlib.sha256()
    for record in read(data_dir / "log"):
        rebuilt.take(record)
        log.update(msgspec.msgpack.encode(record))
    state = digest(rebuilt.exchange, finished=True)
    rebuilt.close()
    heard = {one.comp_id: (one.heard, one.hash.hexdigest()) for one in day.clients}
    return Lived(rebuilt.sequencer.seq, state, log.hexdigest(), heard)


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1], sys.argv[2:]))
