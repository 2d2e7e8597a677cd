"""Certificates of the run: as `fixpit make-certs` makes them, and what some libraries need instead.

The commands are those of docs/connecting.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.interop.toolchain import run_command

PASSWORD = "changeit"  # noqa: S105 # that of the configuration file in configs/quickfix_j


def make(folder: Path, comp_ids: Sequence[str], cwd: Path) -> None:
    """ca.pem, server.pem and server.key, and a pair for each comp id."""
    command = [sys.executable, "-m", "gateway.cli", "make-certs", str(folder), *comp_ids]
    run_command(command, cwd)


def make_java_stores(folder: Path, comp_id: str) -> None:
    """ca.p12, the authority to trust, and the comp id's own key and certificate."""
    own = folder / comp_id
    if not (folder / "ca.p12").exists():
        trust = ["keytool", "-importcert", "-noprompt", "-alias", "venue", "-storetype", "PKCS12"]
        trust += ["-file", str(folder / "ca.pem"), "-keystore", str(folder / "ca.p12")]
        run_command([*trust, "-storepass", PASSWORD], folder)
    export = ["openssl", "pkcs12", "-export", "-in", f"{own}.pem", "-inkey", f"{own}.key"]
    run_command([*export, "-out", f"{own}.p12", "-passout", f"pass:{PASSWORD}"], folder)


def make_rsa_pair(folder: Path, comp_id: str) -> None:
    """A certificate with an RSA key from the same authority: QuickFIX C++ takes no EC key."""
    own = folder / f"{comp_id}-rsa"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:3072", "-noenc", "-days", "365"]
    signed = ["-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key")]
    bounds = ["-addext", "basicConstraints=critical,CA:FALSE"]
    bounds += ["-addext", "extendedKeyUsage=clientAuth", "-subj", f"/CN={comp_id}"]
    run_command([*request, *signed, *bounds, "-keyout", f"{own}.key", "-out", f"{own}.pem"], folder)
