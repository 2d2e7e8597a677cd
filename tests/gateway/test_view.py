"""`fixpit view`: bytes of a log in, readable FIX out."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway import view

LOGON = (
    "8=FIX.4.4|9=80|35=A|49=AVA|56=PIT|34=1|52=20261122-12:01:03.214|98=0|108=30|553=ava"
    "|554=secret|10=038|"
)
ORDER = (
    "8=FIX.4.4|9=111|35=D|49=AVA|56=PIT|34=2|52=20261122-12:01:03.214|11=A|55=ERIC-B|54=1|38=100"
    "|40=2|44=87.30|60=20261122-12:01:03|10=000|"
)


def fields_of(data: bytes) -> list[str]:
    """The messages found in one line, as `tag=value` with `|` again."""
    return ["|".join(f"{t}={v}" for t, v in seen.fields) for seen in view.find(data)]


def lines_of(data: bytes) -> list[str]:
    """What `view` writes for one line, in full."""
    return "".join(map(view.in_full, view.find(data))).splitlines()


def parsed(*args: str) -> argparse.Namespace:
    """The options as the command line gives them."""
    parser = argparse.ArgumentParser()
    view.add_arguments(parser)
    return parser.parse_args(args)


@pytest.mark.parametrize("separator", ["|", "\x01", "^A"])
@pytest.mark.parametrize("prefix", ["", "2026-11-22 12:01:03.215 AVA> ", '{"raw": "'])
@pytest.mark.parametrize("end", ["", "\r\n", '"}\n'])
def test_a_message_is_found_however_it_was_logged(separator: str, prefix: str, end: str) -> None:
    """Separator, prefix and what follows the message do not matter."""
    text = "8=FIX.4.4|9=5|35=0|34=2|10=017|".replace("|", separator)
    assert fields_of(f"{prefix}{text}{end}".encode()) == ["8=FIX.4.4|9=5|35=0|34=2|10=017"]


@pytest.mark.parametrize(
    ("line", "messages"),
    [
        (
            "8=FIX.4.4|9=5|35=0|10=1|8=FIX.4.2|35=1|10=2|",
            ["8=FIX.4.4|9=5|35=0|10=1", "8=FIX.4.2|35=1|10=2"],
        ),
        (
            "8=FIX.4.4|9=5|35=0|8=FIXT.1.1|35=1|10=2|",
            ["8=FIX.4.4|9=5|35=0", "8=FIXT.1.1|35=1|10=2"],
        ),
        ("8=FIX.4.4|35=B|58=a|b=c|d|10=1|", ["8=FIX.4.4|35=B|58=a|b=c|d|10=1"]),
        ("8=FIX.4.4|35=B|95=5|96=a|1=b|10=1|", ["8=FIX.4.4|35=B|95=5|96=a|1=b|10=1"]),
        ("8=FIX.4.4|35=B|95=9|96=a|10=1|", ["8=FIX.4.4|35=B|95=9|96=a|10=1"]),
        ("8=FIX.4.4|35=B|95=x|96=a|10=1|", ["8=FIX.4.4|35=B|95=x|96=a|10=1"]),
        ("8=FIX.4.4|35=0|58=\x1b[2J\xff|10=1|", ["8=FIX.4.4|35=0|58=\\x1b[2Jÿ|10=1"]),
        ("8=FIX.4.4|", ["8=FIX.4.4"]),
        ("no FIX here, 8=FIX is not enough", []),
    ],
)
def test_a_line_gives_its_messages(line: str, messages: list[str]) -> None:
    """Several in a line, cut ones, separators in values, data fields, control characters."""
    assert fields_of(line.encode()) == messages


def test_data_fields_are_taken_by_their_length() -> None:
    """A separator inside RawData(96) starts no field."""
    (seen,) = view.find(b"8=FIX.4.4\x0135=B\x0195=5\x0196=a\x011=b\x0110=1\x01")
    assert seen.fields[3] == (96, "a\\x011=b")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("35=A|553=ava|554=pw|925=new", "35=A|553=ava|554=***|925=***"),
        ("35=BE|553=ava|554=pw", "35=BE|553=ava|554=***"),
        ("35=A|95=2|96=pw", "35=A|95=***|96=***"),
        ("35=B|95=2|96=pw", "35=B|95=2|96=pw"),
        ("35=A|1401=2|1402=pw|1403=2|1404=pw", "35=A|1401=2|1402=***|1403=2|1404=***"),
        ("35=A|554=p|w", "35=A|554=***"),
    ],
)
def test_secrets_are_masked(message: str, shown: str) -> None:
    """Passwords never; RawData(96) only where it carries credentials."""
    assert fields_of(f"8=FIX.4.4|{message}|10=000|".encode()) == [f"8=FIX.4.4|{shown}|10=000"]


def test_a_message_is_written_with_names_beside_tags_and_values() -> None:
    """A heading, then a line for each field; what does not fit is marked."""
    assert lines_of(b"12:01:03.215 < " + ORDER.encode()) == [
        "12:01:03.215 < NewOrderSingle(D) AVA -> PIT, 2, 20261122-12:01:03.214",
        "     8 BeginString   FIX.4.4",
        "     9 BodyLength    111",
        "    35 MsgType       D NewOrderSingle",
        "    49 SenderCompID  AVA",
        "    56 TargetCompID  PIT",
        "    34 MsgSeqNum     2",
        "    52 SendingTime   20261122-12:01:03.214",
        "    11 ClOrdID       A",
        "    55 Symbol        ERIC-B",
        "    54 Side          1 BUY",
        "    38 OrderQty      100",
        "    40 OrdType       2 LIMIT",
        "    44 Price         87.30",
        "    60 TransactTime  20261122-12:01:03",
        "    10 CheckSum      000  <- must be 106",
        "",
    ]


def test_groups_are_indented() -> None:
    """What belongs to a group stands under it."""
    text = "8=FIX.4.4|35=8|382=1|375=NON|453=2|448=AVA|452=1|802=1|523=x|448=T|58=end|10=1|"
    indents = [len(line) - len(line[6:].lstrip()) - 7 for line in lines_of(text.encode())[1:-1]]
    assert indents == [0, 0, 0, 2, 0, 2, 2, 2, 4, 2, 0, 0]


@pytest.mark.parametrize(
    ("message", "remarks"),
    [
        ("8=FIX.4.4|9=5|35=0|10=163|", {}),
        ("8=FIX.4.4|9=6|35=0|10=163|", {9: "must be 5", 10: "must be 164"}),
        ("8=FIX.4.4|9=5|35=0|10=999|", {10: "must be 163"}),
        ("8=FIX.4.4|9=5|35=0|", {35: "the message ends without CheckSum(10)"}),
        ("8=FIX.4.4|35=0|10=999|", {}),
    ],
)
def test_what_does_not_fit_is_marked(message: str, remarks: dict[int, str]) -> None:
    """Length and sum as the message on the wire would have them."""
    (seen,) = view.find(message.encode())
    assert seen.remarks == remarks


def test_one_line_for_each_message() -> None:
    """The short form keeps the prefix and the names."""
    (seen,) = view.find(b"in: 8=FIX.4.4|35=8|18=G 6|54=1|9999=x|10=1|")
    assert view.one_line(seen) == (
        "in: BeginString(8)=FIX.4.4|MsgType(35)=8:ExecutionReport"
        "|ExecInst(18)=G 6:ALL_OR_NONE PARTICIPATE_DO_NOT_INITIATE"
        "|Side(54)=1:BUY|(9999)=x|CheckSum(10)=1\n"
    )


@pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4", "FIXT.1.1", "FIX.9.9"])
def test_every_version_has_names(begin_string: str) -> None:
    """A version without a dictionary of its own borrows names from the others."""
    assert view.names_for(begin_string).tags[55] == "Symbol"


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        ((), ["Logon(A)", "NewOrderSingle(D)"]),
        (("--only", "D,8"), ["NewOrderSingle(D)"]),
        (("--oneline",), ["BeginString(8)=FIX.4.4|BodyLength(9)=80|MsgType(35)=A:Logon|"]),
    ],
)
def test_a_file_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], args: Sequence[str], shown: list[str]
) -> None:
    """All messages, some types, or one line each; the exit code is 0."""
    log = tmp_path / "fix.log"
    log.write_text(f"started\n{LOGON}\n{ORDER}\n")
    code = view.run(parsed(*args, str(log)))
    out = capsys.readouterr().out
    assert (code, [text for text in shown if text not in out], "secret" in out) == (0, [], False)


def test_standard_input_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` is standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ORDER.encode())))
    code = view.run(parsed("--oneline", "-"))
    assert (code, capsys.readouterr().out.count("\n")) == (0, 1)


@pytest.mark.parametrize(
    ("content", "code", "complaint"),
    [
        ("nothing\n", 1, "no FIX message found"),
        (None, 2, "No such file or directory"),
    ],
)
def test_a_file_without_fix_is_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    code: int,
    complaint: str,
) -> None:
    """1 for a file without a message, 2 for none at all."""
    log = tmp_path / "fix.log"
    if content is not None:
        log.write_text(content)
    assert (view.run(parsed(str(log))), capsys.readouterr().err) == (
        code,
        f"fixpit view: {log}: {complaint}\n",
    )
