"""`fixpit replay`, `fixpit verify`, `fixpit void`: what a log leads to, and whether it is sound.

    fixpit replay var
    fixpit replay var --until 5000 --print-events
    fixpit verify var --config venue.toml
    fixpit snapshot var
    fixpit void var 5001 --reason "trips an assert, see ticket 12"

`replay` and `verify` only read and `snapshot` only adds a file, all also beside a running venue;
`void` needs the venue stopped. The
bar goes to stderr, and only to a terminal. Exit codes: 0 done and sound, 2 wrong options or no log,
3 (`void`) the venue runs, 4 log corrupt, or it does not lead to what it led to, 5 log unreadable.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from time import time_ns

from tqdm import tqdm

from engine import invariants
from engine.digest import digest
from gateway import config as configuration
from gateway import snapshots
from gateway.config import Config, ConfigError
from gateway.fix.times import format_utc_timestamp
from gateway.following import Frames, SnapshotLocked, take_snapshot
from gateway.garbage import uncollected
from gateway.log.disk import Disk
from gateway.log.frames import LogCorrupt
from gateway.log.reading import BEGINNING, Place, count, read, read_after, segments
from gateway.log.records import Record
from gateway.log.segment_file import LogLocked, SegmentLog
from gateway.log.voided import Voidings
from gateway.replay import PoisonCommand, Rebuilt

DONE, MISUSED, LOCKED, CORRUPT, DISK_ERROR = 0, 2, 3, 4, 5


class Misused(Exception):
    """An option that cannot be."""


def add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `fixpit replay`."""
    _add_common(parser)
    parser.add_argument("--until", type=int, metavar="SEQ", help="the last record to replay")
    parser.add_argument(
        "--print-events", action="store_true", help="one line per event: seq, market time, event"
    )


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `fixpit verify`."""
    _add_common(parser)


def add_snapshot_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `fixpit snapshot`."""
    _add_common(parser)


def add_void_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `fixpit void`."""
    parser.add_argument("data_dir", type=Path, metavar="DIR", help="the venue's data directory")
    parser.add_argument("seq", type=int, metavar="SEQ", help="the command that shall not happen")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="kept beside the log")


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data_dir", type=Path, metavar="DIR", help="the venue's data directory")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="the venue file (none: the demo venue)"
    )


def replay(args: argparse.Namespace) -> int:
    """Replay a log and print what it leads to."""
    return _guarded("replay", lambda: _replay(args))


def verify(args: argparse.Namespace) -> int:
    """Say whether a log is whole and leads to what it led to."""
    return _guarded("verify", lambda: _verify(args))


def snapshot(args: argparse.Namespace) -> int:
    """Write a snapshot of where a log leads."""
    return _guarded("snapshot", lambda: _snapshot(args))


def void(args: argparse.Namespace) -> int:
    """Declare that a command did not happen."""
    return _guarded("void", lambda: _void(args))


def _replay(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="fixpit-") as folder, uncollected():
        rebuilt = Rebuilt(_config(args), Path(folder) / "sent.dat")
        seq = at = 0
        for record in _records(_log_of(args), args.until):
            seq, at = record.seq, record.at
            if args.print_events:
                for event in rebuilt.take_telling(record):
                    print(f"{record.seq} {format_utc_timestamp(record.at, 9)} {event}")
            else:
                rebuilt.take(record)
        print(f"records  {seq}")
        print(f"market   {format_utc_timestamp(at, 9)} UTC")
        print(f"state    {digest(rebuilt.exchange, finished=True)}")
        if not args.print_events:
            print(f"output   {rebuilt.output_digest()}")
        rebuilt.close()
    return DONE


def _verify(args: argparse.Namespace) -> int:
    log = _log_of(args)
    with tempfile.TemporaryDirectory(prefix="fixpit-") as folder, uncollected():
        rebuilt = Rebuilt(_config(args), Path(folder) / "sent.dat")
        wanted = set(snapshots.seqs(args.data_dir / snapshots.FOLDER))
        compared = 0
        for place, records in _with_bar(read_after(log, BEGINNING), count(log)):
            for record in records:
                rebuilt.take(record)
            if place.seq in wanted:
                compared += _compare(args.data_dir, place, rebuilt, Path(folder) / "compared.dat")
        invariants.check(rebuilt.exchange)
        rebuilt.close()
    sequencer = rebuilt.sequencer
    print(f"{len(segments(log))} segments, {sequencer.seq} records, each in its place")
    print(f"{sequencer.seals_compared} hashes of the output compared, all equal")
    if sequencer.seals_of_other_style:
        print(f"{sequencer.seals_of_other_style} not compared: reports looked different then")
    if wanted:
        print(f"{compared} snapshots compared, all equal to what the log leads to")
    if compared < len(wanted):
        print(f"{len(wanted) - compared} passed over: damaged, of another version or another log")
    voided = len(Voidings(log, Disk()).by_seq)
    if voided:
        print(f"{voided} commands voided by the operator")
    return DONE


def _compare(data_dir: Path, place: Place, rebuilt: Rebuilt, messages: Path) -> bool:
    """Whether the snapshot at `place` could be compared. Raises LogCorrupt if it differs."""
    saved = snapshots.read(data_dir / snapshots.FOLDER, place.seq)
    if saved is None or saved.place != place:
        return False
    if saved != rebuilt.saved(place, messages):
        raise LogCorrupt(f"the snapshot at seq {place.seq} is not what the log leads to; delete it")
    return True


def _snapshot(args: argparse.Namespace) -> int:
    place = take_snapshot(_log_of(args).parent, _config(args), _with_bar)
    print("nothing new" if place is None else f"snapshot at seq {place.seq}")
    return DONE


def _with_bar(frames: Frames, total: int = 0) -> Frames:
    """The frames, with a bar of their records; `total` of 0: nobody knows how many."""
    with tqdm(
        total=total or None, unit=" records", unit_scale=True, disable=None, file=sys.stderr
    ) as bar:
        for place, records in frames:
            yield place, records
            bar.update(len(records))


def _void(args: argparse.Namespace) -> int:
    folder = _log_of(args)
    lock = SegmentLog(folder, "none")  # nobody may start meanwhile
    try:
        record = _poison(folder, args.seq)
        voiding = Voidings(folder, Disk()).add(record, args.reason, time_ns())
    finally:
        lock.close()
    print(f"voided {voiding.seq}: {record.entry}")
    return DONE


def _poison(log: Path, seq: int) -> Record:
    """The record, if it is a command that trips.

    One that was carried out has been answered, and others have relied on it. Raises Misused.
    """
    with tempfile.TemporaryDirectory(prefix="fixpit-") as folder, uncollected():
        rebuilt = Rebuilt(configuration.demo(), Path(folder) / "sent.dat")
        try:
            for record in _records(log, seq):
                if record.seq == seq:
                    rebuilt.take_telling(record)
                    raise Misused(f"SEQ must be a command that trips, {seq} does not")
                rebuilt.take(record)
        except PoisonCommand as error:
            if error.seq != seq:
                raise Misused(f"SEQ must be the command that trips, {error.seq}") from error
            return record
        finally:
            rebuilt.close()
    raise Misused(f"SEQ must be in the log, was {seq}")


def _records(log: Path, until: int | None) -> Iterator[Record]:
    """The records up to `until`, with a bar."""
    total = count(log)
    records = read(log)
    if until is not None:
        if until < 1:
            raise Misused(f"--until must be 1 or more, was {until}")
        total = min(total, until)
        records = takewhile(lambda record: record.seq <= until, records)
    shown: Iterator[Record] = iter(
        tqdm(records, total=total, unit=" records", unit_scale=True, disable=None, file=sys.stderr)
    )
    return shown


def _log_of(args: argparse.Namespace) -> Path:
    folder: Path = args.data_dir / "log"
    if not folder.is_dir():
        raise Misused(f"{args.data_dir} must be the data directory of a venue, and has no log")
    return folder


def _config(args: argparse.Namespace) -> Config:
    return configuration.load(args.config) if args.config else configuration.demo()


def _guarded(name: str, action: Callable[[], int]) -> int:
    try:
        return action()
    except (ConfigError, Misused) as error:
        text, code = str(error), MISUSED
    except SnapshotLocked as error:
        text, code = f"{error}: another process takes a snapshot", LOCKED
    except LogLocked as error:
        text, code = f"{error}: a running venue has this log", LOCKED
    except LogCorrupt as error:
        text, code = f"log corrupt: {error}", CORRUPT
    except AssertionError as error:
        text, code = f"the log leads to a state that cannot be: {error!r}", CORRUPT
    except OSError as error:
        text, code = f"log unreadable: {error}", DISK_ERROR
    print(f"fixpit {name}: {text}", file=sys.stderr)
    return code
