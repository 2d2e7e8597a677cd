"""One simulated life: time, faults and the checks after every step.

`simulate(seed)` runs it and returns what happened; a broken promise is an AssertionError. All
randomness comes from the seed, all time from one number, so a life is the same every time: each
step goes into a running hash that says so.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from unittest.mock import patch

from gateway import sequencer, turns
from gateway.fix import resend
from gateway.log import segment_file
from gateway.log.frames import LogCorrupt
from tests.simulation.disk import FakeDisk, MachineDied
from tests.simulation.faults import Faults
from tests.simulation.fix_client import FixClient
from tests.simulation.loop import SECOND
from tests.simulation.market import MarketModel
from tests.simulation.network import Line
from tests.simulation.options import Options, options_of
from tests.simulation.venue import COMP_IDS, SEAL_EVERY, DurableView, Process, State
from tests.simulation.wiretap import Wiretap
from tests.support.fix import START

SETTLE_SECONDS_MAX = 180
"""When the faults have stopped, everything must have come right within this time."""

TICK = SECOND // 4

STEPS_MAX = 500_000
"""More than any life has: something happens again and again while time stands still."""

DIED = "died in disk operation"


@dataclass(slots=True)
class Life:
    """What happened under one seed."""

    options: Options
    trace: str = ""
    nanos: int = 0
    steps: int = 0
    commands: int = 0
    acknowledged: int = 0
    fills: int = 0
    records: int = 0
    resent: int = 0
    faults: Counter[str] = field(default_factory=Counter)


class Simulator:
    """The world of one seed."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.rng = Random(f"life {options.seed}")
        self.now = START
        self.machine_off = 0
        self.life = Life(options)
        self.disk = FakeDisk(self.rng)
        self.process: Process | None = None
        self.states: dict[int, State] = {}
        self.market = MarketModel()
        self.clients = [FixClient(self, c, self.market) for c in COMP_IDS[: options.clients]]
        self.faults = Faults(self)
        self.quiet = False
        self._hash = hashlib.blake2b(digest_size=16)
        self._events: list[tuple[int, int, str, Callable[[], None]]] = []
        self._count = 0
        self._durable = DurableView(self.disk, synced=options.sync == "group")
        self._tap = Wiretap()
        self._writes = False

    # What the parts ask for

    def machine_clock(self) -> int:
        """What the clock of the venue's machine shows; `machine_off` is how wrong it is set."""
        return self.now + self.machine_off

    def later(self, delay: int, kind: str, action: Callable[[], None]) -> None:
        """Let it happen so many ns from now."""
        self._count += 1
        heapq.heappush(self._events, (self.now + delay, self._count, kind, action))

    def trace(self, kind: str, data: bytes = b"") -> None:
        """Something happened: it goes into the hash."""
        self._hash.update(b"%d %s %d\n" % (self.now, kind.encode(), len(data)))
        self._hash.update(data)

    def in_venue(self, action: Callable[[], object]) -> None:
        """Let it happen in the loop of the process of the moment."""
        if self.process is not None:
            self.process.loop.run(action)

    def spoken(self, line: Line, data: bytes) -> None:
        """The venue has written: nothing but what is durable may be told."""
        durable = self._durable.seq()
        seqs = [seq for seq in self.states if seq <= durable]
        trades = self.states[max(seqs)].trades if seqs else 0
        self._tap.hear(line.source, data, durable, trades)

    # Time

    def run(self) -> Life:
        """Live."""
        options = self.options
        end = self.now + options.seconds * SECOND
        for client in self.clients:
            self._tick(client)
            for _ in range(options.actions):
                delay = self.rng.randrange(options.seconds * SECOND)
                self.later(delay, "act", partial(self._act, client))
        self.faults.plan()
        self.start()
        self._run_until(end)
        self.quiet = True
        self.faults.stop()
        for client in self.clients:
            if client.line is not None:
                client.line.drop()
        deadline = self.now + SETTLE_SECONDS_MAX * SECOND
        while not self._settled() and self.now < deadline:
            self._run_until(self.now + SECOND)
        assert self._settled(), ("not settled", self.clients, self.market.requests)
        self._check_end()
        return self._told()

    def _run_until(self, end: int) -> None:
        while True:
            at = self._events[0][0] if self._events else end
            process = self.process
            timer = process.loop.next_timer() if process is not None else None
            if timer is not None and timer < at:
                at = timer
            if at > end:
                self.now = end
                return
            self.now = max(self.now, at)
            if timer is not None and process is not None and timer <= at:
                process.loop.run_timers()
            else:
                _, _, kind, action = heapq.heappop(self._events)
                self.trace(kind)
                action()
            self._after_step()

    def _after_step(self) -> None:
        """What the operating system and the operator do about the venue."""
        self.life.steps += 1
        assert self.life.steps < STEPS_MAX, "goes on for ever"
        process = self.process
        if process is None:
            return
        if self.disk.dead:
            self._died()
            return
        for error in process.loop.errors:
            raise error
        failed = process.venue.failed
        if failed is not None and not process.ended:
            if not isinstance(failed, OSError):
                raise failed
            process.leave()
        if process.ended:
            self.kill()
        elif process.log.waits and not self._writes:
            self._writes = True
            delay = round(self.rng.random() * self.options.disk * SECOND)
            self.later(delay, "disk", partial(self._write, process))

    def _write(self, process: Process) -> None:
        """The log's thread comes round."""
        if process is not self.process:
            return
        self._writes = False
        try:
            process.log.write_waiting()
        except OSError as error:
            process.fail(error)
        except MachineDied:
            return
        process.loop.run(lambda: None)

    # Clients

    def _tick(self, client: FixClient) -> None:
        client.tick()
        self.later(TICK, "tick", partial(self._tick, client))

    def _act(self, client: FixClient) -> None:
        rng = self.rng
        if self.quiet:
            return
        if not client.logged_on and rng.random() < 0.7:
            return
        dice = rng.random()
        if dice < 0.9:
            self.market.act(client, rng)
        elif dice < 0.96 and client.settled and client.next_in > 1:
            client.ask_again(rng.randint(1, client.next_in - 1))
        elif client.logged_on and not client.wants_down:
            client.wants_down = True
            client.send("5", [])

    # The process

    def start(self) -> None:
        """Start the venue; a disk that fails or rots keeps it from starting."""
        if self.process is not None:
            return
        self._durable.forget()
        durable = self._durable.seq()
        try:
            process = Process(
                self.options, self.disk, lambda: self.now, self.machine_clock, self.states
            )
        except OSError:
            self.trace("start failed")
            self.life.faults["start failed"] += 1
            self.disk.kill()
            self._start_soon()
            return
        except MachineDied:
            self._died()
            return
        self.process = process
        self._writes = False
        if process.loop.errors:
            raise process.loop.errors[0]
        self._check_recovered(process, durable)

    def start_rotten(self) -> bool:
        """Start on a log that is damaged in its middle; returns whether the venue refused."""
        self.faults.stop()  # one damage at a time
        try:
            Process(self.options, self.disk, lambda: self.now, self.machine_clock, self.states)
        except LogCorrupt:
            return True
        finally:
            self.disk.kill()
        return False

    def _check_recovered(self, process: Process, durable: int) -> None:
        seq = process.recovered_seq
        self.trace(f"recovered {seq}", process.recovered.digest.encode())
        assert seq >= durable, ("durable and lost", durable, seq)
        if seq:
            assert process.recovered == self.states[seq], (process.recovered, self.states[seq])
        # What the process before had not made durable has never happened.
        for lost in [one for one in self.states if one > process.log.last_seq]:
            del self.states[lost]
        self.market.check_known(process.exchange)

    def kill(self) -> None:
        """The process is gone; what it has written is not."""
        self._gone()
        self.disk.kill()

    def power_cut(self) -> None:
        """The machine is gone, with what was not synced."""
        self._gone()
        self.disk.crash()

    def _died(self) -> None:
        """The power went in an operation of the disk."""
        self.life.faults[DIED] += 1
        self.power_cut()

    def _gone(self) -> None:
        self.process = None
        for client in self.clients:
            if client.line is not None and self.rng.random() < 0.9:
                client.line.drop()
        self._start_soon()

    def _start_soon(self) -> None:
        self.later(round(self.rng.random() * 3 * SECOND), "start", self.start)

    # The end

    def _settled(self) -> bool:
        """Whether all that was asked is answered, and no report is missing anywhere."""
        process = self.process
        if process is None or self.market.requests or process.log.waits:
            return False
        fixes = {comp_id: s.fix for comp_id, s in process.sessions.by_comp_id.items()}
        return all(
            client.settled
            and len(fixes[client.comp_id].out.sent) < client.next_in
            and max(client.sent, default=0) < fixes[client.comp_id].next_in
            for client in self.clients
        )

    def _check_end(self) -> None:
        process = self.process
        assert process is not None
        self.market.check_end(process.exchange)
        self.kill()
        self.start()
        assert self.process is not None
        self.market.check_end(self.process.exchange)

    def _told(self) -> Life:
        life, market = self.life, self.market
        life.trace = self._hash.hexdigest()
        life.nanos = self.now - START
        life.commands, life.acknowledged = market.commands, market.acknowledged
        life.fills = market.fills
        life.resent = self._tap.resent
        life.records = self._durable.seq()
        return life


def simulate(seed: int) -> Life:
    """Run one seed; raises AssertionError for a broken promise."""
    options = options_of(seed)
    with (
        patch.object(sequencer, "SEAL_EVERY", SEAL_EVERY),
        patch.object(segment_file, "SEGMENT_BYTES_MAX", options.segment_bytes),
        patch.object(turns, "UNDURABLE_RECORDS_MAX", options.undurable),
        patch.object(resend, "RESEND_MESSAGES_PER_TURN", options.slice),
    ):
        return Simulator(options).run()
