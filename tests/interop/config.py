"""The configuration file of a client session, made of the pieces in `configs/`.

Each library has its pieces in a folder: `session` (all that does not depend on the version),
`fix42`, `fix44`, `fix50sp2`, and `tls` where the library can. A file that the run uses is `session`
with one version at its end, and `tls` under [DEFAULT] (QuickFIX C++ looks for it nowhere else);
filled in are only the things that a member has to fill in, too.
docs/connecting.md shows the same pieces.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

CONFIGS: Final = Path(__file__).parent / "configs"


class FixVersion(StrEnum):
    """The versions a client may speak."""

    FIX42 = "4.2"
    FIX44 = "4.4"
    FIX50SP2 = "5.0SP2"

    @property
    def piece(self) -> str:
        """The name of the piece with the lines of this version."""
        return f"fix{self.replace('.', '').lower()}"


@dataclass(frozen=True)
class Session:
    """What one logon needs to know: where to, as whom, and what to carry on with."""

    host: str
    port: int
    sender: str
    store: Path
    reset: bool
    certificates: Path | None  # the folder, for a logon over TLS


def ini_text(
    library: str,
    version: FixVersion,
    session: Session,
    dictionaries: Path | None = None,
    pieces: Sequence[str] = (),
) -> str:
    """A settings file as all engines of the QuickFIX family read it.

    `dictionaries` is the folder with the XML files where the library does not find them by name,
    `pieces` are further files of it that belong under [DEFAULT].
    """
    folder = CONFIGS / library
    text = (folder / "session.cfg").read_text() + (folder / f"{version.piece}.cfg").read_text()
    tls = [] if session.certificates is None else ["tls"]
    for piece in (*pieces, *tls):
        text = text.replace("[DEFAULT]\n", "[DEFAULT]\n" + (folder / f"{piece}.cfg").read_text(), 1)
    for key, value in {
        "SenderCompID": session.sender,
        "SocketConnectHost": session.host,
        "SocketConnectPort": str(session.port),
        "FileStorePath": str(session.store),
        "ResetOnLogon": "Y" if session.reset else "N",
    }.items():
        text, found = re.subn(rf"^{key}=.*$", f"{key}={value}", text, flags=re.MULTILINE)
        assert found == 1, f"{key} must be in configs/{library} once, was {found} times"
    if dictionaries is not None:
        names = r"^((?:Transport|App)?DataDictionary=)"
        text = re.sub(names, rf"\1{dictionaries}/", text, flags=re.MULTILINE)
    return _with_certificates(text, session, str(session.certificates))


def json_text(library: str, version: FixVersion, session: Session, package: Path) -> str:
    """A session description of jspurefix; it looks for certificates from its own folder on."""
    folder = CONFIGS / library
    description: dict[str, Any] = {}
    tls = [] if session.certificates is None else ["tls"]
    for name in ("session", version.piece, *tls):
        _merge(description, json.loads((folder / f"{name}.json").read_text()))
    description["application"]["name"] = description["SenderCompId"] = session.sender
    description["application"]["tcp"] |= {"host": session.host, "port": session.port}
    description["store"]["directory"] = str(session.store)
    description["ResetSeqNumFlag"] = session.reset
    text = json.dumps(description, indent=2)
    if session.certificates is None:
        return text
    certificates = os.path.relpath(session.certificates, package)
    return _with_certificates(text.replace("../../certs", "certs"), session, certificates)


def _with_certificates(text: str, session: Session, folder: str) -> str:
    text = re.sub(r"\bcerts/AVA\b", f"{folder}/{session.sender}", text)
    return re.sub(r"\bcerts/ca\b", f"{folder}/ca", text)


def _merge(whole: dict[str, Any], piece: dict[str, Any]) -> None:
    for key, value in piece.items():
        if isinstance(value, dict) and isinstance(whole.get(key), dict):
            _merge(whole[key], value)
        else:
            whole[key] = value
