"""Application messages already sent, kept for resend requests in one file beside the log.

Derived, not a second truth: never synced, made anew by replay at every start. All sessions share
the file; each has an index of where its messages are, eight bytes per sequence number, 0 for an
admin message. Messages wait in memory until they are many or asked for. Those of before a snapshot
lie in a file of its own, which is only read.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from zlib import crc32

_SIZE_BITS = 20
"""A message is below 1 MiB; the rest of the 64 bits is its place in the file."""


HEAD = b"fixpit-sent\n"

CHUNK = 8192
"""Places in one array: a single one that grows all day is copied again and again, and leaves holes
in memory as large as itself.
"""

PENDING_BYTES_MAX = 64 * 1024
"""Kept in memory before it is written: the file is a cache, no turn need pay a write for it. Four
times as much held up a turn for a millisecond.
"""


class SentFile:
    """The file; `open_session` gives each session its part.

    `pending` messages begin at byte `end` minus their size; sessions add to both themselves,
    because this happens for every report.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        self._fd = os.open(path, flags, 0o644)
        self._base_fd = -1
        self._base_bytes = 0
        self.pending: list[bytes] = [HEAD]
        self.end = len(self.pending[0])
        self._written = 0
        self._crc = 0

    def open_session(self) -> SessionSent:
        """The messages of one session, none yet."""
        return SessionSent(self)

    def read(self, place: int) -> bytes:
        """The message at a place."""
        self.flush()
        size, begin = place & (1 << _SIZE_BITS) - 1, place >> _SIZE_BITS
        if begin < self._base_bytes:
            return os.pread(self._base_fd, size, begin)
        return os.pread(self._fd, size, begin - self._base_bytes)

    def end_turn(self) -> None:
        """Write what is pending if it is much; call once per turn. Raises OSError."""
        if self.end - self._written > PENDING_BYTES_MAX:
            self.flush()

    def flush(self) -> None:
        """Write what is pending. Raises OSError."""
        if self.pending:
            data = b"".join(self.pending)
            self._crc = crc32(data, self._crc)
            view = memoryview(data)
            self.pending.clear()
            self._written = self.end
            while view:
                view = view[os.write(self._fd, view) :]

    def take_crc(self) -> int:
        """The CRC-32 of all messages since it was last taken. Raises OSError."""
        self.flush()
        crc, self._crc = self._crc, 0
        return crc

    @property
    def crc(self) -> int:
        """The CRC-32 that `take_crc` would take. Raises OSError."""
        self.flush()
        return self._crc

    def begin_behind(self, base: Path, crc: int) -> None:
        """What was sent before is in `base`; `crc` is what `take_crc` would have taken there.

        Call before anything is sent. Raises OSError.
        """
        self._base_fd = os.open(base, os.O_RDONLY | os.O_CLOEXEC)
        self._base_bytes = self.end = self._written = os.fstat(self._base_fd).st_size
        self.pending.clear()
        self._crc = crc

    def save(self, file: Path, sessions: Iterable[SessionSent]) -> tuple[list[bytes], int]:
        """Write what can still be asked for to a new `file`, on the disk.

        Returns each session's places there, for `SessionSent.restore`, and the CRC-32 of the file.
        Raises OSError.
        """
        with file.open("wb") as out:
            end, crc = out.write(HEAD), crc32(HEAD)
            saved = []
            for session in sessions:
                places = array("Q")
                for place in session.places():
                    data = self.read(place) if place else b""
                    places.append(end << _SIZE_BITS | len(data) if place else 0)
                    end += out.write(data)
                    crc = crc32(data, crc)
                saved.append(places.tobytes())
            out.flush()
            os.fsync(out.fileno())
        return saved, crc

    def close(self) -> None:
        """Let the file go."""
        os.close(self._fd)
        if self._base_fd >= 0:
            os.close(self._base_fd)


class SessionSent:
    """One session's sent messages by MsgSeqNum (a `session.SentMessages`)."""

    __slots__ = ("_before", "_file", "_full", "_last")

    def __init__(self, file: SentFile) -> None:
        self._file = file
        self._full: list[array[int]] = []
        self._before = 0
        self._last = array("Q")

    def append(self, seq: int, data: bytes) -> None:
        """Keep a message under the next or a later number."""
        last, file = self._last, self._file
        if self._before + len(last) < seq - 1:
            last = self._leave_out(seq)
        size = len(data)
        last.append(file.end << _SIZE_BITS | size)
        file.pending.append(data)
        file.end += size
        if len(last) == CHUNK:
            self._begin_chunk()

    def _leave_out(self, seq: int) -> array[int]:
        """Nothing is kept under the numbers before `seq`; returns where its place goes."""
        while len(self) < seq - 1:
            self._last.append(0)
            if len(self._last) == CHUNK:
                self._begin_chunk()
        return self._last

    def _begin_chunk(self) -> None:
        self._full.append(self._last[:])  # as long as it is, with no room to grow
        self._before += CHUNK
        self._last = array("Q")

    def get(self, seq: int) -> bytes | None:
        """The message with this number, None for admin ones."""
        if not 0 < seq <= len(self):
            return None
        nth, at = divmod(seq - 1, CHUNK)
        place = self._full[nth][at] if nth < len(self._full) else self._last[at]
        return self._file.read(place) if place else None

    def places(self) -> Iterator[int]:
        """Where each message is, from number 1 on; 0 for an admin one."""
        for chunk in (*self._full, self._last):
            yield from chunk

    def restore(self, places: bytes) -> None:
        """What was sent is where `SentFile.save` put it."""
        self.clear()
        every = array("Q", places)
        full = len(every) // CHUNK * CHUNK
        self._full = [every[begin : begin + CHUNK] for begin in range(0, full, CHUNK)]
        self._before, self._last = full, every[full:]

    def clear(self) -> None:
        """Numbers start again at 1."""
        self._full = []
        self._before = 0
        self._last = array("Q")

    def __len__(self) -> int:
        """0 if there is no message at all, else the highest number of one."""
        return self._before + len(self._last)
