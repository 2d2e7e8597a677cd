"""Venues with a session that has a password, whose hash costs the tests no time, and hashing that
waits until it is told to go on.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from msgspec.structs import replace

from gateway.config import Config, SessionConfig
from tests.support.fix_venue import FixVenue, config_of

PASSWORD = "sesam"  # noqa: S105 - of nothing
COMP_ID = "SAFE"


def cheap_hash(password: str) -> str:
    """A `password_scrypt` that takes no time to check."""
    salt = b"saltsalt"
    digest = hashlib.scrypt(password.encode(), salt=salt, n=1024, r=1, p=1, dklen=16)
    return f"scrypt$1024$1$1${b64encode(salt).decode()}${b64encode(digest).decode()}"


def with_password(**keys: Any) -> Config:
    """The demo venue with one more session of AVA, `SAFE`, whose password is `sesam`; `keys` are
    further keys of that session.
    """
    config = config_of()
    keys = {"password_scrypt": cheap_hash(PASSWORD), **keys}
    safe = SessionConfig(comp_id=COMP_ID, member="AVA", **keys)
    return replace(config, sessions=(*config.sessions, safe))


class HeldExecutor(Executor):
    """Work waits here for `answer`, in the order it came; after `release` none does."""

    def __init__(self) -> None:
        self.done = 0
        self._held: list[tuple[Future[Any], Callable[[], Any]]] = []
        self._released = False

    @classmethod
    def of(cls, served: FixVenue) -> HeldExecutor:
        """What hashes the passwords of a venue from here on."""
        executor = cls()
        served.venue._application._credentials._executor = executor
        return executor

    @property
    def waiting(self) -> int:
        """How much work waits."""
        return len(self._held)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Keep the work."""
        future: Future[Any] = Future()
        self._held.append((future, lambda: fn(*args, **kwargs)))
        if self._released:
            self.answer()
        return future

    def answer(self) -> None:
        """Do what waits."""
        held, self._held = self._held, []
        for future, work in held:
            self.done += 1
            future.set_result(work())

    def release(self) -> None:
        """Let nothing wait any more."""
        self._released = True

    def hold(self) -> None:
        """Let work wait from here on."""
        self._released = False
