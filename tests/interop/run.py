"""`make interop`: FIX clients of other makers against a real server process.

Puts the libraries on the machine where they are missing, starts `fixpit serve` with an empty data
directory, and plays scenario.fix with each library in each FIX version it has a dictionary for. The
tape of each play, as the client programs saw it, goes to a file, and to the screen if the play
failed. Ends with a table; the exit code is 0 only when every line of every tape was as the script
has it and nobody rejected anything. A library whose language is not on the machine is left out, and
the table says so.

    python -m tests.interop.run [LIBRARY[:VERSION]]...       quickfix_j   quickfix_cpp:4.2
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence

from tests.interop import certificates
from tests.interop.config import FixVersion
from tests.interop.makers import MAKERS
from tests.interop.plays import CERTIFICATES, FOLDER, Play, Result, carry_out
from tests.interop.toolchain import ROOT, CannotInstall, NotHere, say
from tests.interop.venue import VenueFailed

PARTIES = ("AVA", "NON")
HEAD = ("client", "library version", "FIX", "TLS", "messages checked", "rejects", "result")


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 when every client got what the script says, 1 otherwise."""
    wanted = [argument.partition(":") for argument in arguments or MAKERS]
    for name, _, version in wanted:
        if name not in MAKERS or (version and version not in set(FixVersion)):
            allowed = f"{'|'.join(MAKERS)}[:{'|'.join(FixVersion)}]"
            print(f"client must be {allowed}, was {name}:{version}", file=sys.stderr)
            return 2
    started = time.monotonic()
    left_out: list[str] = []
    try:
        plays = list(_plays(((name, version) for name, _, version in wanted), left_out))
        results = _carry_out(plays)
    except (CannotInstall, VenueFailed) as error:
        print(f"interop: {error}", file=sys.stderr)
        return 1
    _print_table([_row(result) for result in results])
    print("\n".join(left_out))
    passed = sum(result.is_ok for result in results)
    failed = len(plays) - passed
    print(f"{time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed, {len(left_out)} skipped")
    return 1 if failed else 0


def _plays(wanted: Iterable[tuple[str, str]], left_out: list[str]) -> Iterator[Play]:
    """Make each library ready; says of those the machine cannot have that they are left out."""
    for name, version in wanted:
        try:
            client = MAKERS[name]()
        except NotHere as reason:
            left_out.append(f"{name} LEFT OUT: {reason}")
            say(left_out[-1])
            continue
        for one in client.fix_versions:
            if version in ("", one):
                yield Play(client, one)


def _carry_out(plays: Sequence[Play]) -> list[Result]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    comp_ids = {party + play.suffix for play in plays for party in PARTIES}
    certificates.make(CERTIFICATES, sorted(comp_ids), ROOT)
    for play in plays:
        if play.has_tls:
            play.client.certificates(CERTIFICATES, PARTIES[0] + play.suffix)
    return carry_out(plays, lambda text: print(text, flush=True))


def _row(result: Result) -> Sequence[str]:
    play = result.play
    tls = "yes" if play.has_tls else "no"
    counts = (str(result.messages), str(result.rejects))
    outcome = "ok" if result.is_ok else "FAILED"
    return (play.client.name, play.client.version, play.version, tls, *counts, outcome)


def _print_table(rows: Iterable[Sequence[str]]) -> None:
    lines = [HEAD, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    print()
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print(" | ".join(cells).rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
