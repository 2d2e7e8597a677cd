"""The reader of the table, and what the table must say to be one."""

from __future__ import annotations

import re

import pytest

from tests.specs.table import SHORT, VERSIONS, Block, Table, table

FIELDS = """
44 | Price    | PRICE
40 | OrdType  | CHAR   | 4.2: Kind INT
    1 MARKET
    2 LIMIT   4.4 *5.0
453 | NoIDs | NUMINGROUP
448 | ID    | STRING
"""

MESSAGES = """
# a comment
[message 8 Report out]
new | new | 4.2 4.4 | 40=1 | | words
scenarios | new
 44 | Price   | Y N - | R | R if 40=2 | a price

[message D Order in later]
    | {Who}   | - Y Y
 40 | OrdType | Y Y Y | the kind
. 453 | NoIDs | - N N | who
. > 448 | ID  | - C C | their names

[component Who]
 453 | NoIDs | - N N
> 448 | ID   | - N N
"""


def test_fields_differ_by_version() -> None:
    """Name, type and values are those of every version, but where the line says otherwise."""
    field = Table(MESSAGES, FIELDS).fields["40"]
    assert field.name == {"FIX.4.2": "Kind", "FIX.4.4": "OrdType", "FIX.5.0SP2": "OrdType"}
    assert field.type == {"FIX.4.2": "INT", "FIX.4.4": "CHAR", "FIX.5.0SP2": "CHAR"}
    assert [set(field.values[version]) for version in VERSIONS] == [{"1"}, {"1", "2"}, {"1", "2"}]
    assert [field.extensions[version] for version in VERSIONS] == [set(), set(), {"2"}]


def test_components_and_groups_are_walked() -> None:
    """A message's fields are its own and those of its components, in the versions that have them;
    rows that only describe add none.
    """
    small = Table(MESSAGES, FIELDS)
    paths = {
        short: [path for path, _ in small.rows(small.messages["D"], version)]
        for short, version in zip(SHORT, VERSIONS, strict=True)
    }
    group = [("453",), ("453", "448")]
    assert paths == {"4.2": [("40",)], "4.4": [*group, ("40",)], "5.0": [*group, ("40",)]}
    assert list(small.told(small.messages["D"])) == [("40",), *group]
    assert [block.key for block in small.in_version("FIX.5.0SP2")] == ["D"]


def test_messages_know_their_way() -> None:
    """In, out, later: as the head of the message says."""
    small = Table(MESSAGES, FIELDS)
    ways = {key: (b.is_in, b.is_out, b.is_later) for key, b in small.messages.items()}
    assert ways == {"8": (False, True, False), "D": (True, False, True)}
    assert small.messages["8"].rows[0].scenarios == ("R",)
    assert [s.version for s in small.messages["8"].scenarios] == ["FIX.4.2", "FIX.4.4"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("| R | R if", "| R R | R if", "messages.txt:6: 2 scenarios"),
        ("| Price   | Y N -", "| Price   | Y N", "messages.txt:6: "),
        ("44 | Price", "44 | Prize", "messages.txt: 8: 44 is not Prize"),
        ("{Who}", "{Whom}", "messages.txt: D: no component Whom"),
        (" 40 | OrdType", "4x | OrdType", "messages.txt:10: no tag: 4x"),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, told: str) -> None:
    """File and line, or the message it is in."""
    with pytest.raises(ValueError, match=re.escape(told)):
        Table(MESSAGES.replace(old, new), FIELDS)


def test_a_mistake_in_a_field_is_told_with_its_place() -> None:
    """An unknown version, for example."""
    with pytest.raises(ValueError, match=r"fields.txt:5: .*4\.7"):
        Table(MESSAGES, FIELDS.replace("4.4 *5.0", "4.7"))


OUT = [block for block in table().parts.values() if block.is_out]


@pytest.mark.parametrize("block", OUT, ids=[block.key for block in OUT])
def test_rules_are_there_where_a_letter_needs_them(block: Block) -> None:
    """C has clauses, each a letter and terms; no clause stands without a C."""
    for row in block.rows:
        assert set(row.scenarios) <= set("RO.C"), row
        assert ("C" in row.scenarios) == bool(row.rule), row
        if row.rule:
            assert re.fullmatch(r"[RO]( if \S+)?(; [RO]( if \S+)?)*", row.rule), row
    assert set(block.order) == {scenario.key for scenario in block.scenarios}


def test_every_field_and_component_is_used() -> None:
    """Nothing is defined that no message has."""
    blocks = [*table().parts.values(), *table().components.values()]
    rows = [row for block in blocks for row in block.rows]
    assert {row.tag for row in rows if row.tag} == set(table().fields)
    assert {row.name for row in rows if not row.tag} == set(table().components)
