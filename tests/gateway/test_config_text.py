"""Lines of keys in TOML source, the venue in words, and what this version does not serve."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest

from gateway.config import (
    Config,
    FixConfig,
    InstrumentConfig,
    LogConfig,
    PhaseChange,
    ScheduleConfig,
    SegmentConfig,
    SessionConfig,
    VenueConfig,
    demo,
    load,
)
from gateway.config_text import KeyPath, key_lines, key_text, line_of, shown
from gateway.config_words import describe, not_yet_served

VENUES = Path(__file__).parents[2] / "fix_specs" / "venue"

# Every form of TOML that puts a key somewhere unexpected; the value is the line it stands on.
NASTY = '''\
top = 1
"quoted.key" = 2   # [not.a.header]
'single' = 3

dotted . inner."deep key" = 5
text = """six
[seven]
eight = 8 \\""" still
""""
after_text = 10
raw = \'\'\'eleven # no comment
twelve = 12\'\'\'\'
after_raw = 13
list = [14, [15 , 16], "a ] b", # ]
  { x = 15, y = { z = [15] } },
  \'#\', 1979-05-27 07:32:00,
]
empty = []
none = {}
string = "a \\" # b" # comment

[ venue ] # comment
comp_id = 23
escaped."\\u00e5" = 24

[[ sessions ]]
comp_id = 27
[sessions.limits]
orders = 29
[[sessions]] # the second
role = 31
  [[sessions.users]]
  id = 33
  [[sessions.users]]
  id = 35
  [sessions.users.rights]
  all = 37
[fix.tls]
key = 39
[fix]
port = 41'''

NASTY_LINES: list[tuple[KeyPath, int]] = [
    (("top",), 1),
    (("quoted.key",), 2),
    (("single",), 3),
    (("dotted", "inner", "deep key"), 5),
    (("text",), 6),
    (("after_text",), 10),
    (("raw",), 11),
    (("after_raw",), 13),
    (("list",), 14),
    (("list", 1, 1), 14),
    (("list", 3), 15),
    (("list", 3, "y", "z", 0), 15),
    (("list", 5), 16),
    (("empty",), 18),
    (("none",), 19),
    (("string",), 20),
    (("venue",), 22),
    (("venue", "comp_id"), 23),
    (("venue", "escaped", "å"), 24),
    (("sessions",), 26),
    (("sessions", 0), 26),
    (("sessions", 0, "comp_id"), 27),
    (("sessions", 0, "limits"), 28),
    (("sessions", 0, "limits", "orders"), 29),
    (("sessions", 1), 30),
    (("sessions", 1, "role"), 31),
    (("sessions", 1, "users", 0), 32),
    (("sessions", 1, "users", 0, "id"), 33),
    (("sessions", 1, "users", 1), 34),
    (("sessions", 1, "users", 1, "id"), 35),
    (("sessions", 1, "users", 1, "rights", "all"), 37),
    (("fix", "tls", "key"), 39),
    (("fix",), 40),
    (("fix", "port"), 41),
]


def paths_of(value: object, path: KeyPath = ()) -> set[KeyPath]:
    """Every path in a parsed TOML document."""
    children: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    found = {path} if path else set()
    return found.union(*(paths_of(child, (*path, name)) for name, child in children))


def test_each_key_is_found_on_its_line() -> None:
    """Strings, comments, lists, dotted keys and nested arrays of tables do not lead it astray."""
    lines = key_lines(NASTY)
    assert [(path, lines.get(path)) for path, _ in NASTY_LINES] == NASTY_LINES


@pytest.mark.parametrize(
    "text",
    [
        NASTY,
        NASTY.replace("\n", "\r\n"),
        (VENUES / "demo.toml").read_text(encoding="utf-8"),
        (VENUES / "stockholm.toml").read_text(encoding="utf-8"),
        "",
        "# only a comment",
        "a = [[[[]]]]",
        "[a]\n[a.b]\n[[a.c]]\n[a.c.d]\n[[a.c]]",
    ],
    ids=["nasty", "crlf", "demo", "stockholm", "empty", "comment", "brackets", "headers"],
)
def test_the_scanner_finds_what_tomllib_finds(text: str) -> None:
    """Every path of the parsed document has a line, and no other path has one."""
    # A super-table that is only implied ([fix.tls] alone) has no line of its own.
    paths = paths_of(tomllib.loads(text))
    lines = set(key_lines(text))
    assert lines <= paths
    assert {path for path in paths - lines if not any(p[: len(path)] == path for p in lines)} == (
        set()
    )


def test_windows_line_ends_keep_the_line_numbers() -> None:
    """A file with CR LF has the same lines as one with LF."""
    assert key_lines(NASTY.replace("\n", "\r\n")) == key_lines(NASTY)


def test_text_that_is_not_toml_ends_the_scan() -> None:
    """The scanner stops at what it cannot be; what stands before keeps its line."""
    assert key_lines('a = 1\n= b\n]\nc = "') == {("a",): 1}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("sessions", 1, "role"), 31),
        (("sessions", 1, "member"), 30),  # missing: the header of its table
        (("sessions", 1, "member", 3, "x"), 30),
        (("sessions", 7, "role"), 26),
        (("log", "sync"), 1),  # a table that is not there: the top of the file
        ((), 1),
    ],
)
def test_a_key_without_a_line_takes_that_of_its_table(path: KeyPath, line: int) -> None:
    """Where the key itself is not in the text, the nearest table around it is named."""
    assert line_of(key_lines(NASTY), path) == line


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("fix", "port"), "fix.port"),
        (("sessions", 2, "role"), "sessions[2].role"),
        (("schedules", 0, "phases", 3, "at"), "schedules[0].phases[3].at"),
        (("fix", "a b\n"), 'fix."a b\\n"'),
        ((), ""),
    ],
)
def test_paths_are_written_as_people_do(path: KeyPath, text: str) -> None:
    """Names are joined by dots, indexes stand in brackets, odd names in quotes."""
    assert key_text(path) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("PIT", '"PIT"'),
        ('å"\n', '"å\\"\\n"'),
        ("x" * 61, '"' + "x" * 60 + '..."'),
        (1, "1"),
        (1 << 200, "a larger integer"),
        (0.5, "0.5"),
        (True, "true"),
        (False, "false"),
        ([], "a list"),
        ({}, "a table"),
    ],
    ids=str,
)
def test_values_are_shown_as_toml(value: object, text: str) -> None:
    """A value in an error looks as it does in the file, cut to a readable length."""
    assert shown(value) == text


SMALL = Config(
    venue=VenueConfig(comp_id="PIT"),
    fix=FixConfig(port=0),
    log=LogConfig(sync="interval:20"),
    sessions=(
        SessionConfig(
            comp_id="AVA1",
            member="AVA",
            begin_string="FIX.4.2",
            reset="daily",
            password_scrypt="not to be shown",  # noqa: S106 - not a password
        ),
        SessionConfig(comp_id="AVA2", member="AVA", cancel_on_disconnect="all", reset="on_logon"),
    ),
    schedules=(
        ScheduleConfig(
            id="day",
            calendar="XSTO",
            phases=(
                PhaseChange(at="09:00:00", phase="CONTINUOUS", random_seconds=5),
                PhaseChange(at="17:30:00", phase="CLOSED"),
            ),
        ),
    ),
    segments=(
        SegmentConfig(
            id="STO",
            name="Stockholm",
            schedule="day",
            internal_priority_in_calls=False,
            market_orders="sweep",
            off_tick="round",
            anonymity="index",
        ),
    ),
    instruments=(
        InstrumentConfig(symbol="ERIC-B", segment="STO", tick_size=500, lot=10, currency="EUR"),
    ),
)

HALF_DAY = (
    PhaseChange(at="10:00:00", phase="CONTINUOUS"),
    PhaseChange(at="12:00:00", phase="CLOSED"),
)

SMALL_IN_WORDS = """\
Venue PIT, local time Europe/Stockholm.
FIX on 127.0.0.1 port chosen at start: only listed sessions may log on.
Log in var: up to 20 ms of it can be lost (sync = interval:20).

No members.

2 sessions:
  AVA1 of AVA: order-entry, FIX.4.2, password, its day orders are canceled when it disconnects, \
sequence numbers reset daily
  AVA2 of AVA: order-entry, any FIX version, no password, all its orders are canceled when it \
disconnects, sequence numbers reset at every Logon

1 schedule:
  day: trading days of XSTO, 09:00:00 CONTINUOUS (0 to 5 s later), 17:30:00 CLOSED

1 segment:
  STO Stockholm, schedule day, instruments 1:
    price-internal-time priority, in calls price-time
    market orders take as many price levels as they need
    a price off tick is rounded to the less aggressive tick, a quantity off lot is rejected
    no price collar
    no volatility guards
    a top-of-book order must narrow the spread
    good till canceled orders live 90 days
    the trade history hides both members

1 instrument:
  ERIC-B: CS in EUR, segment STO, tick 0.05, lot 10, no reference price
"""


def test_a_venue_is_told_in_words() -> None:
    """Who may log on, what trades where, when and by which rules; passwords are not shown."""
    assert describe(SMALL) == SMALL_IN_WORDS


def test_the_demo_venue_in_words() -> None:
    """The demo venue says that it takes anybody and trades around the clock."""
    text = describe(demo())
    expected = [
        "Venue PIT, local time Europe/Stockholm.",
        "FIX on 127.0.0.1 port 9880: an unlisted SenderCompID(49) is accepted as a member of that "
        "name.",
        "Log in var: what was acknowledged is on disk (sync = group).",
        "5 members:",
        "  AVA Avanza",
        "5 sessions:",
        "  always: every day, CONTINUOUS around the clock",
        "11 instruments:",
        "  ERIC-B SE0000108656: CS in SEK, segment DEMO, tick table rts11-6, lot 1, "
        "reference 87.30",
    ]
    assert [line for line in expected if line not in text.splitlines()] == []


def test_the_demo_venue_is_served_whole() -> None:
    """Nothing in the demo venue waits for a later version."""
    assert not_yet_served(demo()) == []


def test_the_stockholm_venue_is_served_whole() -> None:
    """A trading day waits for nothing: calendar, phases, rounding, anonymity."""
    assert not_yet_served(load(VENUES / "stockholm.toml")) == []


def test_what_is_parsed_and_not_served_is_named() -> None:
    """Each key that this version cannot serve is named with what it can."""
    session = msgspec.structs.replace(demo().sessions[0], role="operator")
    config = msgspec.structs.replace(demo(), sessions=(session,))
    assert not_yet_served(config) == [
        'sessions[0].role: "operator" is not served by this version, '
        'only "order-entry", "drop-copy" and "market-data"',
    ]


def test_a_schedule_with_half_days_in_words() -> None:
    """Its half days stand under its usual ones."""
    schedule = msgspec.structs.replace(SMALL.schedules[0], half_day_phases=HALF_DAY)
    text = describe(msgspec.structs.replace(SMALL, schedules=(schedule,)))
    assert (
        "  day: trading days of XSTO, 09:00:00 CONTINUOUS (0 to 5 s later), 17:30:00 CLOSED\n"
        "    half days: 10:00:00 CONTINUOUS, 12:00:00 CLOSED\n" in text
    )


def test_rules_of_a_segment_in_words() -> None:
    """What the file says of prices, quantities and durations."""
    segment = msgspec.structs.replace(
        SMALL.segments[0],
        off_tick="reject",
        off_lot="round",
        post_only="join",
        collar_aggressive_percent=25,
        guard_dynamic_percent=5,
        guard_static_percent=15,
        guard_multiplier=2,
        gtc_days=0,
    )
    text = describe(msgspec.structs.replace(SMALL, segments=(segment,)))
    expected = """\
    a price off tick is rejected, a quantity off lot is rounded down to whole lots
    price collar 25 % aggressive
    volatility guards 10 % dynamic, 30 % static
    a call is extended when its price is more than 30 % away
    a top-of-book order may join the best price
    good till canceled orders live for ever
"""
    assert expected in text
