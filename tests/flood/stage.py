"""The venue of the flood: its file, its certificates, and the sessions with their parts to play.

Working sessions need no proof and are logged on all the time. Safe ones have a password each,
`VAULT` a password and a certificate; all of them are attacked, and some log on properly meanwhile.
`FENCED` may come from an address only from which nobody comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from ssl import SSLContext

from gateway.certificates import make_certs
from gateway.passwords import hash_password
from gateway.tls import client_context

WORKING = ("WORK1", "WORK2", "WORK3", "WORK4")
OVER_TLS = "WORK4"
SAFE = tuple(f"SAFE{n}" for n in range(1, 9))
VAULT, FENCED = "VAULT", "FENCED"
ATTACKED = (*SAFE, VAULT, FENCED)

PASSWORD = "right-secret"  # noqa: S105 - of nothing
WRONG = "wrong-secret"
"""Every wrong password begins so, to be looked for where no password may be."""

HOME = "127.0.0.1"
MEMBERS_SOURCE = "127.0.0.30"
FENCED_SOURCE = "127.0.0.99"

_HEAD = """\
[venue]
comp_id = "PIT"
data_dir = "data"

[fix]
port = 0

[tls]
port = 0
certificate = "certs/server.pem"
key = "certs/server.key"
client_ca = "certs/ca.pem"

[[schedules]]
id = "always"
phases = [{ at = "00:00:00", phase = "CONTINUOUS" }]

[[segments]]
id = "FLOOD"
name = "Flood"
schedule = "always"
"""


@dataclass(frozen=True)
class Stage:
    """A folder with `venue.toml`, `certs` of the venue's authority and `others` of another one."""

    folder: Path

    @property
    def venue_file(self) -> Path:
        """What `fixpit serve --config` is given."""
        return self.folder / "venue.toml"

    @cached_property
    def member(self) -> SSLContext:
        """TLS as `OVER_TLS` speaks it."""
        return self._context("certs", OVER_TLS)

    @cached_property
    def vault(self) -> SSLContext:
        """TLS as `VAULT` speaks it."""
        return self._context("certs", VAULT)

    @cached_property
    def stranger(self) -> SSLContext:
        """TLS with the right name, signed by somebody else."""
        return self._context("others", VAULT)

    @cached_property
    def nobody(self) -> SSLContext:
        """TLS without a certificate."""
        return client_context(self.folder / "certs" / "ca.pem")

    def _context(self, signed_in: str, name: str) -> SSLContext:
        own = self.folder / signed_in / name
        ca = self.folder / "certs" / "ca.pem"
        return client_context(ca, own.with_suffix(".pem"), own.with_suffix(".key"))


def build(folder: Path, hashed: str = "") -> Stage:
    """Write all files; `hashed` is of `PASSWORD`, where that must cost less than it does."""
    make_certs(folder / "certs", [], [OVER_TLS, VAULT])
    make_certs(folder / "others", [], [VAULT])
    stage = Stage(folder)
    stage.venue_file.write_text(_venue_text(hashed or hash_password(PASSWORD)), encoding="utf-8")
    return stage


def symbol_of(comp_id: str) -> str:
    """A working session's own instrument: nobody else's orders are in that book."""
    return f"BOOK-{comp_id}"


def _venue_text(hashed: str) -> str:
    password = f'password_scrypt = "{hashed}"'
    parts = [_HEAD]
    parts += [_session(comp_id) for comp_id in WORKING]
    parts += [_session(comp_id, password) for comp_id in SAFE]
    parts.append(_session(VAULT, password, f'certificate = "{VAULT}"'))
    parts.append(_session(FENCED, password, f'allow_from = ["{FENCED_SOURCE}"]'))
    parts += [_instrument(symbol_of(comp_id)) for comp_id in WORKING]
    return "\n".join(parts)


def _session(comp_id: str, *lines: str) -> str:
    member = f'[[members]]\nid = "{comp_id}"\nname = "{comp_id}"\n'
    session = f'[[sessions]]\ncomp_id = "{comp_id}"\nmember = "{comp_id}"'
    return "\n".join([member, session, *lines, ""])


def _instrument(symbol: str) -> str:
    return f'[[instruments]]\nsymbol = "{symbol}"\nsegment = "FLOOD"\ntick_size = "0.01"\n'
