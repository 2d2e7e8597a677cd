"""One log, one market: whatever PYTHONHASHSEED, event loop and build, the same state and bytes.

First a stream of everything is logged, and replayed in processes of other hash seeds, one of them
by the sources where the venue is compiled: state, output and every session's messages must be those
of the venue that wrote the log. Then a day is lived over TCP by venues whose clock stands still,
under asyncio and under uvloop; a restart under the other loop resends it. Nothing is left out of
what is compared: not a time, not a CheckSum.
`python -m tests.hardship.determinism`, about a minute. What a day's clients do is `still_day`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from engine.commands import SeedDraws
from engine.digest import digest
from fixpit.build import PURE, RUNNING
from gateway.config import demo
from gateway.log.reading import read
from gateway.log.records import SessionOpened
from gateway.replay import Rebuilt
from tests.flood.report import Row
from tests.hardship.recorder import Recorder
from tests.hardship.still_day import Lived, live
from tests.hardship.verdict import tell
from tests.support.everything import Everything
from tests.support.market import Rules
from tests.support.process import CHECKOUT

MODULE = "tests.hardship.determinism"
HASH_SEEDS = ("0", "1", "random", "2 source")
"""And whether the sources run, whatever is compiled."""

DAYS = (
    ("asyncio", "0"),
    ("uvloop", "0"),
    ("asyncio", "1"),
    ("uvloop", "random"),
    ("uvloop", "2 source"),
)
"""Event loop and hash seed of each venue that lives the day."""

TURN = 7
SEAL_EVERY = 500
BEGIN_AGAIN_EVERY = 3_000
REPLY_EVERY = 40
CHILD_SECONDS_MAX = 600.0

RULES = Rules(
    tick_size="0.50",
    reference_price="100.00",
    symbols=("ERIC-B", "VOLV-B", "SEB-A"),
    more={"guard_dynamic": 2, "guard_static": 3, "extension": 2},
)
SESSIONS = (
    SessionOpened("AVA", "AVA"),
    SessionOpened("NON", "NON", version="FIX.4.2"),
    SessionOpened("SHB", "SHB", version="FIX.5.0SP2"),
    SessionOpened("AVA-COPY", "AVA", "drop-copy"),
    SessionOpened("SHB-COPY", "SHB", "drop-copy", version="FIX.4.2"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a log leads to; `sessions` are the messages to each, how many and their SHA-256."""

    records: int
    state: str
    output: str
    sessions: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Result:
    """One log and its replays, one day and all who lived it."""

    recorded: Told
    replays: Mapping[str, Told]
    """By hash seed."""

    commands: Mapping[str, tuple[str, str]]
    """State and output as `fixpit replay` prints them, by hash seed."""

    days: Mapping[tuple[str, str], Lived]
    """By event loop and hash seed."""

    def differences(self) -> list[str]:
        """What is not as it was, in words."""
        first = self.recorded
        found = [
            f"{comp_id} under PYTHONHASHSEED={seed}"
            for seed, told in self.replays.items()
            for comp_id in first.sessions.keys() | told.sessions.keys()
            if first.sessions.get(comp_id) != told.sessions.get(comp_id)
        ]
        (known, *others) = self.days.items()
        for where, lived in others:
            found += [f"{part} under {where} and {known[0]}" for part in lived.unlike(known[1])]
        return sorted(found)

    def rows(self) -> list[Row]:
        """Every promise, with what was seen."""
        first, replays = self.recorded, self.replays.values()
        states = {first.state, *(told.state for told in replays)}
        outputs = {first.output, *(told.output for told in replays)}
        for state, output in self.commands.values():
            states.add(state)
            outputs.add(output)
        told = sum(count for count, _ in first.sessions.values())
        (day, *_) = self.days.values()
        seeds = ", ".join(self.replays)
        loops = ", ".join(f"{loop} {seed}" for loop, seed in self.days)
        different = self.differences()
        heard = sum(count for count, _ in day.heard.values())
        return [
            Row("log", f"{first.records:,} records, {told:,} messages", told > first.records // 2),
            Row("PYTHONHASHSEED of its replays", seeds, len(replays) > 1),
            Row("state hashes", f"{len(states)}: {', '.join(sorted(states))}", _one(states)),
            Row("output hashes", f"{len(outputs)}: {', '.join(sorted(outputs))}", _one(outputs)),
            Row("loops and PYTHONHASHSEED of days", loops, len({d[0] for d in self.days}) == 2),
            Row("day", f"{day.records:,} records, {heard:,} messages over TCP", heard > 0),
            Row("days with other state", *_unlike(self.days, "state")),
            Row("days with another log", *_unlike(self.days, "log")),
            Row("sessions with other bytes", ", ".join(different) or "0", not different),
        ]

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return all(row.kept for row in self.rows())


def _one(found: set[str]) -> bool:
    return len(found) == 1


def _unlike(days: Mapping[tuple[str, str], Lived], part: str) -> tuple[str, bool]:
    (first, *others) = (getattr(day, part) for day in days.values())
    count = sum(other != first for other in others)
    return f"{count} of {len(others)}", not count


def run(commands: int = 30_000, seed: int = 1, steps: int = 1_000) -> Result:
    """Log so many commands and replay them, live a day of so many steps."""
    with tempfile.TemporaryDirectory(prefix="fixpit-same-") as name:
        folder = Path(name)
        recorded = record(folder / "log", commands, seed)
        return Result(
            recorded,
            replays(folder / "log"),
            {hash_seed: _replay_command(folder / "log", hash_seed) for hash_seed in HASH_SEEDS},
            days(folder, steps, seed),
        )


# One log


def record(data_dir: Path, commands: int, seed: int) -> Told:
    """Have a stream of everything logged, by sessions of all versions, with drop copies."""
    with Recorder(data_dir, SESSIONS, RULES) as venue:
        venue.apply(SeedDraws(seed))
        stream = Everything(venue, seed)
        for n in range(1, commands + 1):
            venue.apply(stream.next())
            if n % REPLY_EVERY == 0:
                venue.reply("AVA", "j", "45=1\x01372=D\x01380=3\x01")
            if n % BEGIN_AGAIN_EVERY == 0:
                venue.begin_again(SESSIONS[n // BEGIN_AGAIN_EVERY % len(SESSIONS)].comp_id)
            if n % SEAL_EVERY == 0:
                venue.seal()
            if n % TURN == 0:
                venue.end_turn()
        venue.end_turn()
        return _told(venue.rebuilt, venue.sequencer.seq)


def replay(data_dir: Path) -> Told:
    """Let the log happen again, in this process."""
    with tempfile.TemporaryDirectory(prefix="fixpit-same-") as folder:
        rebuilt = Rebuilt(demo(), Path(folder) / "sent.dat")
        for one in read(data_dir / "log"):
            rebuilt.take(one)
        assert rebuilt.sequencer.seals_compared > 0
        told = _told(rebuilt, rebuilt.sequencer.seq)
        rebuilt.close()
    return told


def _told(rebuilt: Rebuilt, records: int) -> Told:
    output = rebuilt.output_digest()
    state = digest(rebuilt.exchange, finished=True)
    return Told(records, state, output, _by_session(rebuilt._sent_path.read_bytes()))


def _by_session(sent: bytes) -> dict[str, tuple[int, str]]:
    """All messages ever sent, by TargetCompID(56): how many, and the hash of their bytes."""
    counts: dict[str, int] = {}
    hashes: dict[str, Any] = {}
    _, *messages = sent.split(b"8=FIX")
    for message in messages:
        comp_id = message.partition(b"\x0156=")[2].partition(b"\x01")[0].decode()
        counts[comp_id] = counts.get(comp_id, 0) + 1
        hashes.setdefault(comp_id, hashlib.sha256()).update(b"8=FIX" + message)
    return {comp_id: (counts[comp_id], hashes[comp_id].hexdigest()) for comp_id in sorted(counts)}


def replays(data_dir: Path, hash_seeds: Sequence[str] = HASH_SEEDS) -> dict[str, Told]:
    """What processes of these hash seeds make of the log."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        answers = [
            json.loads(text)
            for text in pool.map(
                lambda seed: _run(seed, MODULE, "replay", str(data_dir)), hash_seeds
            )
        ]
    # Else it was one seed that was tried, however often.
    assert len({answer["hash"] for answer in answers}) == len(hash_seeds), answers
    builds = [PURE if "source" in seed else RUNNING.name for seed in hash_seeds]
    assert [answer["build"] for answer in answers] == builds
    return {
        seed: Told(
            answer["records"],
            answer["state"],
            answer["output"],
            {comp_id: tuple(found) for comp_id, found in answer["sessions"].items()},
        )
        for seed, answer in zip(hash_seeds, answers, strict=True)
    }


def _replay_command(data_dir: Path, hash_seed: str) -> tuple[str, str]:
    """State and output, as the user sees them."""
    text = _run(hash_seed, "gateway.cli", "replay", str(data_dir))
    lines = dict(line.split(maxsplit=1) for line in text.splitlines())
    return lines["state"], lines["output"]


def _run(hash_seed: str, module: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        env=os.environ | _environment(hash_seed),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=CHILD_SECONDS_MAX,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _environment(hash_seed: str) -> dict[str, str]:
    seed, _, source = hash_seed.partition(" ")
    return {"PYTHONHASHSEED": seed} | ({"FIXPIT_PURE": "1"} if source else {})


# One day


def days(
    folder: Path, steps: int, seed: int, runs: Sequence[tuple[str, str]] = DAYS
) -> dict[tuple[str, str], Lived]:
    """The same day under these loops and hash seeds, a restart under the other loop behind it."""
    lived = {}
    for loop, hash_seed in runs:
        other = "asyncio" if loop == "uvloop" else "uvloop"
        with patch.dict(os.environ, _environment(hash_seed)):
            lived[loop, hash_seed] = live(
                folder / f"{loop}-{hash_seed}", (loop, other), steps, seed
            )
    return lived


def main(argv: Sequence[str]) -> int:
    """Compare, print what was found; 1 when something differs."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}")
    parser.add_argument("--commands", type=int, default=30_000)
    parser.add_argument("--steps", type=int, default=1_000, help="of the day over TCP")
    parser.add_argument("--seed", type=int, default=1)
    children = parser.add_subparsers(dest="child", metavar="")
    children.add_parser("replay").add_argument("data_dir", type=Path)
    args = parser.parse_args(argv)
    if args.child:
        told = replay(args.data_dir)
        answer = {
            "hash": hash("fixpit"),
            "build": RUNNING.name,
            "records": told.records,
            "state": told.state,
            "output": told.output,
            "sessions": told.sessions,
        }
        sys.stdout.write(json.dumps(answer))
        return 0
    result = run(args.commands, args.seed, args.steps)
    return tell(f"one log, one market (seed {args.seed})", result.rows())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
