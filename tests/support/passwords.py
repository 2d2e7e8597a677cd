"""A venue with a session that has a password, whose hash costs the tests no time."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from msgspec.structs import replace

from gateway.config import Config, SessionConfig
from tests.support.fix_venue import config_of

PASSWORD = "sesam"  # noqa: S105 - of nothing
COMP_ID = "SAFE"


def cheap_hash(password: str) -> str:
    """A `password_scrypt` that takes no time to check."""
    salt = b"saltsalt"
    digest = hashlib.scrypt(password.encode(), salt=salt, n=1024, r=1, p=1, dklen=16)
    return f"scrypt$1024$1$1${b64encode(salt).decode()}${b64encode(digest).decode()}"


def with_password() -> Config:
    """The demo venue with one more session of AVA, `SAFE`, whose password is `sesam`."""
    config = config_of()
    safe = SessionConfig(comp_id=COMP_ID, member="AVA", password_scrypt=cheap_hash(PASSWORD))
    return replace(config, sessions=(*config.sessions, safe))
