"""The real venue, `gateway.app.Venue`, over a fake disk, loop and clock: one process of it.

What it must remember is witnessed at the end of each turn, so that the next process can be held
against it. What must not be here: faults, clients, the network.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast
from unittest.mock import patch
from zlib import crc32

import msgspec

from engine import invariants
from engine.digest import digest
from engine.exchange import Exchange
from gateway import app
from gateway.clock import Clock
from gateway.config import Config, SessionConfig, demo
from gateway.fix.acceptor import Acceptor
from gateway.log.frames import (
    SEGMENT_HEADER_BYTES,
    Frame,
    decode_segment_header,
    read_frame,
)
from gateway.log.segment_file import SegmentLog
from gateway.log.sent_file import SentFile
from gateway.market_clock import MarketOptions
from gateway.sessions import Sessions
from tests.simulation.disk import FakeDisk
from tests.simulation.loop import SimulatedLoop
from tests.simulation.options import Options
from tests.support.fix import our_versions

FOLDER = Path("/simulated")
LOG = FOLDER / "log"
COMP_IDS = ("AVA", "NON", "SHB", "SEB", "SWB")
SYMBOLS = ("ERIC-B", "SEB-A")
SEAL_EVERY = 40
"""Records between two hashes of the output: many of them in a short life."""


class State(NamedTuple):
    """What a process must bring back: the engine's digest, the sessions' numbers, and how many
    trades there were.
    """

    digest: str
    numbers: tuple[tuple[str, int, int, int], ...]
    trades: int


class _MemorySent(SentFile):
    """The file of sent messages without a file."""

    def __init__(self, path: Path) -> None:
        self._data = bytearray()
        self.pending = [b"fixpit-sent\n"]
        self.end = len(self.pending[0])
        self._written = 0
        self._crc = 0

    def read(self, place: int) -> bytes:
        """The message at a place."""
        self.flush()
        start = place >> 20
        return bytes(self._data[start : start + (place & (1 << 20) - 1)])

    def flush(self) -> None:
        """Write what is pending."""
        data = b"".join(self.pending)
        self._crc = crc32(data, self._crc)
        self.pending.clear()
        self._written = self.end
        self._data += data

    def close(self) -> None:
        """There is nothing to let go."""


class WitnessedLog(SegmentLog):
    """The real log without its thread; says at the end of each turn how far it is."""

    def __init__(self, sync: str, disk: FakeDisk, witness: Callable[[int], None]) -> None:
        super().__init__(LOG, sync, disk)
        self.threaded = False
        self._witness = witness

    def commit(self) -> None:
        """The turn is over."""
        if self._count:
            self._witness(self.last_seq)
        super().commit()

    @property
    def waits(self) -> bool:
        """Whether something is to be written."""
        return not self._queue.empty()


class Process:
    """One process of the venue; making it is starting it, which may raise what a start raises."""

    def __init__(
        self,
        options: Options,
        disk: FakeDisk,
        now: Callable[[], int],
        machine: Callable[[], int],
        states: dict[int, State],
    ) -> None:
        self.loop = SimulatedLoop(now)  # type: ignore[abstract] # the rest is never called
        self.states = states
        self._frozen = False
        self._leaves = False
        self.log: WitnessedLog

        def make_log(_path: Path, sync: str) -> WitnessedLog:
            self.log = WitnessedLog(sync, disk, self._witness)
            return self.log

        with patch.object(app, "SegmentLog", make_log), patch.object(app, "SentFile", _MemorySent):
            self.venue = app.Venue(
                config_of(options),
                FOLDER,
                options.sync,
                Clock(machine, now),
                versions=our_versions(),
                market=MarketOptions(seed=options.seed + 1),
            )
        self._parts = cast("Any", self.venue)
        self.venue.recover()
        self.recovered_seq = self.log.last_seq
        self.recovered = self.state()
        self.loop.run(self._start)
        self.ended = False

    def _start(self) -> None:
        """`Venue.start` awaits nothing where it listens nowhere."""
        coroutine = self.venue.start()
        try:
            coroutine.send(None)
        except StopIteration:
            return
        raise AssertionError("start waits for something")

    @property
    def exchange(self) -> Exchange:
        """The engine."""
        return cast("Exchange", self._parts._exchange)

    @property
    def sessions(self) -> Sessions:
        """The FIX sessions."""
        return cast("Sessions", self._parts._sessions)

    @property
    def acceptor(self) -> Acceptor:
        """Who admits connections."""
        return cast("Acceptor", self._parts._acceptor)

    def fail(self, error: BaseException) -> None:
        """What the log's thread does on an error."""
        self.loop.run(lambda: self._parts._fail(error))

    def stop(self) -> None:
        """Stop cleanly; `ended` says when it has."""
        self.loop.run(self.venue.stop)
        self.leave()

    def leave(self) -> None:
        """Run to the end, which a stop or a failure has asked for, or both."""
        if self._leaves:
            return
        self._leaves = True

        async def run() -> None:
            try:
                await self.venue.run()
            except OSError:
                pass  # The disk failed in the last write of a clean stop: it ends badly.
            finally:
                self.ended = True

        self.loop.run(lambda: self.loop.create_task(run()))

    def state(self) -> State:
        """What the next process must bring back if the log is durable up to here."""
        numbers = tuple(
            (comp_id, s.fix.next_in, s.fix.out.next_out, s.fix.resets)
            for comp_id, s in self.sessions.by_comp_id.items()
        )
        exchange = self.exchange
        return State(digest(exchange, finished=True), numbers, exchange.floor.trades.count)

    def _witness(self, seq: int) -> None:
        invariants.check(self.exchange)
        self.states[seq] = self.state()


@cache
def _demo() -> Config:
    return demo()


@cache
def config_of_session(comp_id: str, on_disconnect: str) -> SessionConfig:
    """A session of the simulated venue."""
    return SessionConfig(
        comp_id=comp_id,
        member=comp_id,
        cancel_on_disconnect=on_disconnect,
    )


def config_of(options: Options) -> Config:
    """The demo venue, smaller, and listening nowhere."""
    whole = _demo()
    comp_ids = COMP_IDS[: options.clients]
    fix = msgspec.structs.replace(
        whole.fix, port=-1, accept_unknown=False, duplicate_logon=options.duplicate_logon
    )
    return msgspec.structs.replace(
        whole,
        fix=fix,
        members=tuple(m for m in whole.members if m.id in comp_ids),
        sessions=tuple(config_of_session(c, options.on_disconnect) for c in comp_ids),
        instruments=tuple(i for i in whole.instruments if i.symbol in SYMBOLS),
    )


class DurableView:
    """How far the log on a disk goes, read from its bytes alone and each byte once."""

    def __init__(self, disk: FakeDisk, *, synced: bool) -> None:
        self._disk = disk
        self._synced = synced
        self._read: dict[Path, tuple[int, int]] = {}

    def seq(self) -> int:
        """The last record that is durable: synced, or written where that is the policy."""
        last = 0
        for path, file in self._disk.files.items():
            if path.suffix != ".log":
                continue
            pos, seq = self._read.get(path, (SEGMENT_HEADER_BYTES, 0))
            size = len(file.synced if self._synced else file.data)
            if pos < size:
                data = file.synced if self._synced else bytes(file.data)
                while (frame := read_frame(data, pos)) is not None:
                    pos, seq = frame.end, frame.first_seq + frame.records - 1
                self._read[path] = pos, seq
            last = max(last, seq)
        return last

    def forget(self) -> None:
        """The files are others now."""
        self._read.clear()


def frames_of(data: bytes) -> list[Frame]:
    """The whole frames of a segment."""
    assert decode_segment_header(data) is not None
    found, pos = [], SEGMENT_HEADER_BYTES
    while (frame := read_frame(data, pos)) is not None:
        found.append(frame)
        pos = frame.end
    return found
