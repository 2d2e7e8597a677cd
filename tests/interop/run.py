"""`make interop`: FIX clients of three other makers against a real server process.

Puts the libraries on the machine where they are missing, starts one `fixpit serve` with an empty
data directory, and plays scenario.fix with each library in turn. Prints the tape as the client
programs saw it and a table at the end; the exit code is 0 only when every line of every tape was
as the script has it and nobody rejected anything.

    python -m tests.interop.run [quickfix_cpp] [fixcore_engine] [jspurefix]
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.interop import toolchain
from tests.interop.story import Story, StoryFailed
from tests.interop.tape import Step, parse_script
from tests.interop.toolchain import CACHE, HERE, ROOT, CannotInstall, Client
from tests.interop.venue import Venue, VenueFailed

VENUE_COMP_ID = "PIT"

MAKERS: dict[str, Callable[[], Client]] = {
    "quickfix_cpp": toolchain.quickfix_cpp,
    "fixcore_engine": toolchain.fixcore_engine,
    "jspurefix": toolchain.jspurefix,
}


@dataclass(frozen=True)
class Row:
    """What one client has to show for itself."""

    client: str
    version: str
    messages: int
    rejects: int
    result: str


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 when every client got what the script says, 1 otherwise."""
    unknown = [name for name in arguments if name not in MAKERS]
    if unknown:
        print(f"client must be one of {', '.join(MAKERS)}, was {unknown[0]}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    try:
        clients = [MAKERS[name]() for name in arguments or MAKERS]
        _play_all(clients, rows)
    except (CannotInstall, VenueFailed) as error:
        print(f"interop: {error}", file=sys.stderr)
        return 1
    finally:
        _print_table(rows)
    return 0 if all(row.result == "ok" for row in rows) else 1


def _play_all(clients: Sequence[Client], rows: list[Row]) -> None:
    """One venue for all of them; only a client that failed leaves orders, so a fresh one then."""
    steps = parse_script((HERE / "scenario.fix").read_text())
    folder = CACHE / "run"
    shutil.rmtree(folder, ignore_errors=True)
    waiting = list(clients)
    while waiting:
        exec_ids: set[str] = set()
        with Venue(folder / f"venue-{len(rows) + 1}", ROOT) as venue:
            while waiting:
                client = waiting.pop(0)
                rows.append(_play(client, venue, steps, folder / client.run, exec_ids))
                if rows[-1].result != "ok":
                    break


def _play(
    client: Client, venue: Venue, steps: Sequence[Step], home: Path, exec_ids: set[str]
) -> Row:
    """The whole script with one client library."""

    def command(sender: str, store: Path, reset: bool) -> Sequence[str]:  # noqa: FBT001
        session = [venue.host, str(venue.port), sender, VENUE_COMP_ID, str(store)]
        return client.command([*session, "Y" if reset else "N"])

    story = Story(client.run, command, home, exec_ids)
    print(f"\n{client.name} {client.version}", flush=True)
    start = time.monotonic()
    try:
        story.play(steps)
        result = "ok"
        print(f"  ok, {time.monotonic() - start:.1f} s")
    except StoryFailed as failure:
        result = "FAILED"
        print(f"  FAILED at {failure}")
        print(f"  logs: {venue.log} {home}/*/client.log", flush=True)
    return Row(client.name, client.version, story.messages, story.rejects, result)


def _print_table(rows: Sequence[Row]) -> None:
    head = ("client", "library version", "messages checked", "rejects", "result")
    lines = [head] + [
        (row.client, row.version, str(row.messages), str(row.rejects), row.result) for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    print()
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print(" | ".join(cells).rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
