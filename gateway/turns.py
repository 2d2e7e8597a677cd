"""The end of each loop turn: commit the log, then let the sessions' output go when it is durable.

A turn is whatever the loop does between two calls of `end`: several connections' reads, usually.
All of it becomes one frame of the log and at most one write per session. Also kept here, because
only the end of a turn can see it: that the disk does not fall behind without bound (nobody is read
until it has caught up), and that a large resend goes out in slices the peer can take.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from gateway.fix.connection import Connection
from gateway.fix.session import FixSession
from gateway.log.segment_file import SegmentLog
from gateway.log.sent_file import SentFile
from gateway.publisher import Publisher

UNDURABLE_RECORDS_MAX = 50_000
"""When the disk is this far behind, nobody is read until half of it is written."""

RESEND_UNREAD_BYTES_MAX = 256 * 1024
RESEND_PAUSE_SECONDS = 0.01
"""A resend waits while the peer has more than this unread, else it would look like a slow one."""


class Connected(Protocol):
    """Where to find who is connected now."""

    def connected(self) -> list[FixSession]:
        """Sessions with a connection."""


class NotDurable(Exception):
    """The venue failed before what happened was durable: nobody may rely on it."""


class Turns:
    """Ends turns; `guarded` runs an action and takes an exception in it for a bug, `seal` adds to
    the log what only the end of a turn may add.
    """

    def __init__(
        self,
        log: SegmentLog,
        sent: SentFile,
        publisher: Publisher,
        sessions: Connected,
        connections: Callable[[], Iterable[Connection]],
        now: Callable[[], int],
        guarded: Callable[[Callable[[], None]], None],
        seal: Callable[[], None],
    ) -> None:
        self._log = log
        self._sent = sent
        self._publisher = publisher
        self._sessions = sessions
        self._connections = connections
        self._now = now
        self._guarded = guarded
        self._seal = seal
        self._loop: asyncio.AbstractEventLoop | None = None
        self._talking: list[FixSession] = []
        self._resending: set[FixSession] = set()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._scheduled = False
        self.paused = False
        self.stopped = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """The venue runs: what was said in replay is old, turns end by themselves from now on."""
        self._talking.clear()
        self._loop = loop
        # What was recovered came out of the file.
        self._publisher.durable_seq = self._log.last_seq

    def stop(self) -> None:
        """The venue failed: nothing more may leave."""
        self.stopped = True
        waiting, self._waiting = self._waiting, []
        for _, future in waiting:
            if not future.done():
                future.set_exception(NotDurable())

    def speaks(self, session: FixSession) -> None:
        """The session has output for its connection, or nothing more to say."""
        self._talking.append(session)
        self.schedule()

    def schedule(self) -> None:
        """Something happened in this turn: end it when the loop comes round."""
        if not self._scheduled and self._loop is not None:
            self._scheduled = True
            self._loop.call_soon(self._guarded, self.end)

    def end(self) -> None:
        """Commit what this turn appended and hold what it has to say until that is durable."""
        self._scheduled = False
        if self.stopped:
            return
        talking, self._talking = self._talking, []
        self._sent.end_turn()
        self._seal()
        self._log.commit()
        self._publisher.collect(talking, self._log.last_seq, self._now())
        for session in talking:
            if session.out.resend.pending and session not in self._resending:
                self._resending.add(session)
                self._continue_resend(session)
        if self._log.last_seq - self._publisher.durable_seq > UNDURABLE_RECORDS_MAX:
            self._pause()

    def durable(self, seq: int) -> None:
        """The log is durable up to `seq`."""
        if self.stopped:
            return
        self._publisher.release(seq)
        if self._waiting:
            self._wake(seq)
        if self.paused and (self._log.last_seq - seq) * 2 < UNDURABLE_RECORDS_MAX:
            self._resume()

    def until_durable(self) -> asyncio.Future[None]:
        """Await it: all that happened up to now is durable. Raises NotDurable if it never will."""
        assert self._loop is not None
        future: asyncio.Future[None] = self._loop.create_future()
        seq = self._log.last_seq
        if self.stopped:
            future.set_exception(NotDurable())
        elif seq <= self._publisher.durable_seq:
            future.set_result(None)
        else:
            self._waiting.append((seq, future))
            self.schedule()
        return future

    def _wake(self, seq: int) -> None:
        waiting, self._waiting = self._waiting, []
        for wanted, future in waiting:
            if wanted > seq:
                self._waiting.append((wanted, future))
            elif not future.done():
                future.set_result(None)

    def _pause(self) -> None:
        self.paused = True
        for connection in self._connections():
            connection.pause_reading()

    def _resume(self) -> None:
        self.paused = False
        now = self._now()
        for session in self._sessions.connected():
            session.forgive_silence(now)
        for connection in self._connections():
            connection.resume_reading()

    def _continue_resend(self, session: FixSession) -> None:
        """The next slice in the next turn, or when the peer has read most of what went before."""
        assert self._loop is not None
        if not session.connected or self.stopped:
            self._resending.discard(session)
        elif self._publisher.unread(session) > RESEND_UNREAD_BYTES_MAX:
            self._loop.call_later(RESEND_PAUSE_SECONDS, self._continue_resend, session)
        else:
            self._resending.discard(session)
            self._loop.call_soon(self._guarded, lambda: self._send_slice(session))

    def _send_slice(self, session: FixSession) -> None:
        if session.connected and not self.stopped:
            session.out.continue_resend(self._now())
