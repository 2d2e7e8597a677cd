"""What a machine lacks is said by name, and what was made is not made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.toolchain import NotHere, is_made, mark_made, require, stamp_of


def test_a_missing_language_is_named_with_its_programs() -> None:
    """The line says which programs are missing and what would bring them."""
    with pytest.raises(NotHere, match=r"^no no-java and no no-mvn on this machine: install a JDK$"):
        require("a JDK", "no-java", "sh", "no-mvn")


def test_programs_that_are_there_are_given_by_path() -> None:
    """In the order they were asked for."""
    assert [Path(path).name for path in require("a shell", "sh", "cat")] == ["sh", "cat"]


def test_a_client_is_made_again_when_its_sources_change(tmp_path: Path) -> None:
    """The stamp stands for every byte that went into it."""
    stamp = stamp_of(b"client", b"1.0")
    assert not is_made(tmp_path, stamp)
    mark_made(tmp_path, stamp)
    assert is_made(tmp_path, stamp)
    assert not is_made(tmp_path, stamp_of(b"client", b"1.1"))
