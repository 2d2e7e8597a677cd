"""The container files, without a container engine: what they promise, and the client they run.

`docker/compose-test` builds and runs the real thing; here stands what can be known without it. The
client program of compose.yaml trades with a real `fixpit serve` on docker/venue.toml, on loopback.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway import config
from gateway.config_words import not_yet_served
from gateway.passwords import matches

ROOT = Path(__file__).parent.parent
DOCKER = ROOT / "docker"
SECONDS_MAX = 30


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Every instruction of the file with its arguments, continued lines joined."""
    text = re.sub(r"(?m)^#.*\n", "", dockerfile.read_text()).replace("\\\n", " ")
    lines = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return [(words[0], words[1]) for words in lines]


def final_stage(dockerfile: Path) -> dict[str, str]:
    """The last instruction of each kind in the stage that becomes the image."""
    steps = instructions(dockerfile)
    last_from = max(index for index, (name, _) in enumerate(steps) if name == "FROM")
    return dict(steps[last_from:])


def client_environment() -> dict[str, str]:
    """What compose.yaml tells the client: `NAME: value` lines below `environment:`."""
    text = (DOCKER / "compose.yaml").read_text()
    block = re.search(r"(?m)^    environment:\n((?:      .*\n)+)", text)
    assert block is not None
    return {name: value.strip('"') for name, value in re.findall(r"(\w+): (\S+)", block[1])}


@contextmanager
def serving(venue_file: Path, data_dir: Path) -> Iterator[int]:
    """A `fixpit serve` of its own on loopback; gives its port, asks it to stop afterwards."""
    command = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(venue_file)]
    command += ["--data-dir", str(data_dir), "--fix-host", "127.0.0.1", "--fix-port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["fix"]["port"]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS_MAX)


def trade(port: int, environment: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run the client of compose.yaml as its container does; gives exit code and tape."""
    variables = {**os.environ, **environment, "VENUE_HOST": "127.0.0.1", "VENUE_PORT": str(port)}
    done = subprocess.run(
        [sys.executable, str(DOCKER / "client" / "trade.py")],
        env=variables,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


# -- The venue file ---------------------------------------------------------------------------


def test_the_venue_file_is_served_to_the_network_with_a_password_for_every_session() -> None:
    """The file loads, listens on every address, asks each session, and this version serves it."""
    venue = config.load(DOCKER / "venue.toml")
    asked = [session.password_scrypt is not None for session in venue.sessions]
    assert (venue.fix.host, venue.fix.accept_unknown, not_yet_served(venue), asked) == (
        "0.0.0.0",  # noqa: S104 # what makes the passwords necessary
        False,
        [],
        [True, True],
    )


def test_the_client_has_the_password_of_each_session() -> None:
    """The secrets in compose.yaml are those whose hashes stand in venue.toml."""
    venue = config.load(DOCKER / "venue.toml")
    told = client_environment()
    right = {
        session.comp_id: matches(told[f"{session.comp_id}_PASSWORD"], session.password_scrypt or "")
        for session in venue.sessions
    }
    assert right == {"AVA1": True, "NON1": True}
    assert (told["VENUE_HOST"], told["VENUE_PORT"], told["VENUE_COMP_ID"]) == (
        "venue",
        str(venue.fix.port),
        venue.venue.comp_id,
    )


# -- The images -------------------------------------------------------------------------------


def test_the_venue_image_runs_serve_as_an_unprivileged_user() -> None:
    """User, command, port and volume of the image are those that venue.toml and compose expect."""
    image = final_stage(DOCKER / "Dockerfile")
    venue = config.load(DOCKER / "venue.toml")
    command = json.loads(image["ENTRYPOINT"]) + json.loads(image["CMD"])
    assert command == [
        *("/opt/fixpit/bin/fixpit", "serve"),
        *("--config", "/etc/fixpit/venue.toml"),
        *("--data-dir", venue.venue.data_dir),
    ]
    assert (image["USER"], image["EXPOSE"], image["VOLUME"]) == (
        "9880:9880",
        str(venue.fix.port),
        venue.venue.data_dir,
    )


@pytest.mark.parametrize("name", ["Dockerfile", "client/Dockerfile"])
def test_no_image_runs_python_without_assertions_or_as_root(name: str) -> None:
    """A bug must stop the venue, so -O and PYTHONOPTIMIZE are nowhere; no stage ends as root."""
    code = "\n".join(" ".join(step) for step in instructions(DOCKER / name))
    assert re.findall(r"PYTHONOPTIMIZE|python\S*\"?,? \"?-O", code) == []
    assert final_stage(DOCKER / name)["USER"].split(":")[0].isdigit()
    assert final_stage(DOCKER / name)["USER"].split(":")[0] != "0"


def test_the_build_context_holds_what_the_image_copies_and_no_more() -> None:
    """.dockerignore lets in exactly the sources that the Dockerfile names."""
    copied = {
        source
        for name, arguments in instructions(DOCKER / "Dockerfile")
        if name == "COPY" and not arguments.startswith("--from")
        for source in arguments.split()[:-1]
    }
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == copied
    assert "*" in rules


def test_the_client_image_has_the_library_version_that_the_tests_use() -> None:
    """fixcore-engine is pinned alike for the image and for development."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = [pin for pin in project["optional-dependencies"]["dev"] if "fixcore" in pin]
    assert re.findall(r"fixcore-engine==\S+", (DOCKER / "client/Dockerfile").read_text()) == pins


# -- The client -------------------------------------------------------------------------------


def test_the_client_trades_twice_and_finds_every_report_right(tmp_path: Path) -> None:
    """Exit code 0 and its word for it; a second run on the same venue gives the same."""
    environment = client_environment()
    with serving(DOCKER / "venue.toml", tmp_path) as port:
        runs = [trade(port, environment) for _ in range(2)]
    assert [(code, tape[-1]) for code, tape in runs] == [
        (0, "ok: 9 messages came as the script has them, and nothing else")
    ] * 2
    assert [line for _, tape in runs for line in tape if "fixpit-demo" in line] == []


def test_the_client_fails_where_a_report_is_not_as_expected(tmp_path: Path) -> None:
    """On a venue with another tick its order is rejected: exit code 1, and it says what came."""
    venue_file = tmp_path / "venue.toml"
    text = (DOCKER / "venue.toml").read_text()
    venue_file.write_text(text.replace('tick_table = "rts11-6"', 'tick_size = "1.00"'))
    with serving(venue_file, tmp_path / "data") as port:
        code, tape = trade(port, client_environment())
    assert code == 1
    assert [line for line in tape if "PRICE_OFF_TICK" in line] != []
    assert [line for line in tape if line.startswith("FAILED: AVA1 < 35=8|150=0|39=0")] != []


# -- compose-test -----------------------------------------------------------------------------


@pytest.mark.parametrize(("optional", "code"), [("", 3), ("1", 0)])
def test_compose_test_says_when_there_is_no_engine(
    tmp_path: Path, optional: str, code: int
) -> None:
    """Without Docker and podman it builds nothing, says so, and fails unless that was allowed."""
    for tool in ("bash", "dirname"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    done = subprocess.run(
        [DOCKER / "compose-test"],
        env={"PATH": str(tmp_path), "FIXPIT_COMPOSE_OPTIONAL": optional},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    said = "neither a Docker engine with docker compose nor podman is here"
    assert (done.returncode, said in done.stdout, done.stderr) == (code, True, "")
