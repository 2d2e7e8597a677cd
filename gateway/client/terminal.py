"""`fixpit client` on the command line: options, where lines come from, how lines are shown.

Lines come from a file (read and checked before the venue hears of it), from a pipe as they are
written, or from a terminal. Standard input is watched by the event loop, not by a thread, so that
leaving never waits for a key. A terminal gets a prompt, which reports move out of their way.

Exit codes: 0 done, 1 an expectation failed or the connection was lost, 2 wrong options or a line
that is no command, 130 interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import ssl
import stat
import sys
from pathlib import Path

from gateway.client.commands import CommandError
from gateway.client.events import SessionConfig
from gateway.client.parser import parse
from gateway.client.sequence_file import SequenceFile, SequenceFileError
from gateway.client.shell import FAILED, MISUSED, Line, Lines, Shell, ShellConfig
from gateway.tls import TlsProblem, client_context

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it
_READ_BYTES = 64 * 1024
_CLEAR_LINE = "\r\x1b[K"
_BEGIN_STRINGS = {"4.2": "FIX.4.2", "4.4": "FIX.4.4", "5.0SP2": "FIXT.1.1"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `fixpit client`."""
    parser.add_argument("script", nargs="?", help="file of commands; - or none: standard input")
    parser.add_argument("--script", dest="script_option", metavar="FILE", help="the same")
    parser.add_argument("--host", default="127.0.0.1", help="of the venue (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=9880, help="of the venue (default: %(default)s)"
    )
    _add_session_arguments(parser)
    _add_tls_arguments(parser)
    parser.add_argument("--raw", action="store_true", help="show every FIX message too, with |")
    parser.add_argument(
        "--timeout",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how long expect and wait wait (default: %(default)s)",
    )


def _add_session_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sender", default="AVA", metavar="ID", help="SenderCompID (default: %(default)s)"
    )
    parser.add_argument(
        "--target", default="PIT", metavar="ID", help="TargetCompID (default: %(default)s)"
    )
    parser.add_argument(
        "--version",
        "--begin-string",
        dest="begin_string",
        type=_begin_string,
        default="FIX.4.4",
        metavar="VERSION",
        help="of FIX: 4.2, 4.4 or 5.0SP2, or its BeginString (default: 4.4)",
    )
    parser.add_argument(
        "--heartbeat",
        type=int,
        default=30,
        metavar="SECONDS",
        help="HeartBtInt (default: %(default)s, 0: none)",
    )
    parser.add_argument(
        "--reset",
        action="store_true",
        help="start both sequence numbers at 1 (141=Y); always so without --state",
    )
    parser.add_argument(
        "--state",
        "--seq-file",
        dest="state",
        type=Path,
        metavar="FILE",
        help="keep both sequence numbers here between runs",
    )
    parser.add_argument("--username", "--user", metavar="NAME", help="Username(553) of the Logon")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="its first line is the Password(554)"
    )


def _add_tls_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tls", action="store_true", help="use TLS; the venue's certificate must be for --host"
    )
    parser.add_argument(
        "--ca",
        type=Path,
        metavar="FILE",
        help="who signs the venue's certificate (PEM; none: the system's roots); means --tls",
    )
    parser.add_argument(
        "--cert", type=Path, metavar="FILE", help="our own certificate (PEM); means --tls"
    )
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="its key (PEM; none: in the same file)"
    )


def _begin_string(text: str) -> str:
    begin_string = _BEGIN_STRINGS.get(text, text)
    if begin_string not in _BEGIN_STRINGS.values():
        raise argparse.ArgumentTypeError(f"must be {', '.join(_BEGIN_STRINGS)}, was {text}")
    return begin_string


def run(args: argparse.Namespace) -> int:
    """Run the client and return its exit code."""
    try:
        return asyncio.run(_main(args))
    except (CommandError, SequenceFileError, TlsProblem, OSError, UnicodeDecodeError) as error:
        print(f"fixpit client: {error}", file=sys.stderr)
        return MISUSED
    except KeyboardInterrupt:
        return _INTERRUPTED


async def _main(args: argparse.Namespace) -> int:
    script = _script(args)
    tls = _tls(args)
    interactive = script is None and sys.stdin.isatty()
    screen = Screen(f"{args.sender}> " if interactive and sys.stdout.isatty() else "")
    shell = Shell(
        ShellConfig(interactive=interactive, raw=args.raw, timeout=args.timeout),
        _session_config(args),
        screen.show,
        screen.show if interactive else _complain,
        SequenceFile(args.state, args.sender, args.target) if args.state is not None else None,
    )
    try:
        if not await shell.log_on(args.host, args.port, tls):
            return FAILED
        if script is not None:
            _put_all(shell.lines, script)
        else:
            screen.start("help lists the commands" if interactive else "")
            _watch_stdin(shell.lines, screen)
        code = await shell.run()
        await shell.leave()
        return code
    finally:
        screen.stop()
        await shell.abandon()


def _script(args: argparse.Namespace) -> list[Line] | None:
    """Read and check the script; None: standard input is to be read as it comes."""
    if args.script is not None and args.script_option is not None:
        raise CommandError("script must be given once, was given twice")
    name = args.script_option or args.script or "-"
    if name != "-":
        texts = Path(name).read_text(encoding="utf-8").splitlines()
    elif stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode):
        texts = sys.stdin.read().splitlines()
    else:
        return None
    lines = [Line(text, f"{name}:{at}: ") for at, text in enumerate(texts, start=1)]
    for line in lines:
        try:
            parse(line.text)
        except CommandError as error:
            raise CommandError(f"{line.place}{error}") from None
    return lines


def _tls(args: argparse.Namespace) -> ssl.SSLContext | None:
    """Make the TLS context; a file given for it asks for TLS as well, for it must not be idle."""
    if not (args.tls or args.ca or args.cert or args.key):
        return None
    return client_context(args.ca, args.cert, args.key)


def _session_config(args: argparse.Namespace) -> SessionConfig:
    password = None
    if args.password_file is not None:
        password = args.password_file.read_text(encoding="utf-8").partition("\n")[0].strip()
    return SessionConfig(
        sender_comp_id=args.sender,
        target_comp_id=args.target,
        begin_string=args.begin_string,
        heartbeat_seconds=args.heartbeat,
        reset=args.reset or args.state is None,
        username=args.username,
        password=password,
    )


class Screen:
    """Standard output, with a prompt that stays the last line."""

    def __init__(self, prompt: str) -> None:
        self._prompt = prompt
        self._asking = False

    def start(self, greeting: str) -> None:
        """Show a greeting, and the prompt from now on."""
        self._asking = bool(self._prompt)
        if greeting:
            self.show(greeting)

    def stop(self) -> None:
        """Take the prompt away."""
        if self._asking:
            self._asking = False
            _print(_CLEAR_LINE)

    def show(self, text: str) -> None:
        """Show a line, above the prompt if there is one."""
        _print(f"{_CLEAR_LINE}{text}\n{self._prompt}" if self._asking else f"{text}\n")

    def ask(self) -> None:
        """Show the prompt again, after a line was typed."""
        if self._asking:
            _print(f"{_CLEAR_LINE}{self._prompt}")


def _print(text: str) -> None:
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:  # the reader has seen enough; the script still runs to its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(text: str) -> None:
    print(f"fixpit client: {text}", file=sys.stderr)


def _put_all(lines: Lines, script: list[Line]) -> None:
    for line in (*script, None):
        lines.put_nowait(line)


def _watch_stdin(lines: Lines, screen: Screen) -> None:
    """Put each line of standard input into the queue, and None at its end."""
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()
    buffer = b""
    count = 0

    def readable() -> None:
        nonlocal buffer, count
        data = os.read(descriptor, _READ_BYTES)
        *whole, buffer = (buffer + data).split(b"\n") if data else [buffer, b""]
        for raw in whole:
            count += 1
            place = "" if sys.stdin.isatty() else f"line {count}: "
            lines.put_nowait(Line(raw.decode(errors="replace"), place))
        if data:
            screen.ask()
        else:
            loop.remove_reader(descriptor)
            lines.put_nowait(None)

    try:
        loop.add_reader(descriptor, readable)
    except PermissionError:  # /dev/null: nothing to watch, nothing to read
        lines.put_nowait(None)
