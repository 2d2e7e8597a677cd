"""A start from a snapshot leads where the whole log leads, and whatever is wrong with one is passed
over.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from random import Random

import pytest
from structlog.testing import capture_logs

from engine.digest import digest
from gateway import cli, following, sequencer, snapshots
from gateway.config import demo
from gateway.fix.application import SERVED
from gateway.fix.versions import Versions
from gateway.following import take_snapshot
from gateway.log.disk import Disk
from gateway.log.reading import BEGINNING, Place, holds, read_after
from gateway.log.segment_file import SegmentLog
from gateway.replay import Rebuilt
from tests.support import logs
from tests.support.fix_venue import serving
from tests.support.venue_in_memory import VenueInMemory

ORDER = "35=D|34={0}|11={0}|55=ERIC-B|54={1}|38=100|40=2|44=87.{2:02}|59={3}|60={{now}}"
MEMBERS = ("AVA", "NON", "SHB")


def trade(data_dir: Path, seed: int, orders: int = 60) -> None:
    """Members trade for a while; their numbers begin again in every other part."""
    data_dir.mkdir(exist_ok=True)
    draw = Random(seed)
    with VenueInMemory(data_dir, demo(), Versions(SERVED)) as venue:
        seqs = dict.fromkeys(MEMBERS, 1)
        for who in seqs:
            venue.connect(who)
            reset = "141=Y" if seed % 2 else "141=N"
            if not seed % 2:
                known = venue.sessions.by_comp_id.get(who)
                seqs[who] = known.fix.next_in if known is not None else 1
            venue.say(who, f"35=A|34={seqs[who]}|98=0|108=30|{reset}")
        for _ in range(orders):
            who = draw.choice(MEMBERS)
            seqs[who] += 1
            side, cents = draw.choice("12"), 30 + 5 * draw.randrange(4)
            venue.say(who, ORDER.format(seqs[who], side, cents, draw.choice("01")))


def follow(data_dir: Path, base: snapshots.Snapshot | None, name: str = "again") -> Rebuilt:
    """The venue as the log makes it, from a snapshot on if there is one."""
    rebuilt = Rebuilt(demo(), data_dir / f"{name}.dat", base)
    for _, records in read_after(data_dir / "log", base.place if base else BEGINNING):
        for record in records:
            rebuilt.take(record)
    return rebuilt


def newest(data_dir: Path) -> snapshots.Snapshot | None:
    """The snapshot a start would use."""
    return snapshots.newest(data_dir, lambda place: holds(data_dir / "log", place))


def place_of(data_dir: Path) -> Place:
    """Where the log ends."""
    *_, (place, _) = read_after(data_dir / "log", BEGINNING)
    return place


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three days: a snapshot after the first and the second."""
    monkeypatch.setattr(sequencer, "SEAL_EVERY", 25)
    folder = tmp_path / "var"
    for seed in (1, 2):
        trade(folder, seed)
        assert take_snapshot(folder, demo()) == place_of(folder)
    trade(folder, 4)
    return folder


def test_snapshot_and_tail_lead_where_the_whole_log_leads(data_dir: Path, tmp_path: Path) -> None:
    """State of the market, numbers, seals, and every message a session can ask for, by the byte."""
    base = newest(data_dir)
    assert base is not None
    place = place_of(data_dir)
    assert 0 < base.place.seq < place.seq
    short, whole = follow(data_dir, base, "short"), follow(data_dir, None, "whole")
    assert digest(short.exchange, finished=True) == digest(whole.exchange, finished=True)
    saved = short.saved(place, tmp_path / "short"), whole.saved(place, tmp_path / "whole")
    assert saved[0] == saved[1]
    assert (tmp_path / "short").read_bytes() == (tmp_path / "whole").read_bytes()
    sent = sum(1 for session in saved[0].sessions for _ in session.places) // 8
    assert sent > 100
    assert short.sequencer.seals_compared < whole.sequencer.seals_compared


def test_a_venue_starts_from_it(data_dir: Path) -> None:
    """Nothing before it is read, and the venue goes on as one that read it all."""
    whole = follow(data_dir, None)
    with capture_logs() as logged:
        log = SegmentLog(data_dir / "log", "none")
        base = newest(data_dir)
        assert base is not None
        records = list(log.recover(base.place))
        log.close()
    assert logged == []
    assert records[0].seq == base.place.seq + 1
    assert records[-1].seq == whole.sequencer.seq


async def test_a_running_venue_has_them_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a process of its own; the next start says where it began, and has every order."""
    monkeypatch.setattr(following, "SNAPSHOT_EVERY", 10)
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.01)
    rest = "35=D|11={}|55=ERIC-B|54=1|38=100|40=2|44=80.00|60=20261123-09:00:00"
    async with serving(tmp_path, sync="group") as served:
        (ava,) = await served.logged_on("AVA")
        for i in range(30):
            ava.send(rest.format(i))
            assert await ava.receive("11 150") == f"11={i}|150=0"
        await served.until(lambda: served.venue._follower.taken > 0)
        before = digest(served.venue._exchange)
    with capture_logs() as logged:
        async with serving(tmp_path, sync="group") as served:
            assert digest(served.venue._exchange) == before
            served.client("AVA").next_out = 32
            (ava,) = await served.logged_on("AVA")
            ava.send("35=2|7=2|16=0")
            assert await ava.receive("34 43 11 150") == "34=2|43=Y|11=0|150=0"
    (begun,) = [one for one in logged if one["event"] == "log.snapshot"]
    assert begun["seq"] >= 10


def test_a_damaged_one_is_passed_over(data_dir: Path) -> None:
    """A flipped bit or a lost end, in the state or in the messages: the older one serves; with
    both damaged the whole log does.
    """
    folder = data_dir / snapshots.FOLDER
    old, new = sorted(snapshots.seqs(folder))
    draw = Random(5)
    for suffix in ("snapshot", "sent"):
        file = folder / f"{new:020d}.{suffix}"
        good = file.read_bytes()
        for _ in range(40):
            bad = bytearray(good)
            bad[draw.randrange(len(bad))] ^= 1 << draw.randrange(8)
            for data in (bytes(bad), good[: draw.randrange(len(good))]):
                file.write_bytes(data)
                base = newest(data_dir)
                assert base is not None
                assert base.place.seq == old
        file.write_bytes(good)
    for seq in (old, new):
        (folder / f"{seq:020d}.sent").unlink()
    assert newest(data_dir) is None


def test_one_of_another_log_is_passed_over(data_dir: Path, tmp_path: Path) -> None:
    """The same seq of another history: its CRC is not in the chain. One ahead of the log too."""
    other = tmp_path / "other"
    trade(other, 3)
    shutil.copytree(data_dir / snapshots.FOLDER, other / snapshots.FOLDER)
    assert newest(other) is None
    shutil.rmtree(other / "log")
    logs.write(other / "log", *logs.FOUR_TURNS)
    assert newest(other) is None


def test_two_are_kept(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command takes another, says so, and has nothing to do the second time."""
    folder = data_dir / snapshots.FOLDER
    before = sorted(snapshots.seqs(folder))
    seq = place_of(data_dir).seq
    capsys.readouterr()
    assert [cli.main(["snapshot", str(data_dir)]) for _ in range(2)] == [0, 0]
    assert capsys.readouterr().out == f"snapshot at seq {seq}\nnothing new\n"
    assert sorted(snapshots.seqs(folder)) == [before[1], seq]
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        ["LOCK", *(f"{one:020d}.{end}" for one in (before[1], seq) for end in ("sent", "snapshot"))]
    )


def test_verify_compares_them_with_the_log(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both equal; a whole one that says something else is corrupt; a damaged one is passed over."""
    capsys.readouterr()
    assert cli.main(["verify", str(data_dir)]) == 0
    assert "2 snapshots compared, all equal" in capsys.readouterr().out
    folder = data_dir / snapshots.FOLDER
    seq = max(snapshots.seqs(folder))
    saved = snapshots.read(folder, seq)
    assert saved is not None
    base = newest(data_dir)
    assert base is not None
    rebuilt = Rebuilt(demo(), data_dir / "again.dat", base)
    rebuilt.exchange.floor.prio += 1
    rebuilt.save(data_dir, base.place)
    assert cli.main(["verify", str(data_dir)]) == 4
    assert f"the snapshot at seq {seq} is not what the log leads to" in capsys.readouterr().err
    (folder / f"{seq:020d}.sent").unlink()
    assert cli.main(["verify", str(data_dir)]) == 0
    assert "1 passed over" in capsys.readouterr().out


def test_one_at_a_time(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two followers do not meet."""
    lock = Disk().lock(data_dir / snapshots.FOLDER / "LOCK")
    assert cli.main(["snapshot", str(data_dir)]) == 3
    Disk().close(lock)


async def test_a_follower_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator is told why there is no snapshot; members notice nothing."""
    monkeypatch.setattr(following, "SNAPSHOT_EVERY", 1)
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.01)
    (tmp_path / snapshots.FOLDER / "LOCK").mkdir(parents=True)  # in the way
    with capture_logs() as logged:
        async with serving(tmp_path) as served:
            await served.until(lambda: any(one["event"] == "snapshot.failed" for one in logged))
            await served.logged_on("AVA")
    assert asyncio.all_tasks() == {asyncio.current_task()}
