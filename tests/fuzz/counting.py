"""Work of the framer as a number: how many bytes it looks at or copies, the same on every machine.

`Counted` and `CountedArray` stand in for `bytes` and `bytearray` inside `gateway.fix.framing`. Each
of their calls is charged with the bytes it goes over in C, where no profiler looks, and one more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self
from unittest import mock

from gateway.fix import framing
from gateway.fix.framing import Framer, MessageTooLong

_work = [0]
"""The sum of the charges: one for all, because `framing` makes its arrays itself."""


def _charge(size: int) -> None:
    _work[0] += size + 1


def _found(size: int, start: int, end: int | None, at: int, sub: bytes) -> int:
    """Charge a search: up to the find, or to the end."""
    stop = size if end is None else min(end, size)
    _charge(at - start + len(sub) if at >= 0 else max(0, stop - start))
    return at


class Counted(bytes):
    """Bytes that charge for what is done with them."""

    def find(self, sub: Any, start: Any = 0, end: Any = None, /) -> int:
        """Charge the bytes searched."""
        return _found(len(self), start, end, super().find(sub, start, end), sub)

    def startswith(self, prefix: Any, start: Any = 0, end: Any = None, /) -> bool:
        """Charge the bytes compared."""
        _charge(len(prefix))
        return super().startswith(prefix, start, end)

    def endswith(self, suffix: Any, start: Any = 0, end: Any = None, /) -> bool:
        """Charge the bytes compared."""
        _charge(len(suffix))
        return super().endswith(suffix, start, end)

    def __getitem__(self, key: Any, /) -> Any:
        found = super().__getitem__(key)
        _charge(len(found) if isinstance(found, bytes) else 1)
        return found


class CountedArray(bytearray):
    """A bytearray that charges for what is done with it, and for being copied from."""

    def find(self, sub: Any, start: Any = 0, end: Any = None, /) -> int:
        """Charge the bytes searched."""
        return _found(len(self), start, end, super().find(sub, start, end), sub)

    def __iadd__(self, data: Any, /) -> Self:  # type: ignore[misc]  # __add__ is bytearray's own
        _charge(len(data))
        return super().__iadd__(data)

    def __delitem__(self, key: Any, /) -> None:
        super().__delitem__(key)
        _charge(len(self))


def _copied(data: bytearray) -> Counted:
    _charge(len(data))
    return Counted(data)


def work(pieces: Iterable[bytes], make: Callable[[], Framer]) -> int:
    """What a stream costs; where a message is too long another connection takes the next piece."""
    _work[0] = 0
    with mock.patch.multiple(
        framing, create=True, bytes=_copied, bytearray=CountedArray, cut=framing.cut_in_python
    ):
        feed(map(Counted, pieces), make)
    return _work[0]


def feed(pieces: Iterable[bytes], make: Callable[[], Framer]) -> int:
    """Give the pieces to a framer, and how many messages it found."""
    framer, found = make(), 0
    for piece in pieces:
        try:
            found += len(framer.feed(piece))
        except MessageTooLong:
            framer = make()
    return found
