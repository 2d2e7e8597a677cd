"""The command `fixpit`: one function per subcommand, arguments and exit codes.

Exit codes of `serve`: 0 clean stop, 2 bad configuration or arguments, 3 data directory locked by
another process, 4 log corrupt, 5 disk error while running, 1 a bug. stdout carries the ready line
and nothing else; logs go to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import getpass
import importlib
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog

from fixpit.build import RUNNING
from gateway import certificates, log_commands, passwords, session_command, view
from gateway import config as configuration
from gateway import logging as operator_log
from gateway.app import CannotListen, Venue
from gateway.client import terminal
from gateway.config import Config, ConfigError
from gateway.config_check import violations
from gateway.config_door import is_loopback
from gateway.config_text import key_text
from gateway.config_words import describe, not_yet_served
from gateway.explain import command as explain_command
from gateway.garbage import keep_what_is_there, uncollected
from gateway.log.frames import LogCorrupt
from gateway.log.segment_file import LogLocked
from gateway.market_clock import (
    NORMAL,
    MarketOptions,
    MarketTimeError,
    parse_seed,
    parse_speed,
    parse_time,
)
from gateway.tls import TlsProblem
from gateway.web.listening import listen

_T = TypeVar("_T")

HTTP_OFF = -1
CLEAN, BUG, BAD_CONFIGURATION, LOCKED, CORRUPT, DISK_ERROR = 0, 1, 2, 3, 4, 5


def main(argv: list[str] | None = None) -> int:
    """Run one subcommand; returns its exit code."""
    parser = argparse.ArgumentParser(prog="fixpit", description="An exchange anyone can run.")
    parser.add_argument("--version", action="version", version=f"fixpit {_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add(commands, "serve", "run the venue", _add_serve_arguments, serve)
    _add(commands, "client", "a FIX client for people and scripts", *_client())
    _add(commands, "check-config", "say what a venue file means", _add_file_argument, check_config)
    _add(commands, "view", "FIX in readable form", view.add_arguments, view.run)
    _add(commands, "explain", "why an order or a trade went as it did", *_explain())
    _add(commands, "replay", "what a log leads to", *_log("replay"))
    _add(commands, "verify", "whether a log is whole and leads to what it led to", *_log("verify"))
    _add(commands, "snapshot", "let the next start begin here", *_log("snapshot"))
    _add(commands, "void", "let a command of the log not have happened", *_log("void"))
    _add(commands, "session", "sessions of a running venue", *_session())
    _add(commands, "hash-password", "make a password_scrypt", _add_hash_arguments, hash_password)
    _add(commands, "make-certs", "certificates for trying out TLS", *_certificates())
    args = parser.parse_args(argv)
    run: Callable[[argparse.Namespace], int] = args.run
    try:
        code = run(args)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLEAN
    return code


def _certificates() -> tuple[Callable[[argparse.ArgumentParser], None], Callable[[Any], int]]:
    return certificates.add_arguments, certificates.run


def _session() -> tuple[Callable[[argparse.ArgumentParser], None], Callable[[Any], int]]:
    return session_command.add_arguments, session_command.run


def _explain() -> tuple[Callable[[argparse.ArgumentParser], None], Callable[[Any], int]]:
    return explain_command.add_arguments, explain_command.run


def _log(name: str) -> tuple[Callable[[argparse.ArgumentParser], None], Callable[[Any], int]]:
    return {
        "replay": (log_commands.add_replay_arguments, log_commands.replay),
        "verify": (log_commands.add_verify_arguments, log_commands.verify),
        "snapshot": (log_commands.add_snapshot_arguments, log_commands.snapshot),
        "void": (log_commands.add_void_arguments, log_commands.void),
    }[name]


def _client() -> tuple[Callable[[argparse.ArgumentParser], None], Callable[[Any], int]]:
    return terminal.add_arguments, terminal.run


def _add(
    commands: Any,
    name: str,
    text: str,
    add_arguments: Callable[[argparse.ArgumentParser], None],
    run: Callable[[argparse.Namespace], int],
) -> None:
    parser = commands.add_parser(name, help=text, description=text)
    add_arguments(parser)
    parser.set_defaults(run=run)


# serve


def _add_serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="none: the demo venue")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the log is kept")
    parser.add_argument("--fix-host", metavar="HOST")
    parser.add_argument("--fix-port", type=int, metavar="N", help="0: any free port, -1: off")
    parser.add_argument("--sync", metavar="POLICY", help="group | interval:MS | none")
    parser.add_argument(
        "--http-host", default="127.0.0.1", metavar="HOST", help="of the control API: loopback only"
    )
    parser.add_argument(
        "--http-port",
        type=int,
        default=HTTP_OFF,
        metavar="N",
        help="of the control API; 0: any free port, -1: off (default)",
    )
    parser.add_argument(
        "--market-time", metavar="ISO8601", help="when the market begins; none: now"
    )
    parser.add_argument(
        "--market-speed",
        metavar="X",
        help="1: normal (default), 60: a minute a second, 0: stands still",
    )
    parser.add_argument("--seed", metavar="N", help="what random moments follow from")


def serve(args: argparse.Namespace) -> int:
    """Run the venue until SIGTERM or SIGINT."""
    operator_log.configure()
    try:
        _check_http(args)
        config = _effective(args)
        market = _market_options(args, config)
    except ConfigError as error:
        return _complain(str(error), BAD_CONFIGURATION)
    data_dir: Path = args.data_dir or Path(config.venue.data_dir)
    try:
        return _run_loop(_serve(args, config, data_dir, market))
    except CannotListen as error:
        return _complain(str(error), BAD_CONFIGURATION)
    except MarketTimeError as error:
        return _complain(f"arguments: --market-time: {error}", BAD_CONFIGURATION)
    except LogLocked as error:
        return _complain(f"{error}: another process has this data directory", LOCKED)
    except LogCorrupt as error:
        return _complain(f"log corrupt: {error}", CORRUPT)
    except OSError as error:
        return _complain(f"{data_dir}: {error}", DISK_ERROR)


def _effective(args: argparse.Namespace) -> Config:
    """The configuration with the options' word on top; raises ConfigError."""
    config = _load(args.config)
    name = str(args.config or "demo venue")
    options = {"host": args.fix_host, "port": args.fix_port}
    changes = {key: value for key, value in options.items() if value is not None}
    fix = msgspec.structs.asdict(config.fix) | changes
    sync = {"sync": args.sync or config.log.sync}
    try:
        config = msgspec.structs.replace(
            config,
            fix=msgspec.convert(fix, configuration.FixConfig),
            log=msgspec.convert(sync, configuration.LogConfig),
        )
    except msgspec.ValidationError as error:
        raise ConfigError("arguments", 0, "", str(error)) from error
    for path, message in violations(config):
        raise ConfigError(name, 0, key_text(path), message)
    for sentence in not_yet_served(config):
        raise ConfigError(name, 0, "", sentence)
    return config


def _check_http(args: argparse.Namespace) -> None:
    """Whoever reaches the control API may use it: it stays on this machine. Raises ConfigError."""
    if not is_loopback(args.http_host):
        text = f"must be localhost or a loopback address, was {args.http_host}"
        raise ConfigError("arguments", 0, "--http-host", text)
    if not HTTP_OFF <= args.http_port <= 65535:
        text = f"must be 0 (any free port) to 65535, or -1 (off), was {args.http_port}"
        raise ConfigError("arguments", 0, "--http-port", text)


def _market_options(args: argparse.Namespace, config: Config) -> MarketOptions:
    """How market time begins; raises ConfigError."""
    zone = config.venue.timezone
    start = _option("--market-time", args.market_time, lambda text: parse_time(text, zone))
    speed = _option("--market-speed", args.market_speed, parse_speed)
    return MarketOptions(
        start, NORMAL if speed is None else speed, _option("--seed", args.seed, parse_seed)
    )


def _option(name: str, text: str | None, parse: Callable[[str], _T]) -> _T | None:
    """What an option means, None where it was not given; raises ConfigError."""
    try:
        return None if text is None else parse(text)
    except ValueError as error:
        raise ConfigError("arguments", 0, name, str(error)) from error


def _http_socket(args: argparse.Namespace) -> socket.socket | None:
    """Where the control API will be served, None if nowhere; raises CannotListen."""
    if args.http_port == HTTP_OFF:
        return None
    try:
        return listen(args.http_host, args.http_port)
    except OSError as error:
        place = f"{args.http_host}:{args.http_port}"
        raise CannotListen(f"cannot serve HTTP at {place}: {error.strerror}") from error


def _load(file: Path | None) -> Config:
    return configuration.demo() if file is None else configuration.load(file)


async def _serve(
    args: argparse.Namespace, config: Config, data_dir: Path, market: MarketOptions
) -> int:
    _raise_file_limit()
    with uncollected():
        try:
            venue = Venue(config, data_dir, config.log.sync, market=market)
        except OSError as error:
            return _complain(f"{data_dir}: {error}", BAD_CONFIGURATION)
        venue.recover()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, venue.stop)
    loop.add_signal_handler(signal.SIGHUP, _reload, venue, args)
    keep_what_is_there()
    http = _http_socket(args)
    try:
        await venue.start()
    except TlsProblem as error:
        return _complain(str(error), BAD_CONFIGURATION)
    if http is not None:
        await venue.start_http(http, lambda: _effective(args), _version())
    structlog.get_logger().info("venue.build", build=RUNNING.name, reason=RUNNING.reason)
    ready = {
        "ready": True,
        "fix": _address(venue.address),
        **({"fix_tls": _address(venue.tls_address)} if venue.tls_address else {}),
        "http": _address(venue.http_address),
        "data_dir": str(data_dir),
        "recovered_commands": venue.recovered,
        "sync": config.log.sync,
        "version": _version(),
    }
    print(json.dumps(ready, separators=(",", ":")), flush=True)
    await venue.run()
    if venue.failed is None:
        return CLEAN
    return DISK_ERROR if isinstance(venue.failed, OSError) else BUG


def _reload(venue: Venue, args: argparse.Namespace) -> None:
    """Read the venue file again; one that is not in order changes nothing."""
    try:
        venue.reload(_effective(args))
    except ConfigError as error:
        structlog.get_logger().error("config.not_reloaded", error=str(error))


def _raise_file_limit() -> None:
    """A connection is a file: take as many as the system lets us."""
    with contextlib.suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _address(address: tuple[str, int] | None) -> dict[str, str | int] | None:
    return {"host": address[0], "port": address[1]} if address else None


def _run_loop(main_task: Coroutine[Any, Any, int]) -> int:
    """Run under uvloop where it has a wheel, else under asyncio's own loop."""
    factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with contextlib.suppress(ImportError):
        factory = importlib.import_module("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main_task)


# The small ones


def _add_file_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")


def check_config(args: argparse.Namespace) -> int:
    """Print the venue in words, or what is wrong with its file."""
    try:
        config = configuration.load(args.file)
    except ConfigError as error:
        return _complain(str(error), BAD_CONFIGURATION)
    print(describe(config))
    notes = list(not_yet_served(config))
    if notes:
        print("\nNot served by this version:")
        for sentence in notes:
            print(f"  {sentence}")
    return CLEAN


def _add_hash_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--argon2", action="store_true", help="make a password_argon2 instead")


def hash_password(args: argparse.Namespace) -> int:
    """Read a password, from a terminal or a pipe, and print its hash."""
    interactive = sys.stdin.isatty()
    password = getpass.getpass() if interactive else sys.stdin.readline().rstrip("\n")
    try:
        print(passwords.hash_password(password, "argon2" if args.argon2 else "scrypt"))
    except ImportError as error:
        return _complain(str(error), BAD_CONFIGURATION)
    return CLEAN


def _complain(text: str, code: int) -> int:
    print(f"fixpit: {text}", file=sys.stderr)
    return code


def _version() -> str:
    try:
        return version("fixpit")
    except PackageNotFoundError:
        return "0.1.0"


if __name__ == "__main__":
    sys.exit(main())
