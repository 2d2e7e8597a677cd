"""`fixpit session`: the sessions of a running venue, over its control API.

    fixpit session list
    fixpit session add AVA2 --member AVA --password
    fixpit session sequence AVA2 --next-in 17

Only shows and asks; what may be done says the venue. A password is hashed here: only its hash goes
to the venue. Exit codes: 0 done, 1 refused by the venue, 2 wrong options or no venue there.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, time
from urllib.parse import quote

from gateway import passwords
from gateway.view import printable

DONE, REFUSED, MISUSED = 0, 1, 2
TIMEOUT_SECONDS = 30.0
"""A venue whose disk is slow answers a change only when it is kept."""

PATH = "/api/v1/sessions"
COLUMNS = ("comp_id", "member", "role", "state", "connected", "next_in", "next_out", "last_refusal")
SIMPLE = {
    "suspend": "log it out until it is resumed; its orders stay",
    "resume": "let it log on again",
    "disconnect": "log it out; it may come back at once",
    "reset": "begin both sequence numbers of a session that is down again",
}

Json = Mapping[str, object]


class Problem(Exception):
    """What stops the command, and its exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


# Arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `fixpit session`."""
    parser.add_argument(
        "--http",
        default="127.0.0.1:8080",
        metavar="HOST:PORT",
        help="the venue's control API (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="show what the venue answers as it is")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="all sessions")
    for action, text in {"show": "one session in full", **SIMPLE}.items():
        actions.add_parser(action, help=text).add_argument("comp_id")
    remove = actions.add_parser("remove", help="end a session that was added; its orders go")
    remove.add_argument("comp_id")
    sequence = actions.add_parser("sequence", help="other numbers for a session that is down")
    sequence.add_argument("comp_id")
    sequence.add_argument("--next-in", type=int, metavar="N", help="what it expects next")
    sequence.add_argument("--next-out", type=int, metavar="N", help="what it sends next")
    _add_add_arguments(actions.add_parser("add", help="a new session"))


def _add_add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("comp_id")
    parser.add_argument("--member", required=True, metavar="ID")
    parser.add_argument(
        "--password", action="store_true", help="ask for its password, or read it from a pipe"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="KEY=VALUE",
        help="any other key of [[sessions]] in the venue file, as in --set role=drop-copy",
    )


def _setting(text: str) -> tuple[str, object]:
    """`throttle=100` as in the venue file; what is no TOML value is text."""
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"must be KEY=VALUE, was {text}")
    try:
        (parsed,) = tomllib.loads(f"value = {value}").values()
    except ValueError:
        return key, value
    return key, value if isinstance(parsed, date | time) else parsed


def run(args: argparse.Namespace) -> int:
    """Carry out one action; returns the exit code."""
    try:
        shown = _act(args)
    except Problem as problem:
        sys.stderr.write(f"fixpit session: {printable(str(problem))}\n")
        return problem.code
    sys.stdout.write(shown)
    return DONE


def _act(args: argparse.Namespace) -> str:
    method, path, body = _request(args)
    answer = _ask(args.http, method, path, body)
    if args.json:
        return json.dumps(answer) + "\n"
    if args.action == "list":
        sessions = answer["sessions"]
        assert isinstance(sessions, list)
        return in_rows(sessions)
    if args.action == "remove":
        return f"{args.comp_id} is removed\n"
    return in_full(answer) if args.action == "show" else in_rows([answer])


def _request(args: argparse.Namespace) -> tuple[str, str, Json | None]:
    """Method, path and body of the call."""
    if args.action == "list":
        return "GET", PATH, None
    if args.action == "add":
        return "POST", PATH, _new_session(args)
    one = f"{PATH}/{quote(args.comp_id, safe='')}"
    if args.action == "show":
        return "GET", one, None
    if args.action == "remove":
        return "DELETE", one, None
    if args.action == "sequence":
        numbers = {"next_in": args.next_in, "next_out": args.next_out}
        return "POST", f"{one}/sequence", {k: v for k, v in numbers.items() if v is not None}
    return "POST", f"{one}/{args.action}", {}


def _new_session(args: argparse.Namespace) -> Json:
    table = {"comp_id": args.comp_id, "member": args.member, **dict(args.set)}
    if args.password:
        interactive = sys.stdin.isatty()
        password = getpass.getpass() if interactive else sys.stdin.readline().rstrip("\n")
        if not password:
            raise Problem("password must not be empty", MISUSED)
        table["password_scrypt"] = passwords.hash_password(password)
    return table


# The call


def _ask(address: str, method: str, path: str, body: Json | None) -> Json:
    """What the venue answers; raises Problem when it refuses or is not there."""
    import http.client  # here: the venue, which is the same command, does without it

    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise Problem(f"--http must be HOST:PORT, was {address}", MISUSED)
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=TIMEOUT_SECONDS)
    headers = {} if body is None else {"Content-Type": "application/json"}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        status, data = response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        raise Problem(f"no control API at {address}: {error}", MISUSED) from error
    finally:
        connection.close()
    answer = _parsed(data, address)
    if status >= 400:
        refusal = answer.get("error")
        text = refusal.get("message") if isinstance(refusal, dict) else f"HTTP status {status}"
        raise Problem(str(text), REFUSED)
    return answer


def _parsed(data: bytes, address: str) -> Json:
    try:
        answer = json.loads(data or b"{}")
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Problem(f"no control API at {address}: the answer is not that of a venue", MISUSED)
    return answer


# Words


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns, the first one their heads."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def in_rows(sessions: Sequence[Json]) -> str:
    """Sessions as a table, one line each."""
    return table([COLUMNS, *([_text(one[key]) for key in COLUMNS] for one in sessions)])


def in_full(session: Json) -> str:
    """A session as `key  value` lines, its settings where they say something."""
    settings = session.get("settings")
    own = [(key, value) for key, value in session.items() if key != "settings"]
    if isinstance(settings, dict):
        own += [(k, v) for k, v in settings.items() if k not in session and v not in (None, [])]
    return table([(key, _text(value)) for key, value in own])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return printable(", ".join(str(part) for part in value))
    return printable(str(value)) or "-"
