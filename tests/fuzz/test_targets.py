"""Every border, for a bounded number of inputs: only what its table entry names may get out.

The seeds are fixed, so that a change and not the day decides; other seeds are for
`python -m tests.fuzz.run`. What it finds is kept in `cases/` and replayed here.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from pathlib import Path

import pytest

from gateway.fix.versions import NAMES
from tests.fuzz import corpus, decoder, dictionaries, run
from tests.fuzz.engine import CASES, Campaign, Failure, Target, TooSlow, cases, read_case, replay
from tests.fuzz.targets import TARGETS

SEED = 20261122


@pytest.mark.parametrize("name", TARGETS)
def test_a_border_lets_nothing_through(name: str) -> None:
    """Documented outcomes only; seed and number of executions are printed."""
    target = TARGETS[name]
    campaign = Campaign(name, target, SEED)
    begun = time.process_time()
    failure = campaign.run(target.executions)
    took = time.process_time() - begun
    run.say(f"{name}: seed {SEED}, {campaign.executions} executions, {took:.1f} s of CPU")
    assert failure is None, failure.text()
    assert campaign.executions == target.executions


@pytest.mark.parametrize("path", cases(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_was_found_once_stays_mended(path: Path) -> None:
    """Each kept input runs against its target."""
    replay(TARGETS[path.parent.name], read_case(path))


def test_cases_belong_to_targets() -> None:
    """A kept input without a target would be replayed by nobody."""
    assert {path.parent.name for path in CASES.glob("*/*")} <= TARGETS.keys()


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_gets_through(name: str) -> None:
    """What a campaign begins with tells apart more than a few outcomes, so that mutants do too."""
    target = TARGETS[name]
    outcomes: set[Hashable] = set()
    for data in target.seeds():
        try:
            outcomes.add(target.run(data))
        except target.escapes as error:
            outcomes.add(type(error).__name__)
    assert len(outcomes) >= 3


@pytest.mark.parametrize("version", NAMES.values())
def test_the_decoder_runs_by_every_version(version: str) -> None:
    """What a campaign begins with is valid by our dictionary of its version, groups included."""
    at = list(NAMES.values()).index(version)
    outcomes = [decoder.run(frame) for frame in corpus.orders()[version]]
    kinds = [one[at][0] if isinstance(one, tuple) else None for one in outcomes]
    assert kinds == ["A", "D", "D", "D"]


# The machinery itself: what fails is noticed, made small, kept and replayed


def broken(data: bytes) -> Hashable:
    """A border that cannot bear two letters at once, and refuses a third one."""
    if b"R" in data:
        raise KeyError
    if b"M" in data and b"X" in data:
        raise ValueError("letters")
    return len(data)


BROKEN = Target(broken, (KeyError,), lambda: [b"some bytes to begin with"], (b"M", b"X"), 1)


def found() -> Failure:
    """What a campaign against it ends with."""
    failure = Campaign("broken", BROKEN, SEED).run(50_000)
    assert failure is not None
    return failure


def test_a_failure_is_found_and_made_small() -> None:
    """Two bytes are left of it; the same seed finds the same."""
    failure = found()
    assert sorted(failure.data) == sorted(b"MX")
    assert failure == found()
    assert "ValueError at test_targets.py" in failure.error


def test_a_failure_is_kept_and_read_back(tmp_path: Path) -> None:
    """As a text for people whose last line is the input; replaying it fails again."""
    failure = found()
    path = failure.keep(tmp_path)
    assert cases(tmp_path) == [path]
    assert f"seed {SEED}" in path.read_text(encoding="utf-8")
    assert read_case(path) == failure.data
    with pytest.raises(ValueError, match="letters"):
        replay(BROKEN, read_case(path))
    replay(BROKEN, b"R")


def test_an_input_that_hangs_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """More CPU than any input may take ends it."""

    def hangs(data: bytes) -> Hashable:
        while True:
            len(data)

    monkeypatch.setattr("tests.fuzz.engine.CPU_SECONDS_MAX", 0.05)
    target = Target(hangs, (), lambda: [b"x"], (b"y",), 1)
    failure = Campaign("hangs", target, SEED).run(1)
    assert failure is not None
    assert failure.error.startswith("TooSlow")
    with pytest.raises(TooSlow):
        replay(target, b"x")


def test_running_for_longer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints its seed and a line for each target; when all is well it keeps nothing."""
    arguments = [
        "--seconds",
        "0.2",
        "--target",
        "password",
        "--seed",
        "1",
        "--cases",
        f"{tmp_path}",
    ]
    assert run.main(arguments) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "fuzz seed 1, 0.2 s, password"
    assert printed[-1].split()[0] == "password"
    assert printed[-1].split()[-1] == "0"
    assert list(tmp_path.iterdir()) == []


def test_running_for_longer_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure is printed with its seed and as a literal, and kept; a target that goes on failing
    is left alone.
    """
    monkeypatch.setitem(TARGETS, "broken", BROKEN)
    arguments = ["--seconds", "60", "--target", "broken", "--seed", "7", "--cases", str(tmp_path)]
    assert run.main(arguments) == 1
    printed = capsys.readouterr().out
    assert "found with seed 7, " in printed
    assert "b'MX'" in printed or "b'XM'" in printed
    assert 1 <= len(cases(tmp_path)) <= 2
    assert printed.splitlines()[-1].split()[-1] == str(run.FAILURES_MAX)


# Dictionaries of an enemy


def test_nothing_outside_of_a_dictionary_is_read(tmp_path: Path) -> None:
    """An entity that names a file is an error, and its text stays where it is."""
    secret = tmp_path / "secret"
    secret.write_text("<field name='Side' required='Y'/>", encoding="utf-8")
    text = dictionaries.OUTSIDE.replace(b"/etc/hostname", bytes(secret))
    with pytest.raises(dictionaries.ESCAPES):
        dictionaries.run(text)


def test_a_bomb_of_entities_does_not_go_off() -> None:
    """Text that would grow to 3 GB is refused by the parser before it has grown."""
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 30}">' for i in range(9))
    bomb = f'<!DOCTYPE fix [{levels}]><fix type="&e8;" major="4" minor="4"/>'
    begun = time.process_time()
    with pytest.raises(dictionaries.ESCAPES):
        dictionaries.run(bomb.encode())
    assert time.process_time() - begun < 1


def test_a_component_within_itself_ends() -> None:
    """Neither for ever nor in a crash of the interpreter."""
    text = dictionaries.SMALL.replace(
        b'<component name="Party"><field',
        b'<component name="Party"><component name="Block"/><field',
    )
    assert text != dictionaries.SMALL
    with pytest.raises(dictionaries.ESCAPES):
        dictionaries.run(text)
