"""What follows from the table is in the files, and what the files say follows from the table."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.specs.made import RULES, made
from tests.specs.table import SPECS

MADE = made()


@pytest.mark.parametrize("name", MADE)
def test_the_files_are_those_that_follow_from_the_table(name: str) -> None:
    """Whoever changes the table or a refusal runs `make specs`; whoever changes a file is told."""
    assert (SPECS / name).read_text(encoding="utf-8") == MADE[name], "run: make specs"


def test_a_change_of_the_table_reaches_every_file(tmp_path: Path) -> None:
    """One word in a row, one in a field's values, one code of a refusal: all files follow."""
    for name in ("messages.txt", "fields.txt", "reject_reasons.toml", RULES):
        shutil.copy(SPECS / name, tmp_path)
    _replace(tmp_path / "messages.txt", "| MsgSeqNum of the rejected message", "| its number")
    _replace(tmp_path / "fields.txt", "0 DAY\n", "0 TODAY\n")
    _replace(tmp_path / "reject_reasons.toml", '{ "FIX.4.2" = 1,', '{ "FIX.4.2" = 8,')
    changed = made(tmp_path)
    assert [name for name in MADE if changed[name] == MADE[name]] == ["FIXT11.xml"]
    assert "| 45 | RefSeqNum | Y | Y | Y | its number |" in changed[RULES]
    assert '<value enum="0" description="TODAY"/>' in changed["FIX50SP2.xml"]
    assert '<value enum="8" description="STALE_ORDER"/>' in changed["FIX42.xml"]


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
