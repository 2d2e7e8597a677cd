"""Writes the files of `fix_specs/` that follow from the table: `python -m tests.specs.write`."""

from __future__ import annotations

from tests.specs.made import made
from tests.specs.table import SPECS


def main() -> None:
    """Write every made file whose text has changed."""
    for name, text in made().items():
        path = SPECS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
