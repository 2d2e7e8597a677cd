"""What is wrong with the way in: sessions' proofs and times, and what is open to the network.

Whoever can reach a port could trade: outside the machine itself a password or a certificate is the
least that must stand there, and the line is not open to be read unless the file says so.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.config_text import KeyPath, shown
from gateway.fix.hours import hours_problem, problem, timezone_problem
from gateway.passwords import problem as hash_problem

if TYPE_CHECKING:
    from gateway.config_types import Config, SessionConfig

_HASHES = ("password_scrypt", "password_argon2")


def exposures(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """What may not be reached from other machines as it is."""
    fix, tls = config.fix, config.tls
    if fix.port < 0 and tls is None:
        yield ("fix", "port"), "must be 0 to 65535 where there is no [tls], was -1"
    if fix.port >= 0 and not is_loopback(fix.host):
        where = f"where fix.host is not loopback ({shown(fix.host)})"
        if not fix.allow_plaintext:
            rule = f"must be true {where} and [tls] is not used"
            yield ("fix", "allow_plaintext"), f"{rule}, was false"
        yield from _open_doors(config, where)
    elif tls is not None and not is_loopback(tls.host):
        yield from _open_doors(config, f"where tls.host is not loopback ({shown(tls.host)})")
    yield from _networks(("fix",), fix.allow_from)


def _open_doors(config: Config, where: str) -> Iterator[tuple[KeyPath, str]]:
    if config.fix.accept_unknown:
        yield ("fix", "accept_unknown"), f"must be false {where}, was true"
    for index, session in enumerate(config.sessions):
        if not (session.password_scrypt or session.password_argon2 or session.certificate):
            yield ("sessions", index, "password_scrypt"), f"must be given {where}, was left out"


def session_violations(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """What contradicts itself in one session."""
    for index, session in enumerate(config.sessions):
        path: KeyPath = ("sessions", index)
        yield from _proofs(path, session, config)
        yield from _networks(path, session.allow_from)
        yield from _times(path, session)
        if session.throttle_burst and not session.throttle:
            was = session.throttle_burst
            yield (*path, "throttle_burst"), f"must be left out where throttle is, was {was}"


def _proofs(path: KeyPath, session: SessionConfig, config: Config) -> Iterator[tuple[KeyPath, str]]:
    for key in _HASHES:
        hashed = getattr(session, key)
        rule = hash_problem(hashed) if hashed is not None else None
        if rule is not None:
            yield (*path, key), rule
    if session.password_scrypt and session.password_argon2:
        yield (*path, "password_argon2"), "must be left out where password_scrypt is given"
    if session.certificate and (config.tls is None or config.tls.client_ca is None):
        where = "where there is no tls.client_ca"
        was = shown(session.certificate)
        yield (*path, "certificate"), f"must be left out {where}, was {was}"


def _networks(path: KeyPath, sources: tuple[str, ...]) -> Iterator[tuple[KeyPath, str]]:
    for index, source in enumerate(sources):
        try:
            ipaddress.ip_network(source, strict=False)
        except ValueError:
            yield (
                (*path, "allow_from", index),
                f"must be an address or network, was {shown(source)}",
            )


def _times(path: KeyPath, session: SessionConfig) -> Iterator[tuple[KeyPath, str]]:
    rule = timezone_problem(session.timezone) if session.timezone is not None else None
    if rule is not None:
        yield (*path, "timezone"), f"{rule}, was {shown(session.timezone)}"
    if (session.open is None) != (session.close is None):
        given, other = ("open", "close") if session.open is not None else ("close", "open")
        yield (*path, other), f"must be given where {given} is, was left out"
    elif session.open is not None and session.close is not None:
        rule = hours_problem(session.open, session.close)
        if rule is not None:
            yield (*path, "close"), f"{rule}, was {shown(session.close)}"
    yield from _reset_time(path, session)


def _reset_time(path: KeyPath, session: SessionConfig) -> Iterator[tuple[KeyPath, str]]:
    at, reset = session.reset_time, session.reset
    place = (*path, "reset_time")
    if at is None:
        if reset == "weekly":
            yield place, 'must be given where reset is "weekly", like "Sun 00:00:00", was left out'
        return
    rule = problem(at)
    if rule is not None:
        yield place, f"{rule}, was {shown(at)}"
    elif reset not in ("daily", "weekly"):
        yield place, f"must be left out where reset is {shown(reset)}, was {shown(at)}"
    elif (" " in at) != (reset == "weekly"):
        form = '"Sun HH:MM:SS"' if reset == "weekly" else '"HH:MM:SS"'
        yield place, f"must be {form} where reset is {shown(reset)}, was {shown(at)}"


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach a socket bound to `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
