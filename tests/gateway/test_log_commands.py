"""`fixpit replay`, `verify` and `void`: as their user sees them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from engine.commands import EnterOrder
from engine.digest import digest
from engine.oms.order_desk import OrderDesk
from gateway import cli, sequencer
from gateway.config import demo
from gateway.fix.application import SERVED
from gateway.fix.versions import Versions
from gateway.log.reading import read, segments
from gateway.log.records import OutputHash, Voided
from gateway.log.segment_file import SegmentLog
from gateway.replay import PoisonCommand, Rebuilt
from gateway.sequencer import OutputDiffers
from tests.support.venue_in_memory import VenueInMemory

SEAL_EVERY = 25
ORDER = "35=D|34={0}|11=A{0}|55=ERIC-B|54={1}|38=100|40=2|44=87.{2:02}|59=0|60={{now}}"


@pytest.fixture(autouse=True)
def _seals_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "SEAL_EVERY", SEAL_EVERY)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A venue's folder: two members traded there, and it has stopped."""
    folder = tmp_path / "var"
    trade(folder)
    return folder


def venue_in(folder: Path) -> VenueInMemory:
    """The demo venue over that folder."""
    return VenueInMemory(folder, demo(), Versions(SERVED))


def trade(folder: Path, orders: int = 100, seed: int = 1) -> str:
    """Some orders of two members; returns the digest of what they lead to."""
    folder.mkdir(exist_ok=True)
    draw = Random(seed)
    with venue_in(folder) as venue:
        seqs = {"AVA": 1, "NON": 1}
        for who in seqs:
            venue.connect(who)
            venue.say(who, "35=A|34=1|98=0|108=30|141=Y")
        for _ in range(orders):
            who = draw.choice(("AVA", "NON"))
            seqs[who] += 1
            side, cents = draw.choice("12"), 30 + 5 * draw.randrange(4)
            venue.say(who, ORDER.format(seqs[who], side, cents))
        return digest(venue.exchange, finished=True)


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """A command's exit code, what it prints, what it complains."""
    code = cli.main(list(argv))
    out, complaint = capsys.readouterr()
    return code, out, complaint


def seqs_of_orders(data_dir: Path) -> list[int]:
    """The orders of the log."""
    return [r.seq for r in read(data_dir / "log") if isinstance(r.entry, EnterOrder)]


def test_replay_says_what_the_log_leads_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The state is the one the venue had; two replays say the same."""
    live = trade(tmp_path / "var")
    capsys.readouterr()
    first = run(capsys, "replay", str(tmp_path / "var"))
    lines = dict(line.split(maxsplit=1) for line in first[1].splitlines())
    assert (first[0], list(lines), lines["state"]) == (
        0,
        ["records", "market", "state", "output"],
        live,
    )
    assert run(capsys, "replay", str(tmp_path / "var")) == first


def test_replay_until_a_seq(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What comes behind it does not happen."""
    whole = run(capsys, "replay", str(data_dir))[1]
    part = run(capsys, "replay", str(data_dir), "--until", "30")[1]
    assert part.startswith("records  30\n")
    assert part.splitlines()[2] != whole.splitlines()[2]
    assert run(capsys, "replay", str(data_dir), "--until", "100000")[1] == whole


def test_replay_prints_events(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line each, with the seq of its command; the state at the end is the same."""
    seq = seqs_of_orders(data_dir)[0]
    code, out, _ = run(capsys, "replay", str(data_dir), "--print-events")
    events = [line for line in out.splitlines() if line.startswith(f"{seq} ")]
    assert (code, [line.split()[2].partition("(")[0] for line in events]) == (0, ["OrderAccepted"])
    state = next(line for line in out.splitlines() if line.startswith("state"))
    assert state in run(capsys, "replay", str(data_dir))[1]


def test_verify_compares_the_hashes(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every seal in the log is compared, and equal."""
    seals = sum(isinstance(record.entry, OutputHash) for record in read(data_dir / "log"))
    code, out, _ = run(capsys, "verify", str(data_dir))
    assert seals >= 3
    assert (code, out.splitlines()[1]) == (
        0,
        f"{seals} hashes of the output compared, all equal",
    )


def test_a_replay_that_says_something_else_stops(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that decides otherwise is found by the next seal; the venue does not start."""
    enter = OrderDesk.enter

    def forget_some(self: OrderDesk, command: EnterOrder) -> None:
        if not command.cl_ord_id.endswith("7"):
            enter(self, command)

    monkeypatch.setattr(OrderDesk, "enter", forget_some)
    code, _, complaint = run(capsys, "verify", str(data_dir))
    assert code == 4
    assert "log corrupt: what follows from seq " in complaint
    with pytest.raises(OutputDiffers):
        _recover(data_dir)


def test_reports_of_another_style_are_not_compared(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With another venue file the reports look different: that is no damage."""
    other = tmp_path / "venue.toml"
    other.write_text('[venue]\ncomp_id = "OTHER"\n')
    code, out, _ = run(capsys, "verify", str(data_dir), "--config", str(other))
    assert (code, out.splitlines()[1]) == (0, "0 hashes of the output compared, all equal")
    assert out.splitlines()[2].endswith("not compared: reports looked different then")


def test_a_poison_command_can_be_voided(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start names it and how to void it; voided, all else is there and its number is taken."""
    poison = seqs_of_orders(data_dir)[-1]
    enter = OrderDesk.enter

    def trip(self: OrderDesk, command: EnterOrder) -> None:
        assert self._floor.orders is not None
        if command == poisoned:
            raise AssertionError("planted")
        enter(self, command)

    poisoned = next(r.entry for r in read(data_dir / "log") if r.seq == poison)
    monkeypatch.setattr(OrderDesk, "enter", trip)
    code, _, complaint = run(capsys, "replay", str(data_dir))
    assert (code, f"fixpit void DIR {poison} --reason" in complaint) == (4, True)
    with pytest.raises(PoisonCommand):
        _recover(data_dir)
    code, out, _ = run(capsys, "void", str(data_dir), str(poison), "--reason", "trips")
    assert (code, out.startswith(f"voided {poison}: EnterOrder(")) == (0, True)
    (voided,) = [r for r in read(data_dir / "log") if isinstance(r.entry, Voided)]
    assert (voided.seq, voided.entry) == (poison, Voided(poisoned.session, "trips"))  # type: ignore[union-attr]
    verified = run(capsys, "verify", str(data_dir))
    assert (verified[0], verified[1].splitlines()[-1]) == (0, "1 commands voided by the operator")
    rebuilt = _recover(data_dir)
    assert rebuilt.sessions.by_comp_id[poisoned.session].fix.next_in > voided.next_in - 1  # type: ignore[union-attr]
    rebuilt.close()


@pytest.mark.parametrize(
    ("which", "complaint"),
    [
        (OutputHash, "SEQ must be a command that trips, {} does not"),
        (EnterOrder, "SEQ must be a command that trips, {} does not"),
        (None, "SEQ must be in the log, was {}"),
    ],
)
def test_what_cannot_be_voided(
    data_dir: Path, capsys: pytest.CaptureFixture[str], which: type | None, complaint: str
) -> None:
    """What was carried out has been answered: only what trips can be taken back."""
    records = read(data_dir / "log")
    seq = next(r.seq for r in records if isinstance(r.entry, which)) if which else 100_000
    seen = run(capsys, "void", str(data_dir), str(seq), "--reason", "x")
    assert (seen[0], complaint.format(seq) in seen[2]) == (2, True)


def test_a_voiding_is_of_one_record(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A VOIDED file of another log, or a damaged one, is refused."""
    seq = seqs_of_orders(data_dir)[0]
    for bad in (f'{{"seq":{seq},"record_crc":1,"reason":"x","at":1}}\n', '{"seq":'):
        (data_dir / "log" / "VOIDED").write_text(bad)
        code, _, complaint = run(capsys, "verify", str(data_dir))
        assert (code, "VOIDED: " in complaint) == (4, True)


def test_void_needs_the_venue_stopped(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A running venue has carried the command out already."""
    log = SegmentLog(data_dir / "log", "none")
    seen = run(capsys, "void", str(data_dir), "5", "--reason", "x")
    log.close()
    assert (seen[0], "a running venue has this log" in seen[2]) == (3, True)


@pytest.mark.parametrize("command", ["replay", "verify"])
def test_there_must_be_a_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """A folder without one is named; a damaged one is corrupt."""
    seen = run(capsys, command, str(tmp_path))
    assert (seen[0], f"{tmp_path} must be the data directory" in seen[2]) == (2, True)
    trade(tmp_path / "var", 30)
    trade(tmp_path / "var", 1)
    first = segments(tmp_path / "var" / "log")[0]
    first.write_bytes(first.read_bytes()[:-9])
    assert run(capsys, command, str(tmp_path / "var"))[0] == 4


def _recover(data_dir: Path) -> Rebuilt:
    rebuilt = Rebuilt(demo(), data_dir / "again.dat")
    for record in read(data_dir / "log"):
        rebuilt.take(record)
    return rebuilt
