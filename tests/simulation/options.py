"""One seed -> the options of one simulated life. What must not be here: anything that runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Options:
    """What a seed stands for; times are in simulated seconds, counts are of the whole life."""

    seed: int
    clients: int
    seconds: int
    """How long faults and trading go on, before everything has to come right."""

    actions: int
    """What each client does in that time."""

    heartbeat: int
    delay: float
    """The longest way of a piece of data through the network."""

    split: str
    """"whole", "pieces" or "bytes"."""

    sync: str
    """The policy of the log."""

    disk: float
    """The longest time until what waits is written and synced."""

    segment_bytes: int
    """How large a segment of the log gets."""

    undurable: int
    """How many records may wait for the disk until nobody is read any more."""

    slice: int
    """How many messages go again in one turn."""

    resends: bool
    """Whether clients send again what the venue has not got, or give it up."""

    on_disconnect: str
    duplicate_logon: str
    kills: int
    """The process dies; what it has written survives."""

    power_cuts: int
    """The machine dies; what it has not synced may not survive."""

    fuses: int
    """The machine dies in the middle of the Nth operation of the disk from then on."""

    disk_errors: int
    """The Nth operation of the disk from then on fails."""

    bit_flips: int
    stops: int
    """The operator stops the venue and starts it again."""

    drops: int
    half_closes: int
    black_holes: int
    """Nothing comes through any more, and nobody is told."""

    stalls: int
    """Everybody stands still for a while."""

    clock_sets: int
    """The clock of the venue's machine is set to another time."""

    def text(self) -> str:
        """All of them in one line."""
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())


def options_of(seed: int) -> Options:
    """The options that this seed stands for, the same for ever."""
    rng = Random(f"options {seed}")
    calm = rng.random() < 0.1
    sync = "group" if rng.random() < 0.85 else "none"

    def some(most: int, share: float = 0.5) -> int:
        return 0 if calm or rng.random() > share else rng.randint(1, most)

    return Options(
        seed=seed,
        clients=rng.randint(2, 5),
        seconds=rng.choice((20, 60, 120, 300, 600)),
        actions=rng.randint(5, 40),
        heartbeat=rng.choice((2, 5, 10, 30)),
        delay=rng.choice((0.001, 0.02, 0.2, 1.0)),
        split=rng.choice(("whole", "pieces", "pieces", "bytes")),
        sync=sync,
        disk=rng.choice((0.0, 0.005, 0.05, 0.5)),
        segment_bytes=rng.choice((1_000, 5_000, 1_000_000)),
        undurable=rng.choice((4, 30, 50_000)),
        slice=rng.choice((2, 10, 100)),
        resends=rng.random() < 0.6,
        on_disconnect=rng.choice(("none", "none", "day", "all")),
        duplicate_logon=rng.choice(("refuse", "replace")),
        kills=some(4, 0.6),
        power_cuts=some(4, 0.6) if sync == "group" else 0,
        fuses=some(3, 0.4) if sync == "group" else 0,
        disk_errors=some(2, 0.4),
        bit_flips=some(2, 0.4),
        stops=some(2, 0.3),
        drops=some(6, 0.6),
        half_closes=some(3, 0.4),
        black_holes=some(2, 0.4),
        stalls=some(2, 0.2),
        clock_sets=some(2, 0.3),
    )
