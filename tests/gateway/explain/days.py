"""Data directories with a log of one or more days, written by a real `SegmentLog` as tapes.

    09:00:00 N1 NON buy 300 @ 100.00      the words of tests.support.market after the time (UTC)
    09:00:07 phase CLOSING_CALL           the operator's phase
    09:00:09 time                         time passes
    09:00:09 cancel N1 NON buy            the session has the member's name

Each `write` is one start of the venue, so one segment of the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from engine.commands import CancelOrder, ChangePhase, Command, EnterOrder, PassTime
from gateway.log.records import Record
from tests.support import logs
from tests.support.market import SECOND, SIDES, SYMBOL, Rules, enter, lines

TODAY, YESTERDAY = "2024-01-03", "2024-01-02"


def moment(day: str, time: str) -> int:
    """A moment of a day in ns UTC."""
    return int(datetime.fromisoformat(f"{day}T{time}+00:00").timestamp()) * SECOND


def write(
    data_dir: Path,
    tape: str,
    *,
    day: str = TODAY,
    rules: Rules | None = None,
    terms: Mapping[str, Mapping[str, object]] | None = None,
    first: Sequence[Command] = (),
) -> None:
    """Add a run of the venue to the log; the first one defines it (`rules`, then `first`).

    `terms` changes the entry of a ClOrdID in what the tape has no words for.
    """
    log, found, _ = logs.open_log(data_dir / "log")
    told = lines(tape)
    opening = moment(day, told[0].split()[0])
    definitions = [] if found else (rules or Rules()).definitions()
    commands = [(opening, command) for command in (*definitions, *first)]
    commands += [(moment(day, line.split()[0]), _command(line, terms or {})) for line in told]
    for at, command in commands:
        log.append(Record(log.last_seq + 1, at, at, 0, command))
        log.commit()
    log.close()


def _command(line: str, terms: Mapping[str, Mapping[str, object]]) -> Command:
    _, verb, *words = line.split()
    if verb == "time":
        return PassTime()
    if verb == "phase":
        return ChangePhase("STO", words[0])
    if verb == "cancel":
        return CancelOrder(words[1], f"{words[0]}-cancel", words[0], SYMBOL, SIDES[words[2]])
    entry = enter(line.partition(" ")[2])
    changed: EnterOrder = replace(entry, **terms.get(entry.cl_ord_id, {}))
    return changed
