"""Valid messages of every type a member sends, and ways to spoil them.

A message is a list of fields without BeginString, BodyLength and CheckSum, which `framed` puts
around it rightly: what is wrong with a mutant is its fields, never its frame. For hypothesis
(`mutants`) and for seeded random alike (`spoil`): both choose by drawing integers.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from tests.support.fix import complete, message, piped

Fields = list[str]
Choose = Callable[[int], int]
"""Any integer below the given one."""

VALID = (
    "35=0|34=2",
    "35=0|34=2|112=HELLO",
    "35=1|34=2|112=HELLO",
    "35=2|34=2|7=1|16=0",
    "35=3|34=2|45=1|58=Tag not defined|371=55|372=8|373=2",
    "35=4|34=2|36=20|123=Y",
    "35=4|34=2|36=20",
    "35=5|34=2|58=Going home",
    "35=A|34=1|98=0|108=30|141=Y|553=AVA|554=secret",
    "35=D|34=2|11=ID|38=100|40=2|44=87.30|54=1|55=ERIC-B|59=0|60={now}",
    "35=D|34=2|43=Y|97=Y|122={now}|50=anna|11=ID|18=1 G|21=1|40=1|54=5|55=ERIC-B|60={now}",
    "35=D|34=2|115=JCD|11=ID|40=2|54=1|55=ERIC-B|60={now}|126={now}|432=20261231|20001=Y",
    "35=D|34=2|11=ID|40=2|54=1|55=ERIC-B|60={now}|453=2|448=a|447=D|452=12|448=b|447=D|452=1",
    "35=D|34=2|11=ID|40=2|54=1|55=ERIC-B|60={now}|453=1|448=a|447=D|452=12|802=1|523=s|803=1|1=A",
    "35=D|34=2|11=ID|40=2|54=1|55=ERIC-B|60={now}|454=0",
    "35=D|34=2|627=1|628=HOP|629={now}|11=ID|40=2|54=1|60={now}|58=hej",
    "35=F|34=2|11=ID2|41=ID|38=100|54=1|55=ERIC-B|60={now}",
    "35=G|34=2|11=ID2|41=ID|38=50|40=2|44=87.40|54=1|55=ERIC-B|59=1|60={now}",
    "35=H|34=2|11=ID|54=1|55=ERIC-B|790=Q",
    "35=AF|34=2|584=Q|585=7",
    "35=q|34=2|11=M|530=1|54=1|55=ERIC-B|60={now}",
)

TAGS = (
    *("1", "7", "11", "16", "18", "34", "36", "38", "40", "43", "44", "45", "49", "50", "52"),
    *("54", "55", "56", "58", "59", "60", "89", "93", "95", "96", "97", "98", "108", "112", "115"),
    *("122", "123", "126", "141", "354", "355", "369", "373", "386", "432", "447", "448", "452"),
    *("453", "454", "530", "553", "585", "627", "628", "802", "803", "0", "-1", "999", "5000"),
    *("035", "20001", "99999999999999999999"),
)

VALUES = (
    *(
        "",
        "0",
        "1",
        "2",
        "3",
        "Y",
        "N",
        "X",
        "-1",
        "+1",
        "1.5",
        "007",
        "1 G",
        "1  G",
        " ",
        "ERIC-B",
    ),
    *("9" * 18, "9" * 19, "9" * 5000, "x" * 256, "x" * 257, "1 " * 127 + "1", "1 " * 128 + "1"),
    *("87.30", "87.", ".5", "1e5", "nan", "20261122", "20270229", "99991231", "20261122-12:00:00"),
    *("20261122-12:00:00.123456789", "20260230-00:00:00", "20261122-23:59:60", "ä", "²", "a=b"),
    *("ID", "ID2", "AVA", "PIT", "SHB", "{limit}", "%s", "10=000"),
)

Mutation = Callable[[Fields, Choose], None]


def _change(fields: Fields, choose: Choose) -> None:
    i = choose(len(fields))
    fields[i] = f"{fields[i].partition('=')[0]}={VALUES[choose(len(VALUES))]}"


def _drop(fields: Fields, choose: Choose) -> None:
    del fields[choose(len(fields))]


def _add(fields: Fields, choose: Choose) -> None:
    field = f"{TAGS[choose(len(TAGS))]}={VALUES[choose(len(VALUES))]}"
    fields.insert(choose(len(fields) + 1), field)


def _repeat(fields: Fields, choose: Choose) -> None:
    fields.insert(choose(len(fields) + 1), fields[choose(len(fields))])


def _move(fields: Fields, choose: Choose) -> None:
    field = fields.pop(choose(len(fields)))
    fields.insert(choose(len(fields) + 1), field)


def _retag(fields: Fields, choose: Choose) -> None:
    i = choose(len(fields))
    fields[i] = f"{TAGS[choose(len(TAGS))]}={fields[i].partition('=')[2]}"


MUTATIONS: tuple[Mutation, ...] = (_change, _change, _drop, _add, _repeat, _move, _retag)


def fields_of(text: str) -> Fields:
    """The fields of a message written in short, all but the frame."""
    return piped(message(text)).split("|")[2:-1]


def framed(fields: Fields) -> bytes:
    """The fields as a message that no framer could find fault with."""
    return complete("|".join(["8=FIX.4.4", *fields]))


def spoil(text: str, times: int, choose: Choose) -> Fields:
    """A valid message, changed so many times."""
    fields = fields_of(text)
    for _ in range(times):
        if fields:
            MUTATIONS[choose(len(MUTATIONS))](fields, choose)
    return fields


@st.composite
def mutants(draw: st.DrawFn, times_max: int = 3) -> bytes:
    """Messages that are valid, nearly valid, or not at all."""
    text = draw(st.sampled_from(VALID))
    times = draw(st.integers(0, times_max))
    return framed(spoil(text, times, lambda n: draw(st.integers(0, n - 1))))
