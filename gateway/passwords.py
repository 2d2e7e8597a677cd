"""Password hashes of sessions, their parameters in the text, and what a new password must be.

`scrypt$N$r$p$SALT$HASH` comes from the standard library, base64 with padding.
`$argon2id$v=19$m=M,t=T,p=P$SALT$HASH`, base64 without, is argon2's own form and needs the package
argon2-cffi, which is imported only when there is such a hash. `fixpit hash-password` makes them.
What must not live here: where hashes are kept. Checking takes tens of milliseconds by design, so
callers do it off the loop; parameters are bounded, so that no hash takes gigabytes or minutes.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import os
import re
from base64 import b64decode, b64encode
from types import ModuleType
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["scrypt", "argon2"]

NEEDS_ARGON2 = "needs the package argon2-cffi (pip install 'fixpit[argon2]')"

NEW_PASSWORD_CHARACTERS_MIN, NEW_PASSWORD_CHARACTERS_MAX = 8, 64

_N, _R, _P = 2**14, 8, 1
"""16 MiB and about 40 ms; issue random secrets, the hash only protects a leaked file."""

_SCRYPT_MEMORY_MAX = 257 * 1024 * 1024
"""What the most expensive hash that `_read_scrypt` lets through needs, a little for OpenSSL."""

_MEMORY_KIB, _PASSES, _LANES = 19 * 1024, 2, 1
"""The least that OWASP recommends for argon2id; about 26 ms."""

_MEMORY_KIB_MIN, _MEMORY_KIB_MAX = 1024, 256 * 1024
_WORK_KIB_MAX = 1024 * 1024
"""Memory times passes of the most expensive hash; under a second. RFC 9106's second recommended
option, 64 MiB three times, is a fifth of it."""

_LANES_MAX = 4  # each is a thread

_ARGON2ID = re.compile(
    r"\$argon2id\$v=19"
    r"\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]{0,3}),p=([1-9][0-9]?)"
    r"\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})"
)
"""Salts from 8 and digests from 16 to 64 bytes; version 19 is the only one in use."""

_PRINTABLE = re.compile(f"[ -~]{{{NEW_PASSWORD_CHARACTERS_MIN},{NEW_PASSWORD_CHARACTERS_MAX}}}")


def hash_password(password: str, kind: Kind = "scrypt") -> str:
    """The text to keep of `password`; argon2 without its package raises ImportError, saying so."""
    salt = os.urandom(16)
    method: _Method = _Scrypt(_N, _R, _P, salt, 64)
    if kind == "argon2":
        method = _Argon2id(_MEMORY_KIB, _PASSES, _LANES, salt, 32)
    return method.text(method.digest(password))


def is_hash(text: str) -> bool:
    """Whether `text` has the form of a hash, if it can be checked here (see `problem`) or not."""
    return _read(text) is not None


def problem(text: str) -> str | None:
    """Why `matches` can not check this text, which is not shown; None if it can."""
    read = _read(text)
    if read is None:
        return "must be what `fixpit hash-password` prints, was a secret"
    if isinstance(read[0], _Argon2id) and _argon2() is None:
        return NEEDS_ARGON2
    return None


def matches(password: str, text: str) -> bool:
    """Whether `password` is the one hashed in `text`; never, where that has a `problem`."""
    read = _read(text)
    if read is None or problem(text) is not None:
        return False
    method, expected = read
    return hmac.compare_digest(method.digest(password), expected)


def password_problem(new: str, old: str) -> str | None:
    """The rule that `new` breaks in place of `old`, both in plain text, None if it may be used."""
    if _PRINTABLE.fullmatch(new) is None:
        characters = f"{NEW_PASSWORD_CHARACTERS_MIN} to {NEW_PASSWORD_CHARACTERS_MAX}"
        return f"must be {characters} printable ASCII characters"
    if new == old:
        return "must differ from the old one"
    return None


class _Scrypt(NamedTuple):
    n: int
    r: int
    p: int
    salt: bytes
    size: int

    def digest(self, password: str) -> bytes:
        return hashlib.scrypt(
            password.encode(),
            salt=self.salt,
            n=self.n,
            r=self.r,
            p=self.p,
            maxmem=_SCRYPT_MEMORY_MAX,
            dklen=self.size,
        )

    def text(self, digest: bytes) -> str:
        salt, hashed = (b64encode(part).decode() for part in (self.salt, digest))
        return f"scrypt${self.n}${self.r}${self.p}${salt}${hashed}"


class _Argon2id(NamedTuple):
    memory_kib: int
    passes: int
    lanes: int
    salt: bytes
    size: int

    def digest(self, password: str) -> bytes:
        argon2 = _argon2()
        if argon2 is None:
            raise ImportError(NEEDS_ARGON2)
        digest: bytes = argon2.hash_secret_raw(
            password.encode(),
            self.salt,
            time_cost=self.passes,
            memory_cost=self.memory_kib,
            parallelism=self.lanes,
            hash_len=self.size,
            type=argon2.Type.ID,
        )
        return digest

    def text(self, digest: bytes) -> str:
        salt, hashed = (b64encode(part).decode().rstrip("=") for part in (self.salt, digest))
        parameters = f"m={self.memory_kib},t={self.passes},p={self.lanes}"
        return f"$argon2id$v=19${parameters}${salt}${hashed}"


_Method: TypeAlias = _Scrypt | _Argon2id


def _argon2() -> ModuleType | None:
    """The package's functions, None where it is not installed."""
    try:
        from argon2 import low_level
    except ImportError:
        return None
    return low_level


def _read(text: str) -> tuple[_Method, bytes] | None:
    """How to hash a password for this text, and the digest that must come of it."""
    return _read_argon2id(text) if text.startswith("$") else _read_scrypt(text)


def _read_scrypt(text: str) -> tuple[_Scrypt, bytes] | None:
    parts = text.split("$")
    if len(parts) != 6 or parts[0] != "scrypt":
        return None
    try:
        n, r, p = (int(part) for part in parts[1:4])
        salt, digest = (b64decode(part, validate=True) for part in parts[4:])
    except (ValueError, binascii.Error):
        return None
    bounded = 2**10 <= n <= 2**17 and n & (n - 1) == 0 and 1 <= r <= 16 and 1 <= p <= 4
    if not bounded or len(salt) < 8 or len(digest) < 16:
        return None
    return _Scrypt(n, r, p, salt, len(digest)), digest


def _read_argon2id(text: str) -> tuple[_Argon2id, bytes] | None:
    found = _ARGON2ID.fullmatch(text)
    if found is None:
        return None
    memory, passes, lanes = (int(part) for part in found.groups()[:3])
    bounded = (
        _MEMORY_KIB_MIN <= memory <= _MEMORY_KIB_MAX
        and memory * passes <= _WORK_KIB_MAX
        and lanes <= _LANES_MAX
    )
    if not bounded:
        return None
    try:
        salt, digest = (b64decode(part + "=" * (-len(part) % 4)) for part in found.groups()[3:])
    except binascii.Error:
        return None
    return _Argon2id(memory, passes, lanes, salt, len(digest)), digest
