"""The venue file: what is read from it, and what every mistake in it is answered with.

The mistakes are a table, config_mistakes.txt: an edit of GOOD, then line, key and message.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import (
    Config,
    ConfigError,
    FixConfig,
    InstrumentConfig,
    LogConfig,
    MemberConfig,
    PhaseChange,
    ScheduleConfig,
    SegmentConfig,
    SessionConfig,
    TlsConfig,
    VenueConfig,
    load,
)

GOOD = """\
[venue]
comp_id = "PIT"
timezone = "Europe/Stockholm"

[fix]
host = "127.0.0.1"
port = 9880
accept_unknown = false

[log]
sync = "group"

[[members]]
id = "AVA"
name = "Avanza"

[[members]]
id = "NON"
name = "Nordnet"

[[sessions]]
comp_id = "AVA1"
member = "AVA"

[[sessions]]
comp_id = "NON1"
member = "NON"
role = "order-entry"

[[schedules]]
id = "day"
phases = [
  { at = "08:45:00", phase = "OPENING_CALL" },
  { at = "09:00:00", phase = "CONTINUOUS", random_seconds = 5 },
  { at = "17:30:00", phase = "CLOSED" },
]

[[schedules]]
id = "always"
phases = [{ at = "00:00:00", phase = "CONTINUOUS" }]

[[segments]]
id = "STO"
name = "Stockholm"
schedule = "day"
internal_priority = true

[[instruments]]
symbol = "ERIC-B"
segment = "STO"
tick_table = "rts11-6"
reference_price = "87.30"

[[instruments]]
symbol = "VOLV-B"
segment = "STO"
tick_size = "0.05"
"""


class Mistake(NamedTuple):
    """`old` in GOOD becomes `new`; `error` is what follows the file name."""

    old: str
    new: str
    error: str


def mistakes() -> list[Mistake]:
    """The blocks of config_mistakes.txt."""
    text = (Path(__file__).parent / "config_mistakes.txt").read_text(encoding="utf-8")
    blocks = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip().split("\n\n")
    found = []
    for block in blocks:
        old, new, error = block.strip().replace("\n  ", " ").split("\n")
        found.append(Mistake(old[2:].replace("⏎", "\n"), new[2:].replace("⏎", "\n"), error))
    return found


def written(folder: Path, text: str) -> Path:
    """`text` as a venue file; a surrogate stands for a byte that is not UTF-8."""
    path = folder / "venue.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    return path


def refusal(path: Path) -> str:
    """What load says about the file, without its name; the TOML parser's own sentence as `...`."""
    with pytest.raises(ConfigError) as raised:
        load(path)
    text = str(raised.value).removeprefix(f"{path}:").lstrip()
    return re.sub(r"(must be TOML: ).*", r"\1...", text)


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda m: m.error.split(",")[0])
def test_each_mistake_names_line_key_and_what_is_allowed(tmp_path: Path, mistake: Mistake) -> None:
    """One wrong thing in the file is answered with its line, its key, the rule and the value."""
    assert mistake.old in GOOD
    path = written(tmp_path, GOOD.replace(mistake.old, mistake.new, 1))
    assert refusal(path) == mistake.error


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (
            "9880",
            "0x" + "f" * 5000,
            "7: fix.port: must be 0 (any free port) to 65535, or -1 (off), was a larger integer",
        ),
        ("9880", "9" * 5000, "must be TOML: ..."),
        ("[log]", "x = " + "[" * 5000 + "]" * 5000, "must be TOML: ..."),
        ('"Avanza"', '"Av\udcffanza"', "15: must be UTF-8, was 0xff"),
    ],
    ids=["hexadecimal", "decimal", "depth", "bytes"],
)
def test_monstrous_values_are_refused(tmp_path: Path, old: str, new: str, error: str) -> None:
    """Numbers, nesting and bytes that Python itself will not take end as a ConfigError too."""
    assert refusal(written(tmp_path, GOOD.replace(old, new, 1))) == error


def test_the_error_carries_its_parts(tmp_path: Path) -> None:
    """File, line, key and message of a ConfigError can be read one by one."""
    path = written(tmp_path, GOOD.replace("9880", "70000"))
    with pytest.raises(ConfigError) as raised:
        load(path)
    error = raised.value
    assert (error.file, error.line, error.key, error.message) == (
        str(path),
        7,
        "fix.port",
        "must be 0 (any free port) to 65535, or -1 (off), was 70000",
    )


def test_a_file_that_is_not_there_is_a_config_error(tmp_path: Path) -> None:
    """A path that cannot be read is named, with the system's reason."""
    path = tmp_path / "none.toml"
    assert refusal(path) == "cannot be read: No such file or directory"


def test_an_empty_file_lacks_the_venue(tmp_path: Path) -> None:
    """[venue] is the one table that must be there."""
    path = written(tmp_path, "")
    assert refusal(path) == "1: venue: must be a table of settings, was left out"


def test_single_tables_in_place_of_arrays_are_refused(tmp_path: Path) -> None:
    """[members] where [[members]] is meant is an error at its header."""
    path = written(tmp_path, '[venue]\ncomp_id = "PIT"\n\n[members]\nid = "AVA"\n')
    assert refusal(path) == "4: members: must be tables headed [[members]], was a table"


def test_everything_but_the_comp_id_has_a_default(tmp_path: Path) -> None:
    """The smallest venue file holds one key; the rest is as documented."""
    assert load(written(tmp_path, 'venue.comp_id = "PIT"')) == Config(
        venue=VenueConfig(comp_id="PIT", timezone="Europe/Stockholm", data_dir="var"),
        fix=FixConfig(host="127.0.0.1", port=9880, accept_unknown=False),
        log=LogConfig(sync="group"),
        members=(),
        sessions=(),
        schedules=(),
        segments=(),
        instruments=(),
    )


def test_tables_take_their_documented_defaults(tmp_path: Path) -> None:
    """Keys left out of sessions, segments and instruments have the values of the contract."""
    config = load(written(tmp_path, GOOD))
    assert (
        config.members,
        config.sessions[0],
        config.schedules[0],
        config.segments,
        config.instruments,
    ) == (
        (MemberConfig(id="AVA", name="Avanza"), MemberConfig(id="NON", name="Nordnet")),
        SessionConfig(
            comp_id="AVA1",
            member="AVA",
            begin_string=None,
            role="order-entry",
            cancel_on_disconnect="day",
            reset="never",
            password_scrypt=None,
        ),
        ScheduleConfig(
            id="day",
            calendar=None,
            phases=(
                PhaseChange(at="08:45:00", phase="OPENING_CALL", random_seconds=0),
                PhaseChange(at="09:00:00", phase="CONTINUOUS", random_seconds=5),
                PhaseChange(at="17:30:00", phase="CLOSED", random_seconds=0),
            ),
        ),
        (
            SegmentConfig(
                id="STO",
                name="Stockholm",
                schedule="day",
                internal_priority=True,
                internal_priority_in_calls=True,
                market_orders="best_level",
                off_tick="reject",
                anonymity="other",
            ),
        ),
        (
            InstrumentConfig(
                symbol="ERIC-B",
                isin=None,
                segment="STO",
                currency="SEK",
                security_type="CS",
                tick_table="rts11-6",
                tick_size=None,
                lot=1,
                reference_price=873_000,
            ),
            InstrumentConfig(symbol="VOLV-B", segment="STO", tick_size=500),
        ),
    )


FULL_SESSION = """\
[venue]
comp_id = "PIT"
timezone = "America/New_York"
data_dir = "/srv/pit"
[fix]
host = "0.0.0.0"
port = 0
allow_plaintext = true
allow_from = ["10.0.0.0/8"]
duplicate_logon = "replace"
message_bytes_max = 4096
logon_timeout_seconds = 5
logout_timeout_seconds = 3
latency_seconds_max = 60
[tls]
certificate = "certs/server.pem"
key = "/etc/fixpit/server.key"
client_ca = "certs/ca.pem"
host = "::1"
port = 0
minimum = "1.3"
[log]
sync = "interval:20"
[[members]]
id = "AVA"
name = "Avanza"
[[sessions]]
comp_id = "AVA1"
member = "AVA"
begin_string = "FIX.4.2"
role = "drop-copy"
cancel_on_disconnect = "all"
reset = "weekly"
reset_time = "Sun 01:00:00"
open = "Mon 07:00:00"
close = "Fri 19:00:00"
timezone = "Europe/Stockholm"
username = "avanza"
password_scrypt = "scrypt$1024$1$1$c2FsdHNhbHQ=$aGFzaGhhc2hoYXNoaGFzaA=="
certificate = "AVA1"
allow_from = ["10.1.0.0/16", "::1"]
may_reset = false
resend_messages_max = 100
throttle = 50
throttle_burst = 200
time_digits = 6
"""


def test_every_session_key_is_read(tmp_path: Path) -> None:
    """What the file says stands in place of each default; with passwords the host may be open."""
    config = load(written(tmp_path, FULL_SESSION))
    assert (config.venue, config.fix, config.tls, config.log, config.sessions) == (
        VenueConfig(comp_id="PIT", timezone="America/New_York", data_dir="/srv/pit"),
        FixConfig(
            host="0.0.0.0",  # noqa: S104 - an open host is the case under test
            port=0,
            allow_plaintext=True,
            allow_from=("10.0.0.0/8",),
            duplicate_logon="replace",
            message_bytes_max=4096,
            logon_timeout_seconds=5,
            logout_timeout_seconds=3,
            latency_seconds_max=60,
        ),
        TlsConfig(
            certificate=str(tmp_path / "certs/server.pem"),
            key="/etc/fixpit/server.key",
            client_ca=str(tmp_path / "certs/ca.pem"),
            host="::1",
            port=0,
            minimum="1.3",
        ),
        LogConfig(sync="interval:20"),
        (
            SessionConfig(
                comp_id="AVA1",
                member="AVA",
                begin_string="FIX.4.2",
                role="drop-copy",
                cancel_on_disconnect="all",
                reset="weekly",
                reset_time="Sun 01:00:00",
                open="Mon 07:00:00",
                close="Fri 19:00:00",
                timezone="Europe/Stockholm",
                username="avanza",
                password_scrypt="scrypt$1024$1$1$c2FsdHNhbHQ=$aGFzaGhhc2hoYXNoaGFzaA==",  # noqa: S106
                certificate="AVA1",
                allow_from=("10.1.0.0/16", "::1"),
                may_reset=False,
                resend_messages_max=100,
                throttle=50,
                throttle_burst=200,
                time_digits=6,
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0.0001", 1),
        ("0.05", 500),
        ("1", 10_000),
        ("87.3", 873_000),
        ("87.30", 873_000),
        ("0087.3000", 873_000),
        ("999999999.9999", 9_999_999_999_999),
    ],
)
def test_price_text_is_read_exactly(tmp_path: Path, text: str, units: int) -> None:
    """Decimal text becomes an integer of 10^-4 without rounding."""
    path = written(tmp_path, GOOD.replace('"0.05"', f'"{text}"'))
    assert load(path).instruments[1].tick_size == units


def test_a_random_end_may_reach_the_next_phase(tmp_path: Path) -> None:
    """A random end as long as its phase is allowed: the closing call ends within its 30 seconds."""
    path = written(tmp_path, GOOD.replace('"17:30:00"', '"09:00:05"'))
    assert load(path).schedules[0].phases[1].random_seconds == 5


def test_the_last_random_end_stays_before_the_next_day(tmp_path: Path) -> None:
    """The last change of a day may not fall after the first of the next."""
    text = GOOD.replace('"08:45:00"', '"00:00:01"').replace(
        '"17:30:00", phase = "CLOSED"', '"23:59:59", phase = "CLOSED", random_seconds = 3'
    )
    path = written(tmp_path, text)
    assert refusal(path) == (
        "35: schedules[0].phases[2].random_seconds: "
        "must be at most 2, when the next phase begins, was 3"
    )


PIECES = st.sampled_from(
    [
        *("[", "]", "[[", "]]", "{", "}", "=", ",", ".", "\n", '"', '"""', "'", "'''", "\\", "#"),
        *("venue", "members", "schedules", "phases", "at", "id", "1", "1.5", "true", '"x"', " "),
        *("\r\n", "\t", "å", "\x00", "0x1", "08:00:00"),
    ]
)


@given(pieces=st.lists(PIECES, max_size=12), at=st.integers(0, len(GOOD)))
def test_garbage_is_answered_with_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], at: int
) -> None:
    """Whatever stands in the file, load returns a Config or raises ConfigError."""
    text = GOOD[:at] + "".join(pieces) + GOOD[at:]
    path = tmp_path_factory.getbasetemp() / "garbage.toml"
    path.write_bytes(text.encode())
    line = 0
    try:
        load(path)
    except ConfigError as error:
        line = error.line
    assert 0 <= line <= text.count("\n") + 1
