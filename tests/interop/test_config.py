"""The configuration files of the run: their pieces, filled in, and nothing else changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.interop.config import CONFIGS, FixVersion, Session, ini_text, json_text

INI_LIBRARIES = sorted(path.parent.name for path in CONFIGS.glob("*/session.cfg"))


def _session(certificates: Path | None = None) -> Session:
    return Session("127.0.0.2", 4711, "SEB1", Path("/home/seb"), True, certificates)  # noqa: FBT003


def test_there_are_four_libraries_of_the_quickfix_family() -> None:
    """The tests below are asked of real files."""
    assert INI_LIBRARIES == ["fixcore_engine", "quickfix_cpp", "quickfix_go", "quickfix_j"]


@pytest.mark.parametrize("library", INI_LIBRARIES)
@pytest.mark.parametrize("version", FixVersion)
def test_only_what_is_the_members_own_is_filled_in(library: str, version: FixVersion) -> None:
    """Every line is that of the pieces, but for address, name, store and reset."""
    written = ini_text(library, version, _session()).splitlines()
    pieces = (CONFIGS / library / "session.cfg").read_text().splitlines()
    pieces += (CONFIGS / library / f"{version.piece}.cfg").read_text().splitlines()
    assert len(written) == len(pieces)
    assert [line for line, piece in zip(written, pieces, strict=True) if line != piece] == [
        "FileStorePath=/home/seb",
        "ResetOnLogon=Y",
        "SenderCompID=SEB1",
        "SocketConnectHost=127.0.0.2",
        "SocketConnectPort=4711",
    ]


def test_dictionaries_and_certificates_get_their_folders() -> None:
    """Names of files become paths; UseDataDictionary is no name of a file."""
    text = ini_text(
        "quickfix_cpp", FixVersion.FIX50SP2, _session(Path("/certs")), Path("/dictionaries")
    )
    lines = text.splitlines()
    assert lines[:4] == [
        "[DEFAULT]",
        "CertificationAuthoritiesFile=/certs/ca.pem",
        "ClientCertificateFile=/certs/SEB1-rsa.pem",
        "ClientCertificateKeyFile=/certs/SEB1-rsa.key",
    ]
    assert "UseDataDictionary=Y" in lines
    assert lines[-2:] == [
        "TransportDataDictionary=/dictionaries/FIXT11.xml",
        "AppDataDictionary=/dictionaries/FIX50SP2.xml",
    ]


def test_json_pieces_are_laid_over_each_other() -> None:
    """Keys of the same object come together; certificates are looked for from the package on."""
    text = json_text(
        "jspurefix", FixVersion.FIX50SP2, _session(Path("/a/certs")), Path("/a/node_modules/js")
    )
    description = json.loads(text)
    assert description["application"]["dictionary"] == "qf50sp2"
    assert description["application"]["tcp"] == {
        "host": "127.0.0.2",
        "port": 4711,
        "tls": {
            "ca": ["../../certs/ca.pem"],
            "cert": "../../certs/SEB1.pem",
            "key": "../../certs/SEB1.key",
        },
    }
    assert description["Logon"] == {"DefaultApplVerID": "9"}
    assert description["SenderCompId"] == "SEB1"
    assert description["ResetSeqNumFlag"] is True
