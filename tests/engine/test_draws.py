"""Draws from a seed: the same for ever, inside their range, different where anything differs."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.draws import draw

SECONDS_5 = 5_000_000_000


@pytest.mark.parametrize(
    ("seed", "name", "count", "below", "drawn"),
    [
        (0, "", 0, SECONDS_5, 1_958_405_090),
        (4, "ERIC-B", 1, SECONDS_5, 2_683_472_543),
        (4, "ERIC-B", 2, SECONDS_5, 2_415_412_235),
        (4, "VOLV-B", 1, SECONDS_5, 3_630_298_279),
        (-4, "Å", 1, 2**64, 9_092_538_544_176_702_469),
    ],
)
def test_draws_stay_what_they_are(seed: int, name: str, count: int, below: int, drawn: int) -> None:
    """These numbers are in logs: a venue that replays one must draw them again."""
    assert draw(seed, name, count, below) == drawn


def test_both_ends_are_drawn_about_equally_often() -> None:
    """0 and `below` come as often as what lies between."""
    drawn = Counter(draw(4, "ERIC-B", count, 5) for count in range(6_000))
    assert sorted(drawn) == [0, 1, 2, 3, 4, 5]
    assert min(drawn.values()) > 900
    assert max(drawn.values()) < 1_100


def test_nothing_to_choose_from() -> None:
    """A range of one number gives it; there is no range below 0."""
    assert draw(4, "ERIC-B", 1, 0) == 0
    with pytest.raises(AssertionError):
        draw(4, "ERIC-B", 1, -1)


def test_seed_name_and_count_each_matter() -> None:
    """No two of these draws share their source, also where the digits run together."""
    sources = [(1, "A", 1), (2, "A", 1), (1, "B", 1), (1, "A", 2), (1, "1 A", 1), (11, "A", 1)]
    sources += [(1, "A", 11), (-1, "A", 1), (1, "A1", 1), (1, " A", 1), (1, "", 1)]
    assert len({draw(*source, 2**100) for source in sources}) == len(sources)
