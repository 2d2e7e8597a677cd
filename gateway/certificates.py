"""`fixpit make-certs`: an authority of one's own, the venue's certificate, one for each comp id.

For trying TLS out and for closed groups; a venue on the internet may use any authority's PEM files
just as well. EC P-256 keys, not encrypted, readable by their owner only. Nothing is ever written
over: with an authority already in the folder, its members get their certificates from it.

`certificate_authority` does the work. It is imported only when certificates are made, because it
needs `cryptography`, which a running venue does not.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.certificate_authority import Authority, Pair

DAYS = 365
DAYS_MAX = 3650
"""What the authority itself is good for."""

CLOCK_SKEW = timedelta(minutes=10)
"""Certificates begin that much in the past: a peer's clock may be behind."""

AUTHORITY, SERVER = "ca", "server"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_COMP_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_HOST = re.compile(r"[A-Za-z0-9*.:-]{1,64}")
_DNS_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
_OWNER_ONLY, _FOR_ALL = 0o600, 0o644


class CertificatesProblem(Exception):
    """Nothing can be made as asked; the text says what must change."""


@dataclass(slots=True)
class Made:
    """What was made, by name (`ca`, `server`, comp ids): SHA-256 fingerprints in pairs of hex."""

    folder: Path
    fingerprints: dict[str, str] = field(default_factory=dict)

    @property
    def comp_ids(self) -> list[str]:
        """The comp ids that have a new certificate."""
        return [name for name in self.fingerprints if name not in (AUTHORITY, SERVER)]


# Command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `fixpit make-certs`."""
    parser.usage = "%(prog)s DIR [--name HOST]... [--days N] [COMP_ID]..."
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the files go")
    _add_options(parser)
    parser.add_argument(
        "comp_ids",
        nargs=argparse.REMAINDER,
        action=_Rest,
        metavar="COMP_ID",
        help="who gets a client certificate",
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--name",
        dest="names",
        action="append",
        default=[],
        metavar="HOST",
        help="by which clients reach the venue, besides localhost; may be given again",
    )
    parser.add_argument(
        "--days", type=int, default=DAYS, metavar="N", help="good for (default: %(default)s)"
    )


class _Rest(argparse.Action):
    """Options may stand between DIR and the comp ids, which argparse by itself takes amiss."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        rest = [str(value) for value in values] if isinstance(values, list) else []
        if {"-h", "--help"} & set(rest):
            parser.print_help()
            parser.exit()
        inner = argparse.ArgumentParser(prog=parser.prog, usage=parser.usage, add_help=False)
        _add_options(inner)
        inner.add_argument("comp_ids", nargs="*")
        inner.parse_intermixed_args(rest, namespace)


def run(args: argparse.Namespace) -> int:
    """Make the files and say what to put into the venue's file; 2 when that cannot be."""
    try:
        made = make_certs(args.folder, args.names, args.comp_ids, days=args.days)
    except CertificatesProblem as problem:
        sys.stderr.write(f"fixpit make-certs: {problem}\n")
        return 2
    sys.stdout.write(report(made))
    return 0


def report(made: Made) -> str:
    """Say what was made, the lines for the venue's file, and how a client is started."""
    folder = made.folder
    width = max(map(len, made.fingerprints))
    lines = [
        f"{name:<{width}}  {folder / name}.pem  SHA-256 {fingerprint}"
        for name, fingerprint in made.fingerprints.items()
    ]
    if AUTHORITY in made.fingerprints:
        lines.append(f"\n{folder / AUTHORITY}.key signs for the venue: keep it somewhere else.")
    if SERVER in made.fingerprints:
        lines += [f"\n{_where(folder)}\n", *_tls_table(folder, asks=bool(made.comp_ids))]
    for comp_id in made.comp_ids:
        lines.append(f'certificate = "{comp_id}"  # in the session of {comp_id}')
    sender = made.comp_ids[0] if made.comp_ids else None
    own = f" --cert {folder / sender}.pem --key {folder / sender}.key" if sender else ""
    lines.append(
        f"\nA client: fixpit client --port 9881{f' --sender {sender}' if sender else ''}"
        f" --tls --ca {folder / AUTHORITY}.pem{own}"
    )
    return "\n".join(lines) + "\n"


def _tls_table(folder: Path, *, asks: bool) -> list[str]:
    client_ca = f"client_ca = {_toml(folder / AUTHORITY, '.pem')}"
    left_out = "left out: no client certificate is asked for"
    return [
        "[tls]",
        'host = "127.0.0.1"',
        "port = 9881",
        f"certificate = {_toml(folder / SERVER, '.pem')}",
        f"key = {_toml(folder / SERVER, '.key')}",
        f"{client_ca}  # {left_out}" if asks else f"# {client_ca}  # {left_out}",
        "",
    ]


def _where(folder: Path) -> str:
    # A venue's file gives paths as they are seen from where it lies.
    return "For the venue's file:" if folder.is_absolute() else "For a venue's file that lies here:"


def _toml(stem: Path, suffix: str) -> str:
    return json.dumps(f"{stem}{suffix}", ensure_ascii=False)  # the same escapes


# Making


def make_certs(
    folder: Path,
    names: Iterable[str],
    comp_ids: Iterable[str],
    *,
    days: int = DAYS,
    starts: datetime | None = None,
) -> Made:
    """Make authority, server and client certificates with their keys; raises CertificatesProblem.

    An authority that is there already is used again; a certificate for the server is then only
    made when asked for by `names` or by the lack of comp ids.
    """
    names, comp_ids = list(dict.fromkeys(names)), list(dict.fromkeys(comp_ids))
    _check(names, comp_ids, days)
    fresh = not (folder / f"{AUTHORITY}.pem").exists()
    wanted = [AUTHORITY] if fresh else []
    wanted += [SERVER] if fresh or names or not comp_ids else []
    _check_free(folder, [*wanted, *comp_ids])
    starts = starts or datetime.now(UTC) - CLOCK_SKEW
    try:
        authority = _authority(folder, starts, fresh=fresh)
        pairs = {AUTHORITY: authority.pair} if fresh else {}
        if SERVER in wanted:
            pairs[SERVER] = _server(authority, names, starts, days)
        for comp_id in comp_ids:
            pairs[comp_id] = _client(authority, comp_id, starts, days)
        folder.mkdir(parents=True, exist_ok=True)
        for name, pair in pairs.items():
            _write(folder / f"{name}.key", pair.key, _OWNER_ONLY)
            _write(folder / f"{name}.pem", pair.certificate, _FOR_ALL)
    except ImportError:
        raise CertificatesProblem("needs the package cryptography, was not installed") from None
    except OSError as error:
        raise CertificatesProblem(f"{error.filename}: {error.strerror}") from None
    return Made(folder, {name: pair.fingerprint for name, pair in pairs.items()})


def _check(names: list[str], comp_ids: list[str], days: int) -> None:
    for name in names:
        if not _HOST.fullmatch(name):
            raise CertificatesProblem(f"HOST must be a host name or an address, was {name!r}")
    for comp_id in comp_ids:
        if not _COMP_ID.fullmatch(comp_id) or comp_id in (AUTHORITY, SERVER):
            raise CertificatesProblem(
                "COMP_ID must be 1 to 32 of A-Z a-z 0-9 _ . - and neither ca nor server,"
                f" was {comp_id!r}"
            )
    if not 1 <= days <= DAYS_MAX:
        raise CertificatesProblem(f"days must be 1 to {DAYS_MAX}, was {days}")


def _check_free(folder: Path, names: list[str]) -> None:
    """Find out before anything is made: half a set of files helps nobody."""
    for name in names:
        for path in (folder / f"{name}.pem", folder / f"{name}.key"):
            if path.exists():
                raise CertificatesProblem(f"{path} exists already and is not written over")


def _authority(folder: Path, starts: datetime, *, fresh: bool) -> Authority:
    from gateway.certificate_authority import Authority

    if fresh:
        return Authority.new(starts, DAYS_MAX)
    certificate, key = folder / f"{AUTHORITY}.pem", folder / f"{AUTHORITY}.key"
    try:
        return Authority.read(certificate.read_bytes(), key.read_bytes())
    except (ValueError, TypeError) as error:  # TypeError: a key with a passphrase
        raise CertificatesProblem(f"{key} cannot sign for {certificate}: {error}") from None


def _server(authority: Authority, names: list[str], starts: datetime, days: int) -> Pair:
    from gateway.certificate_authority import host_name

    hosts = list(dict.fromkeys((*names, *_LOOPBACK)))
    return authority.issue("server", hosts[0], [host_name(host) for host in hosts], starts, days)


def _client(authority: Authority, comp_id: str, starts: datetime, days: int) -> Pair:
    """CN is the comp id; so is the SAN where it may stand as a DNS name, else it is a URI."""
    from gateway.certificate_authority import dns_name, uri

    name = dns_name(comp_id) if _DNS_LABEL.fullmatch(comp_id) else uri(f"fix:{comp_id}")
    return authority.issue("client", comp_id, [name], starts, days)


def _write(path: Path, data: bytes, mode: int) -> None:
    """Write a new file that nobody else could read in between; raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "wb") as stream:
        stream.write(data)
