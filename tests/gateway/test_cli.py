"""The command `fixpit` as a process: one ready line, and an exit code for each way to end."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.commands import PassTime, PlanPhases, SeedDraws
from gateway import cli, passwords
from gateway.market_clock import text_of
from tests.support import logs, wire
from tests.support.process import STOP_SECONDS_MAX, Client, VenueProcess, run_serve

ROOT = Path(__file__).parents[2]

CONFIG = """\
[venue]
comp_id = "PIT"

[[members]]
id = "AVA"
name = "Avanza"

[[sessions]]
comp_id = "AVA"
member = "AVA"

[[schedules]]
id = "always"
phases = [ { at = "00:00:00", phase = "CONTINUOUS" } ]

[[segments]]
id = "DEMO"
name = "Demo"
schedule = "always"

[[instruments]]
symbol = "ERIC-B"
segment = "DEMO"
tick_size = "0.01"
"""


def events(venue: VenueProcess) -> list[str]:
    """The names of what the venue has logged, in order."""
    return [json.loads(line)["event"] for line in venue.stderr().splitlines()]


# A clean stop


def test_the_ready_line_is_all_that_stdout_carries(tmp_path: Path) -> None:
    """One line as the contract shows it; logs go to stderr, one JSON object per line."""
    with VenueProcess(tmp_path) as venue, Client("AVA") as ava:
        ava.logon(venue.port)
        ava.logout()
        code = venue.stop()
        assert (code, venue.rest, venue.first_line, events(venue)) == (
            0,
            "",
            f'{{"ready":true,"fix":{{"host":"127.0.0.1","port":{venue.port}}},"http":null,'
            f'"data_dir":"{tmp_path}","recovered_commands":0,"sync":"group",'
            f'"version":"{venue.ready["version"]}"}}\n',
            ["venue.build", "session.logon", "session.disconnected"],
        )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_clean_stop_says_logout_and_keeps_everything(
    tmp_path: Path, number: signal.Signals
) -> None:
    """All that was sent before is reported before the Logout; all of it is there afterwards."""
    with Client("AVA") as ava, Client("NON") as non:
        with VenueProcess(tmp_path, "--sync", "interval:5000") as venue:
            for client in (ava, non):
                client.logon(venue.port)
            for i in range(20):
                ava.send("D", wire.order(f"A{i}", "2", 100, "87.30"))
            ava.sync()
            venue.ask_to_stop(number)
            said = [client.until(lambda m: m.type == "5")[-1].text(35, 58) for client in (ava, non)]
            for client in (ava, non):
                client.send("5")
            rest = [client.until_closed() for client in (ava, non)]
            code = venue.wait(STOP_SECONDS_MAX)
            assert (code, venue.rest, said, rest) == (
                cli.CLEAN,
                "",
                ["35=5|58=venue is stopping"] * 2,
                [[], []],
            )
        written = len(logs.read(tmp_path / "log"))
        with VenueProcess(tmp_path) as again:
            ava.logon(again.port)
            ava.send("AF", [(584, "ALL"), (585, "7")])
            found = [message[11] for message in ava.reports(20)]
            assert (found, again.ready["recovered_commands"]) == (
                [f"A{i}" for i in range(20)],
                written,
            )


# Bad configuration and arguments: 2


@pytest.mark.parametrize(
    ("line", "number", "complaint"),
    [
        ('comp_id = "PIT"\nport = 9880', 3, "venue.port: must be one of the keys comp_id,"),
        (
            'comp_id = ""',
            2,
            'venue.comp_id: must be 1 to 32 of A-Z a-z 0-9 _ . - in quotes, was ""',
        ),
        ("comp_id = ", 2, "must be TOML: Invalid value (at line 2, column 11)"),
    ],
)
def test_a_bad_configuration_names_file_line_and_key(
    tmp_path: Path, line: str, number: int, complaint: str
) -> None:
    """On stderr, with exit code 2; nothing is created."""
    file = tmp_path / "venue.toml"
    file.write_text(CONFIG.replace('comp_id = "PIT"', line, 1))
    run = run_serve("--config", str(file), data_dir=tmp_path / "data")
    assert (run.returncode, run.stdout, run.stderr.startswith(f"fixpit: {file}:{number}: ")) == (
        cli.BAD_CONFIGURATION,
        "",
        True,
    )
    assert complaint in run.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--sync", "sometimes"), "fixpit: arguments: "),
        (("--fix-port", "65536"), "fixpit: arguments: "),
        (("--fix-host", "0.0.0.0"), "fixpit: demo venue: fix.allow_plaintext: "),  # noqa: S104
        (("--fix-port", "http"), "argument --fix-port: invalid int value: 'http'"),
        (("--market-time", "noon"), "fixpit: arguments: --market-time: must be a moment in ISO "),
        (("--market-time", "1969-01-01"), "fixpit: arguments: --market-time: must be in the years"),
        (("--market-speed", "fast"), "fixpit: arguments: --market-speed: must be a number from 0 "),
        (("--market-speed", "-1"), "fixpit: arguments: --market-speed: must be a number from 0 "),
        (("--market-speed", "100001"), "(stands still) to 100000, was 100001"),
        (("--seed", "0"), "fixpit: arguments: --seed: must be a whole number from 1 to "),
        (("--seed", "lucky"), "fixpit: arguments: --seed: must be a whole number from 1 to "),
        (("--no-such-option",), "unrecognized arguments: --no-such-option"),
    ],
)
def test_bad_arguments_are_refused(
    tmp_path: Path, options: tuple[str, ...], complaint: str
) -> None:
    """What an option cannot mean, and what the venue may not do, exit code 2."""
    run = run_serve(*options, data_dir=tmp_path / "data")
    found = (run.returncode, run.stdout, complaint in run.stderr, (tmp_path / "data").exists())
    assert found == (cli.BAD_CONFIGURATION, "", True, False), run.stderr


def test_an_address_in_use_is_a_bad_argument(tmp_path: Path) -> None:
    """Another program listens there: 2, and the address is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = run_serve("--fix-port", str(port), data_dir=tmp_path)
    assert (run.returncode, run.stdout) == (cli.BAD_CONFIGURATION, "")
    assert f"127.0.0.1:{port}" in run.stderr


def test_options_prevail_over_the_configuration(tmp_path: Path) -> None:
    """Address and sync policy from the command line, the rest from the file."""
    file = tmp_path / "venue.toml"
    file.write_text(CONFIG + '[fix]\nport = 9880\n[log]\nsync = "none"\n')
    options = ("--config", str(file), "--fix-host", "127.0.0.2", "--sync", "interval:7")
    with VenueProcess(tmp_path / "data", *options) as venue:
        found = venue.ready["fix"]["host"], venue.port != 9880, venue.ready["sync"]
        assert (found, venue.stop()) == (("127.0.0.2", True, "interval:7"), cli.CLEAN)


# Market time


DAY = """
[[schedules]]
id = "day"
calendar = "XSTO"
phases = [
  { at = "08:00:00", phase = "PRE_OPEN" },
  { at = "09:00:00", phase = "CONTINUOUS", random_seconds = 5 },
  { at = "17:30:00", phase = "CLOSED" },
]
"""


def stamps(data_dir: Path) -> list[tuple[str, str]]:
    """What the log holds of time: kind and market time of seeds, plans and what came by itself."""
    kinds = (PassTime, PlanPhases, SeedDraws)
    return [
        (type(record.entry).__name__, text_of(record.at))
        for record in logs.read(data_dir / "log")
        if isinstance(record.entry, kinds)
    ]


def test_market_time_begins_where_it_is_told_and_goes_on_from_there(tmp_path: Path) -> None:
    """It stands still until the venue starts again, later; what was due between is in the log."""
    file, data = tmp_path / "venue.toml", tmp_path / "data"
    file.write_text(CONFIG.replace('schedule = "always"', 'schedule = "day"') + DAY)
    options = ("--config", str(file), "--market-speed", "0", "--seed", "7", "--market-time")
    with VenueProcess(data, *options, "2024-06-10T07:30") as venue:
        codes = [venue.stop()]
    with VenueProcess(data, *options, "2024-06-10T17:00:00+02:00") as venue:
        codes.append(venue.stop())
    earlier = run_serve(*options, "2024-06-10T08:59:59", data_dir=data)
    found = stamps(data)
    assert (codes, earlier.returncode, earlier.stdout, earlier.stderr) == (
        [cli.CLEAN, cli.CLEAN],
        cli.BAD_CONFIGURATION,
        "",
        "fixpit: arguments: --market-time: must not be before "
        f"{found[-1][1]}, where the log ends, was 2024-06-10T06:59:59.000Z\n",
    )
    assert [(kind, at[:16]) for kind, at in found] == [
        ("SeedDraws", "2024-06-10T05:30"),
        ("PlanPhases", "2024-06-10T05:30"),
        ("PassTime", "2024-06-10T06:00"),
        ("PassTime", "2024-06-10T07:00"),
        ("PassTime", "2024-06-10T07:00"),
    ]


def test_market_time_runs_as_fast_as_it_is_told(tmp_path: Path) -> None:
    """A day in less than a second: an order that is good for one ends soon, at its moment."""
    options = ("--market-time", "2024-06-10T07:30:00Z", "--market-speed", "100000")
    with VenueProcess(tmp_path, *options) as venue, Client("AVA") as ava:
        ava.logon(venue.port)
        ava.send("D", wire.order("A1", "2", 100, "87.30"))
        now = datetime.strptime(ava.reports(1)[0][60], "%Y%m%d-%H:%M:%S.%f").replace(tzinfo=UTC)
        until = f"{now + timedelta(days=1):%Y%m%d-%H:%M:%S}"
        ava.send("D", wire.order("A2", "2", 100, "87.30", _59="6", _126=until))
        said = [report.text(11, 150) for report in ava.reports(2)]
        code = venue.stop()
    ended = [r.at for r in logs.read(tmp_path / "log") if isinstance(r.entry, PassTime)]
    assert (now.year, said, code) == (2024, ["11=A2|150=0", "11=A2|150=C"], cli.CLEAN)
    assert f"{datetime.fromtimestamp(ended[0] // 10**9, UTC):%Y%m%d-%H:%M:%S}" == until


# Another process: 3


def test_a_second_venue_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """It says so and ends with 3; the first one goes on as if nothing had been."""
    with VenueProcess(tmp_path) as venue, Client("AVA") as ava:
        ava.logon(venue.port)
        ava.send("D", wire.order("A1", "2", 100, "87.30"))
        ava.reports(1)
        run = run_serve(data_dir=tmp_path)
        ava.send("2", [(7, 2), (16, 2)])
        again = ava.reports(1)[0]
        ava.send("D", wire.order("A2", "2", 100, "87.30"))
        assert (
            run.returncode,
            run.stdout,
            run.stderr,
            again.text(11, 43),
            ava.reports(1)[0].text(11, 150),
        ) == (
            cli.LOCKED,
            "",
            f"fixpit: {tmp_path / 'log'}: another process has this data directory\n",
            "11=A1|43=Y",
            "11=A2|150=0",
        )


# A corrupt log: 4


def test_a_corrupt_log_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """4, with the place of the damage; no byte of the log is changed."""
    logs.write(tmp_path / "log", *[[PassTime()]] * 3)
    (file,) = logs.segments(tmp_path / "log")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    run = run_serve(data_dir=tmp_path)
    assert (run.returncode, run.stdout, file.read_bytes()) == (cli.CORRUPT, "", bytes(data))
    assert run.stderr.startswith(f"fixpit: log corrupt: {file.name}: bad frame at byte ")


# Disk errors: 5


def log_size(data_dir: Path) -> int:
    """The size of the log segment that is being written."""
    return logs.segments(data_dir / "log")[-1].stat().st_size


@pytest.mark.parametrize("file", ["log", "sent.dat"])
def test_a_disk_that_fills_up_stops_the_venue(tmp_path: Path, file: str) -> None:
    """5 and no further byte to anybody; with space again, what was acknowledged is there.

    The log is written for every order; sent messages are at the latest when somebody wants them.
    """
    ids = [f"A{i}" for i in range(40)]
    with Client("AVA") as ava, Client("NON") as non:
        ava.fills_gaps = True
        with VenueProcess(tmp_path) as venue:
            for client in (ava, non):
                client.logon(venue.port)
            for cl_ord_id in ids:
                ava.send("D", wire.order(cl_ord_id, "2", 100, "87.30"))
            sent = sum(len(report.data) for report in ava.reports(40))
            if file == "log":
                venue.fill_disk(log_size(tmp_path) + 40)
                ava.send("D", wire.order("REFUSED", "2", 100, "87.30"))
            else:
                assert log_size(tmp_path) + 500 < sent
                venue.fill_disk(log_size(tmp_path) + 500)
                ava.send("2", [(7, 1), (16, 0)])
            said = ava.until_closed(), non.until_closed()
            code = venue.wait()
            assert (code, venue.rest, said) == (cli.DISK_ERROR, "", ([], []))
            assert "venue.failed" in events(venue)
        with VenueProcess(tmp_path) as again:
            ava.logon(again.port)
            ava.send("AF", [(584, "ALL"), (585, "7")])
            assert [message[11] for message in ava.reports(40)] == ids


def test_a_disk_that_is_full_at_the_start_is_a_disk_error(tmp_path: Path) -> None:
    """5 and no ready line."""
    with logs.file_size_limit(40):
        run = run_serve(data_dir=tmp_path)
    assert (run.returncode, run.stdout) == (cli.DISK_ERROR, "")
    assert "File too large" in run.stderr


# The small commands, in process


def test_check_config_describes_a_venue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In words, exit code 0."""
    file = tmp_path / "venue.toml"
    file.write_text(CONFIG)
    code = cli.main(["check-config", str(file)])
    out = capsys.readouterr().out
    assert (code, "ERIC-B" in out, "Not served" in out) == (cli.CLEAN, True, False)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """`fixpit check-config FILE | head -1` ends without a trace."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "gateway.cli", "check-config", "fix_specs/venue/demo.toml"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_check_config_says_what_is_not_served_yet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A right file that this version cannot serve: said at the end, still 0; `serve` refuses it."""
    file = tmp_path / "venue.toml"
    file.write_text(CONFIG.replace('member = "AVA"', 'member = "AVA"\nrole = "operator"'))
    code = cli.main(["check-config", str(file)])
    out = capsys.readouterr().out
    run = run_serve("--config", str(file), data_dir=tmp_path / "data")
    assert (code, "Not served by this version:" in out) == (cli.CLEAN, True)
    assert (run.returncode, "sessions[0].role" in run.stderr) == (cli.BAD_CONFIGURATION, True)


def test_check_config_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """File, line and key on stderr, exit code 2."""
    file = tmp_path / "venue.toml"
    file.write_text(CONFIG.replace("[venue]", "[venue]\nport = 1"))
    code = cli.main(["check-config", str(file)])
    said = capsys.readouterr()
    assert (code, said.out) == (cli.BAD_CONFIGURATION, "")
    assert said.err.startswith(f"fixpit: {file}:2: venue.port: must be one of the keys")


def test_hash_password_hashes_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line of a pipe, without its end."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    code = cli.main(["hash-password"])
    text = capsys.readouterr().out.rstrip("\n")
    assert (code, passwords.matches("secret", text)) == (cli.CLEAN, True)


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["--version"], 0, "fixpit "),
        (["--help"], 0, "serve"),
        ([], 2, "the following arguments are required: COMMAND"),
        (["trade"], 2, "invalid choice: 'trade'"),
    ],
)
def test_the_command_line_itself(
    argv: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Version and help; what is no command is 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    captured = capsys.readouterr()
    assert (caught.value.code, said in captured.out + captured.err) == (code, True)
