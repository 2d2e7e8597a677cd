"""`fixpit explain`: words or JSON, exit codes, and the same in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

import pytest

from gateway import cli
from gateway.explain import command
from gateway.explain.answer import explain
from gateway.explain.command import NotExplained, explain_in_process
from tests.gateway.explain.days import write
from tests.gateway.explain.test_trade import EX_2_1
from tests.support import logs


def fixpit(*arguments: str) -> int:
    """Run `fixpit explain`; returns its exit code."""
    return cli.main(["explain", *arguments])


def test_sentences_are_printed_one_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the demo venue's time, which is Stockholm's."""
    write(tmp_path, EX_2_1)
    assert fixpit("T2", "--data-dir", str(tmp_path)) == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "At 2024-01-03 10:01:00.000 N1 of NON bought 100 ERIC-B at 100.00 from X of AVA,"
        " in continuous trading."
    )


def test_json_is_the_explanation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, the same data."""
    write(tmp_path, EX_2_1)
    assert fixpit("--json", "S1", "--session", "SHB", "--data-dir", str(tmp_path)) == 0
    told = explain(tmp_path / "log", "O2", timezone="Europe/Stockholm")
    assert json.loads(capsys.readouterr().out) == told


def test_a_venue_file_names_the_data_directory_and_the_time_zone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--config` alone is enough."""
    write(tmp_path / "data", EX_2_1)
    file = tmp_path / "venue.toml"
    data_dir = json.dumps(str(tmp_path / "data"))
    file.write_text(f'[venue]\ncomp_id = "PIT"\ntimezone = "UTC"\ndata_dir = {data_dir}\n')
    assert fixpit("T2", "--config", str(file)) == 0
    assert capsys.readouterr().out.startswith("At 2024-01-03 09:01:00.000 ")


def test_a_time_zone_that_does_not_exist_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rule and what was asked."""
    assert fixpit("T1", "--data-dir", str(tmp_path), "--timezone", "Mars/Base") == 2
    assert capsys.readouterr().err.endswith(", was Mars/Base\n")


def test_names_from_outside_cannot_write_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Control characters are written out."""
    write(tmp_path, EX_2_1, terms={"X": {"cl_ord_id": "\x1b[2JX"}})
    assert fixpit("T2", "--data-dir", str(tmp_path)) == 0
    assert r"from \x1b[2JX of AVA" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("what", "folder", "text"),
    [
        pytest.param(
            "O99",
            "",
            "ORDER_OR_TRADE must be an OrderID (O12), a match id (T5) or a ClOrdID that is in the"
            " log, was O99",
            id="unknown",
        ),
        pytest.param("T1", "nowhere", "must be the log of a venue, and is not there", id="no-log"),
    ],
)
def test_what_is_not_there_exits_2_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str, folder: str, text: str
) -> None:
    """Nothing on stdout."""
    write(tmp_path, EX_2_1)
    assert fixpit(what, "--data-dir", str(tmp_path / folder)) == 2
    out, complaint = capsys.readouterr()
    assert out == ""
    assert complaint.startswith("fixpit explain: ")
    assert complaint.endswith(f"{text}\n")


def test_a_corrupt_log_exits_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rot is not explained away."""
    write(tmp_path, EX_2_1)
    (file,) = logs.segments(tmp_path / "log")
    data = bytearray(file.read_bytes())
    data[logs.frame_ends(file)[0] + 40] ^= 1
    file.write_bytes(data)
    assert fixpit("T1", "--data-dir", str(tmp_path)) == 4
    assert capsys.readouterr().err.startswith("fixpit explain: log corrupt: ")


# In a process of its own


async def test_a_process_gives_the_same_explanation(tmp_path: Path) -> None:
    """Three at once, of which one waits."""
    write(tmp_path, EX_2_1)
    told = await asyncio.gather(
        *(explain_in_process(tmp_path, what) for what in ("T1", "T2", "O2"))
    )
    log = tmp_path / "log"
    assert told == [explain(log, what, timezone="Europe/Stockholm") for what in ("T1", "T2", "O2")]
    assert await explain_in_process(tmp_path, "T1", timezone="UTC") == explain(log, "T1")


async def test_a_process_says_that_something_is_unknown(tmp_path: Path) -> None:
    """The sentence, and that it is the id that is wrong; an id cannot be an option."""
    write(tmp_path, EX_2_1)
    for what in ("O99", "--json"):
        with pytest.raises(NotExplained, match=f"^ORDER_OR_TRADE must be .* was {what}$") as caught:
            await explain_in_process(tmp_path, what)
        assert caught.value.unknown


async def test_a_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """The caller is told, and no process is left behind."""
    write(tmp_path, EX_2_1)
    with pytest.raises(NotExplained, match=r"^explaining T1 must take no more than 0 s") as caught:
        await explain_in_process(tmp_path, "T1", timeout_seconds=0)
    assert not caught.value.unknown


def test_the_options_are_those_of_the_contract() -> None:
    """Words before and after the id."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args(["--json", "T5", "--session", "AVA", "--data-dir", "var"])
    assert (args.what, args.json, args.session, args.data_dir) == ("T5", True, "AVA", Path("var"))
