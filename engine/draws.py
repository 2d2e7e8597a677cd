"""Random moments and slices that a replay repeats: drawn from a seed, never from the machine.

A draw depends on its arguments alone, so nothing has to be kept between two of them but a count.
The numbers are part of what a log means: another formula would make old logs replay differently.
"""

from __future__ import annotations

from hashlib import blake2b

_DRAW_BYTES = 16
"""So many more values than any range has that no number in it is noticeably likelier."""


def draw(seed: int, name: str, count: int, below: int) -> int:
    """An integer from 0 to `below`, both included: the draw number `count` under this name.

    `name` says what is drawn and for which book (rule 4.4.5); `below` is not negative.
    """
    assert below >= 0
    text = f"{seed} {count} {name}".encode()  # the name last: no two triples give one text
    return int.from_bytes(blake2b(text, digest_size=_DRAW_BYTES).digest()) % (below + 1)
