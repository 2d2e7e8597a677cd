"""What the campaigns begin with: the messages of the session scripts, and those of every type."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import Dialect, message
from tests.support.fix_mutations import TAGS, VALID, VALUES, fields_of
from tests.support.script import steps

SCRIPTS = Path(__file__).parents[1] / "scenarios" / "session"

WORDS = (
    *(word.encode("latin-1") for word in (*TAGS, *VALUES)),
    *(b"\x01", b"=", b"|", b"\x01=\x01", b"\x0110=", b"\x019=", b"\x018=FIX.4.4", b"8=FIX", b"9="),
    *(b"354=" + b"9" * size + b"\x01355=x" for size in (18, 19, 4301)),
    *(b"8=FIX.4.2\x019=", b"8=FIXT.1.1\x019=", b"10=000\x01", b"\x0135=", b"35=A\x01", b"\x00"),
    *(b"95=3\x0196=", b"354=2\x01355=", b"43=Y\x01122=", b"453=2\x01448=a\x01", b"\x011137=9\x01"),
)
"""What FIX is made of, and what it nearly is."""


WITH_DATA = (
    "35=A|34=1|98=0|108=30|95=5|96=a\x01b=c",
    "35=D|34=2|11=ID|40=2|54=1|55=ERIC-B|60={now}|354=4|355=x\x01=y|58=z",
    "35=0|34=2|90=3|91=abc|93=2|89=\x01x",
)
"""Data fields, with separators in them."""


@cache
def conversations() -> tuple[tuple[str, ...], ...]:
    """What the member says in each script, in short; `wait 30` and the like where time passes."""
    found = []
    for path in sorted(SCRIPTS.glob("*.fix")):
        said = [
            step.argument if step.verb == ">" else f"{step.verb} {step.argument}".strip()
            for step in steps(path.read_text(encoding="utf-8"))
            if step.verb in {">", "wait", "disconnect"}
        ]
        found.append(tuple(said))
    assert len(found) > 50
    return tuple(found)


@cache
def streams() -> tuple[bytes, ...]:
    """The same as the bytes of a connection, script by script, and each valid message alone."""
    scripts = [b"".join(message(text) for text in said if "=" in text) for said in conversations()]
    return (*scripts, *messages())


@cache
def messages() -> tuple[bytes, ...]:
    """Framed messages, one at a time."""
    said = {text: None for script in conversations() for text in script if text.startswith("35=")}
    versions = (one for some in orders().values() for one in some)
    return (*versions, *map(message, WITH_DATA), *(message(text) for text in (*VALID, *said)))


@cache
def orders() -> dict[str, tuple[bytes, ...]]:
    """A Logon and orders that are valid in each version, by the version's name."""
    order = "35=D|34=2|11=ID|{}38=100|40=2|44=87.30|54=1|55=ERIC-B|59=0|60={{now}}"
    group = "453=1|448=a|447=D|452=12|"
    written = {
        FIX42: ("FIX.4.2", "", ("21=1|", "21=1|76=X|", "21=3|18=1 G|78=1|79=A|80=5|")),
        FIX44: ("FIX.4.4", "", ("", group, group + "20001=Y|")),
        FIX50SP2: ("FIXT.1.1", "|1137=9", ("", "18=1 G|1138=10|", group)),
    }
    found = {}
    for name, (begin_string, logon, parts) in written.items():
        texts = (f"35=A|34=1|98=0|108=30{logon}", *(order.format(part) for part in parts))
        found[name] = tuple(Dialect("AVA", "PIT", begin_string).whole(text) for text in texts)
    return found


@cache
def bodies() -> tuple[str, ...]:
    """Messages of every type a member sends, in short and without a frame."""
    return tuple("|".join(fields_of(text)) for text in VALID)
