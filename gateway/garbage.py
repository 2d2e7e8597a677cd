"""When Python looks for garbage: not while a start or a replay makes what is there to stay.

Reference counts take away almost everything; what is here is about the search for cycles, whose
time grows with what is alive.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles within the block."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def keep_what_is_there() -> None:
    """What is alive now lives long: keep it out of every later search, and search seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
