"""The venue in memory with the sessions a test wants: several versions, sources and passwords.

A client is named by its comp id, or `COMP:2` for a second one of the same session. It speaks the
version it is given, FIX 4.4 if none, and connects from 127.0.0.1 if no other source is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from gateway.config import Config, MemberConfig, SessionConfig, demo
from gateway.fix.connection import Connection
from gateway.fix.times import NANOS_PER_SECOND
from gateway.fix.versions import FIX44
from tests.support.fix import Dialect, dialects, our_versions
from tests.support.passwords import PASSWORD, HeldExecutor, cheap_hash
from tests.support.script import play
from tests.support.venue_in_memory import Transport, VenueInMemory


def order_entry(comp_id: str, **keys: Any) -> SessionConfig:
    """A session for orders; a member of the first three letters of its comp id."""
    return SessionConfig(comp_id=comp_id, member=comp_id[:3], **keys)


def drop_copy(comp_id: str, **keys: Any) -> SessionConfig:
    """A session for copies of its member's reports."""
    return order_entry(comp_id, role="drop-copy", **keys)


def guarded(comp_id: str = "AVA", **keys: Any) -> SessionConfig:
    """A session for orders whose password is `sesam`."""
    return order_entry(comp_id, password_scrypt=cheap_hash(PASSWORD), **keys)


def config_with(*sessions: SessionConfig, **fix: Any) -> Config:
    """The demo venue with these sessions and no others; `fix` are keys of [fix]."""
    config = demo()
    members = {session.member: MemberConfig(id=session.member, name="A") for session in sessions}
    limits = {"accept_unknown": False, **fix}
    return replace(
        config,
        sessions=sessions,
        members=tuple(members.values()),
        fix=replace(config.fix, **limits),
    )


class _From(Transport):
    """A connection from an address."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self._source = source

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self._source, 40_000) if name == "peername" else default


class SessionVenue(VenueInMemory):
    """A venue over the sessions of a configuration; `hashing` counts and may hold its work."""

    def __init__(
        self,
        folder: Path,
        config: Config,
        *,
        speaking: Mapping[str, str] | None = None,
        coming_from: Mapping[str, str] | None = None,
    ) -> None:
        self.speaking = dict(speaking or {})
        self.coming_from = dict(coming_from or {})
        super().__init__(folder, config, our_versions())
        self.hashing = HeldExecutor()
        self.hashing.release()
        self.application._credentials._executor = self.hashing

    def dialects(self, who: str) -> tuple[Dialect, Dialect]:
        """The version of this client, and the comp id of its session."""
        return dialects(who.partition(":")[0], self.speaking.get(who, FIX44))

    def connect(self, who: str) -> None:
        """A client connects from where it is."""
        assert who not in self._lines
        transport = _From(self.coming_from.get(who, "127.0.0.1"))
        self._lines[who] = Connection(self._acceptor), transport
        self._in_loop(self._lines[who][0].connection_made, transport)

    def is_read(self, who: str) -> bool:
        """Whether the venue wants what this client sends."""
        return self._lines[who][1].is_reading()

    def answer_hashing(self) -> None:
        """What is held of hashing is done now, and all that follows from it."""
        while self.hashing.waiting:
            self._in_loop(self.hashing.answer)

    def numbers(self, comp_id: str) -> tuple[int, int, int]:
        """Next in, next out, resets of a session."""
        fix = self.sessions.by_comp_id[comp_id].fix
        return fix.next_in, fix.out.next_out, fix.resets

    def refused(self, comp_id: str) -> str:
        """Why the last Logon of a session was not accepted, without when and from where."""
        return self.sessions.by_comp_id[comp_id].refused.partition(": ")[2]

    def plays(self, script: str, *, exact: bool = True) -> None:
        """Play a script; everything in it must happen, and nothing else."""
        played = play(script, self, exact=exact)
        assert played.actual == played.expected, f"\n{played.actual}\n-- not:\n{played.expected}"

    def wait(self, seconds: float) -> None:
        """Time passes, and nothing is said."""
        heard = self.pass_time(self.now + round(seconds * NANOS_PER_SECOND))
        assert [*heard, *self.heard()] == []
