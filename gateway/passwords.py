"""Password hashes of sessions: scrypt from the standard library, parameters in the text.

`scrypt$N$r$p$SALT$HASH`, the last two in base64. `fixpit hash-password` makes one. Checking takes
tens of milliseconds by design, so callers do it off the loop.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import os
from base64 import b64decode, b64encode

_N, _R, _P = 2**14, 8, 1
"""16 MiB and about 40 ms; issue random secrets, the hash only protects a leaked file."""

_MEMORY_MAX = 257 * 1024 * 1024
"""What the most expensive hash that `_read` lets through needs, and a little for OpenSSL."""


def hash_password(password: str) -> str:
    """The text for `password_scrypt`."""
    salt = os.urandom(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P)
    return f"scrypt${_N}${_R}${_P}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def is_hash(text: str) -> bool:
    """Whether `text` has the form of a hash that `matches` can check."""
    return _read(text) is not None


def matches(password: str, text: str) -> bool:
    """Whether `password` is the one hashed in `text`."""
    read = _read(text)
    if read is None:
        return False
    n, r, p, salt, expected = read
    digest = hashlib.scrypt(
        password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY_MAX, dklen=len(expected)
    )
    return hmac.compare_digest(digest, expected)


def _read(text: str) -> tuple[int, int, int, bytes, bytes] | None:
    parts = text.split("$")
    if len(parts) != 6 or parts[0] != "scrypt":
        return None
    try:
        n, r, p = (int(part) for part in parts[1:4])
        salt, digest = (b64decode(part, validate=True) for part in parts[4:])
    except (ValueError, binascii.Error):
        return None
    bounded = 2**10 <= n <= 2**17 and n & (n - 1) == 0 and 1 <= r <= 16 and 1 <= p <= 4
    return (n, r, p, salt, digest) if bounded and len(salt) >= 8 and len(digest) >= 16 else None
