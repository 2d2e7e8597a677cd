"""The sequence numbers between two runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.client.events import SequenceNumbers
from gateway.client.sequence_file import SequenceFile, SequenceFileError


def test_without_a_file_both_directions_start_at_one(tmp_path: Path) -> None:
    """The first run needs no preparation."""
    assert SequenceFile(tmp_path / "state", "AVA", "PIT").load() == SequenceNumbers(1, 1)


def test_saved_numbers_come_back(tmp_path: Path) -> None:
    """The last numbers saved are those of the next run."""
    kept = SequenceFile(tmp_path / "state", "AVA", "PIT")
    kept.save(SequenceNumbers(3, 4))
    kept.save(SequenceNumbers(5, 4))
    assert SequenceFile(tmp_path / "state", "AVA", "PIT").load() == SequenceNumbers(5, 4)


def test_numbers_that_have_not_moved_are_not_written(tmp_path: Path) -> None:
    """Nothing new, no write."""
    kept = SequenceFile(tmp_path / "state", "AVA", "PIT")
    kept.save(SequenceNumbers(3, 4))
    (tmp_path / "state").unlink()
    kept.save(SequenceNumbers(3, 4))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must hold sender, target, next_out and next_in"),
        ("[]", "must hold sender, target, next_out and next_in"),
        ('{"sender":"AVA"}', "must hold sender, target, next_out and next_in"),
        (
            '{"sender":"NON","target":"PIT","next_out":1,"next_in":1}',
            "belongs to NON at PIT",
        ),
    ],
)
def test_a_file_that_is_not_this_sessions_is_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    """Numbers of another session would end this one."""
    path = tmp_path / "state"
    path.write_text(text)
    with pytest.raises(SequenceFileError) as caught:
        SequenceFile(path, "AVA", "PIT").load()
    assert str(caught.value) == f"{path} {problem}"
