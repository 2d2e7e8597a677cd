"""`fixpit explain`: why an order or a trade went as it did, out of the log of a data directory.

    fixpit explain T5
    fixpit explain O12 --data-dir var --json
    fixpit explain A1 --session AVA

Works beside a running venue and without one. Exit codes: 0 explained, 2 wrong options, no log, or
nothing in it of that name, 4 log corrupt, 5 log unreadable. `explain_in_process` is the same for
the control API: in a process of its own, because reading a long log must not hold up orders.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from weakref import WeakKeyDictionary

from gateway import config as configuration
from gateway.config import ConfigError
from gateway.explain.answer import Unknown, explain
from gateway.explain.words import Json
from gateway.fix.hours import timezone_problem
from gateway.log.frames import LogCorrupt
from gateway.view import printable

DONE, MISUSED, CORRUPT, DISK_ERROR = 0, 2, 4, 5

PROCESSES_MAX = 2
TIMEOUT_SECONDS = 60.0
_NICENESS = 10
"""A venue on the same machine goes first."""

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class NotExplained(Exception):
    """There is no explanation; `unknown` if that is because the log has no such order or trade."""

    def __init__(self, text: str, *, unknown: bool) -> None:
        super().__init__(text)
        self.unknown = unknown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `fixpit explain`."""
    parser.add_argument(
        "what", metavar="ORDER_OR_TRADE", help="OrderID (O12), match id (T5) or ClOrdID"
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the log is kept")
    parser.add_argument("--config", type=Path, metavar="FILE", help="none: the demo venue")
    parser.add_argument(
        "--timezone",
        default="",
        metavar="ZONE",
        help="of moments in sentences (default: the venue's)",
    )
    parser.add_argument("--json", action="store_true", help="as data")
    parser.add_argument(
        "--session", default="", metavar="COMP_ID", help="whose ClOrdID it is, if several had it"
    )


def run(args: argparse.Namespace) -> int:
    """Print an explanation."""
    try:
        config = configuration.load(args.config) if args.config else configuration.demo()
        timezone = args.timezone or config.venue.timezone
        rule = timezone_problem(timezone)
        if rule:
            return _complain(f"--timezone {rule}, was {timezone}", MISUSED)
        log = (args.data_dir or Path(config.venue.data_dir)) / "log"
        told = explain(log, args.what, args.session, timezone)
    except (ConfigError, Unknown) as error:
        return _complain(str(error), MISUSED)
    except LogCorrupt as error:
        return _complain(f"log corrupt: {error}", CORRUPT)
    except FileNotFoundError as error:
        return _complain(f"{error.filename} must be the log of a venue, and is not there", MISUSED)
    except OSError as error:
        return _complain(f"log unreadable: {error}", DISK_ERROR)
    sys.stdout.write(json.dumps(told) + "\n" if args.json else in_words(told))
    return DONE


def in_words(told: Json) -> str:
    """The sentences of an explanation, one a line."""
    sentences = told["sentences"]
    assert isinstance(sentences, list)
    return "".join(f"{printable(sentence)}\n" for sentence in sentences)


def _complain(text: str, code: int) -> int:
    sys.stderr.write(f"fixpit explain: {printable(text)}\n")
    return code


async def explain_in_process(
    data_dir: Path, what: str, *, timezone: str = "", timeout_seconds: float = TIMEOUT_SECONDS
) -> Json:
    """The explanation of an OrderID or match id; raises NotExplained.

    `timezone` is the venue's, for the sentences (default: the demo venue's).

    What is not written to the log yet is not known: await durability first. More than
    `PROCESSES_MAX` wait for each other.
    """
    loop = asyncio.get_running_loop()
    turn = _turns.setdefault(loop, asyncio.Semaphore(PROCESSES_MAX))
    async with turn:
        return await _run_process(data_dir, what, timezone, timeout_seconds)


async def _run_process(data_dir: Path, what: str, timezone: str, timeout_seconds: float) -> Json:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "gateway.cli", "explain", "--json")
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--data-dir", str(data_dir), "--timezone", timezone, "--"),
        what,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
    )
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
    try:
        async with asyncio.timeout(timeout_seconds):
            out, complaint = await process.communicate()
    except TimeoutError as error:
        text = f"explaining {what} must take no more than {timeout_seconds:g} s, took longer"
        raise NotExplained(text, unknown=False) from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == DONE:
        told: Json = json.loads(out)
        return told
    text = complaint.decode(errors="replace").strip().removeprefix("fixpit explain: ")
    raise NotExplained(text, unknown=process.returncode == MISUSED)
