"""When which fault comes, and the faults themselves. All of them follow from the seed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gateway.log.frames import SEGMENT_HEADER_BYTES
from tests.simulation.loop import SECOND
from tests.simulation.venue import frames_of

if TYPE_CHECKING:
    from tests.simulation.simulator import Simulator

CLOCK_OFF_MAX = 90 * SECOND
"""SendingTimes may be two minutes wrong."""

OPERATIONS_MAX = 60
"""A disk fault comes within so many operations."""


class Faults:
    """The faults of one life."""

    def __init__(self, world: Simulator) -> None:
        self._world = world

    def plan(self) -> None:
        """Put all of them somewhere in the time of trading."""
        options = self._world.options
        kinds: dict[str, tuple[int, Callable[[], bool]]] = {
            "kill": (options.kills, self._kill),
            "power cut": (options.power_cuts, self._power_cut),
            "fuse": (options.fuses, self._fuse),
            "disk error": (options.disk_errors, self._disk_error),
            "bit flip": (options.bit_flips, self._bit_flip),
            "stop": (options.stops, self._stop),
            "drop": (options.drops, self._drop),
            "half close": (options.half_closes, self._half_close),
            "black hole": (options.black_holes, self._black_hole),
            "stall": (options.stalls, self._stall),
            "clock set": (options.clock_sets, self._clock_set),
        }
        for kind, (count, action) in kinds.items():
            for _ in range(count):
                delay = self._world.rng.randrange(options.seconds * SECOND)
                self._world.later(delay, kind, partial(self._happen, kind, action))

    def _happen(self, kind: str, action: Callable[[], bool]) -> None:
        if not self._world.quiet and action():
            self._world.life.faults[kind] += 1

    def stop(self) -> None:
        """No more of them."""
        self._world.disk.fails_in = self._world.disk.dies_in = 0

    # Of the venue

    def _kill(self) -> bool:
        if self._world.process is None:
            return False
        self._world.kill()
        return True

    def _power_cut(self) -> bool:
        if self._world.process is None:
            return False
        self._world.power_cut()
        return True

    def _stop(self) -> bool:
        process = self._world.process
        if process is None or process.venue.failed is not None:
            return False
        process.stop()
        return True

    # Of the disk

    def _fuse(self) -> bool:
        self._world.disk.dies_in = self._world.rng.randint(1, OPERATIONS_MAX)
        return True

    def _disk_error(self) -> bool:
        self._world.disk.fails_in = self._world.rng.randint(1, OPERATIONS_MAX)
        return True

    def _bit_flip(self) -> bool:
        """Turn a bit over in front of the log's last frame: no venue may start on it.

        The last frame is spared: damage there cannot be told from a frame that was being written.
        """
        world, rng = self._world, self._world.rng
        if world.process is not None:
            world.kill()
        segments = sorted(path for path in world.disk.files if path.suffix == ".log")
        choices = []
        for path in segments:
            data = bytes(world.disk.files[path].data)
            if len(data) < SEGMENT_HEADER_BYTES:
                continue
            frames = frames_of(data)
            end = len(data)
            if path == segments[-1]:
                # Its header counts as soon as a frame follows it.
                end = frames[-2].end if len(frames) > 1 else SEGMENT_HEADER_BYTES * len(frames)
            if end:
                choices.append((path, end))
        if not choices:
            return False
        path, end = rng.choice(choices)
        place, bit = rng.randrange(end), 1 << rng.randrange(8)
        rotten = world.disk.files[path].data
        rotten[place] ^= bit
        refused = world.start_rotten()
        assert refused, ("started on a rotten log", path, place, bit)
        rotten[place] ^= bit
        return True

    # Of the network

    def _lines(self) -> list[int]:
        clients = self._world.clients
        return [i for i, client in enumerate(clients) if client.line is not None]

    def _on_line(self, method: str) -> bool:
        found = self._lines()
        if not found:
            return False
        line = self._world.clients[self._world.rng.choice(found)].line
        getattr(line, method)()
        return True

    def _drop(self) -> bool:
        return self._on_line("drop")

    def _half_close(self) -> bool:
        return self._on_line("half_close")

    def _black_hole(self) -> bool:
        return self._on_line("swallow")

    # Of time

    def _stall(self) -> bool:
        """Everybody stands still for a while, and finds that time has passed."""
        self._world.now += self._world.rng.randrange(5 * SECOND)
        return True

    def _clock_set(self) -> bool:
        """The clock of the venue's machine is set wrong, by less than members put up with."""
        self._world.machine_off = self._world.rng.randrange(-CLOCK_OFF_MAX, CLOCK_OFF_MAX)
        return True
