"""The sequence numbers between two runs of the client, in a small JSON file.

Written before the bytes that use a number leave: too high heals, because the venue asks for what it
missed, too low ends the session. The file belongs to one pair of comp ids and says so.
"""

from __future__ import annotations

import json
from pathlib import Path

from gateway.client.events import SequenceNumbers


class SequenceFileError(Exception):
    """The file is there, but it is not this session's; the text says why."""


class SequenceFile:
    """Loads and saves the numbers of one session; not for two processes at once."""

    def __init__(self, path: Path, sender_comp_id: str, target_comp_id: str) -> None:
        self._path = path
        self._session = {"sender": sender_comp_id, "target": target_comp_id}
        self._saved: tuple[int, int] | None = None

    def load(self) -> SequenceNumbers:
        """Return the numbers kept, or 1 and 1 where there is no file yet."""
        try:
            text = self._path.read_text()
        except FileNotFoundError:
            return SequenceNumbers()
        try:
            kept = json.loads(text)
            out, into = int(kept["next_out"]), int(kept["next_in"])
            session = {key: kept[key] for key in self._session}
        except (ValueError, KeyError, TypeError):
            raise SequenceFileError(
                f"{self._path} must hold sender, target, next_out and next_in"
            ) from None
        if session != self._session:
            raise SequenceFileError(
                f"{self._path} belongs to {session['sender']} at {session['target']}"
            )
        return SequenceNumbers(out, into)

    def save(self, numbers: SequenceNumbers) -> None:
        """Write the numbers if they have moved; the file is never seen half written."""
        if self._saved == (numbers.out, numbers.into):
            return
        self._saved = (numbers.out, numbers.into)
        new = self._path.with_name(f"{self._path.name}.new")
        new.write_text(
            json.dumps(self._session | {"next_out": numbers.out, "next_in": numbers.into}) + "\n"
        )
        new.replace(self._path)
