"""`fixpit make-certs`: which files it makes, what is in them, what it refuses to do."""

from __future__ import annotations

import argparse
import ssl
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from gateway import certificates
from gateway.certificates import CLOCK_SKEW, CertificatesProblem, make_certs
from gateway.tls import server_context

STARTS = datetime(2026, 11, 22, 12, tzinfo=UTC)


def parsed(*args: str) -> argparse.Namespace:
    """The options as the command line gives them."""
    parser = argparse.ArgumentParser(prog="fixpit make-certs")
    certificates.add_arguments(parser)
    return parser.parse_args(args)


def read(path: Path) -> x509.Certificate:
    """A certificate from its file."""
    return x509.load_pem_x509_certificate(path.read_bytes())


def files(folder: Path) -> dict[str, int]:
    """What is in the folder, with the mode of each file."""
    return {path.name: path.stat().st_mode & 0o777 for path in sorted(folder.iterdir())}


def names(certificate: x509.Certificate) -> list[str]:
    """SubjectAltName, as text."""
    return [
        str(name.value)
        for name in certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
    ]


def test_each_gets_a_certificate_and_a_key_for_its_owner_only(tmp_path: Path) -> None:
    """The folder is made, keys can be read by nobody else."""
    folder = tmp_path / "new" / "certs"
    made = make_certs(folder, [], ["AVA", "NON_1", "AVA"])
    assert files(folder) == {
        **{"AVA.key": 0o600, "AVA.pem": 0o644, "NON_1.key": 0o600, "NON_1.pem": 0o644},
        **{"ca.key": 0o600, "ca.pem": 0o644, "server.key": 0o600, "server.pem": 0o644},
    }
    assert made.comp_ids == ["AVA", "NON_1"]


def test_names_are_in_the_certificates(tmp_path: Path) -> None:
    """Loopback and the given names for the venue; the comp id, as DNS name or URI, for members."""
    make_certs(tmp_path, ["venue.example", "192.0.2.7", "localhost"], ["AVA", "NON_1"])
    found = {
        path.stem: (read(path).subject.rfc4514_string(), names(read(path)))
        for path in tmp_path.glob("[!c]*.pem")
    }
    assert found == {
        "server": (
            "CN=venue.example",
            ["venue.example", "192.0.2.7", "localhost", "127.0.0.1", str(ip_address("::1"))],
        ),
        "AVA": ("CN=AVA", ["AVA"]),
        "NON_1": ("CN=NON_1", ["fix:NON_1"]),
    }


def test_certificates_are_of_one_authority_and_one_purpose(tmp_path: Path) -> None:
    """EC P-256, signed by the authority, which may sign nothing but such leaves."""
    make_certs(tmp_path, [], ["AVA"])
    authority = read(tmp_path / "ca.pem")
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value) == (True, x509.BasicConstraints(ca=True, path_length=0))
    purposes = {"server": "serverAuth", "AVA": "clientAuth"}
    for name, purpose in purposes.items():
        leaf = read(tmp_path / f"{name}.pem")
        leaf.verify_directly_issued_by(authority)
        use = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        key = leaf.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert ([oid._name for oid in use], key.curve.name) == ([purpose], "secp256r1")


def test_certificates_end_in_time(tmp_path: Path) -> None:
    """After the days asked for; the authority after ten years."""
    make_certs(tmp_path, [], ["AVA"], days=30, starts=STARTS)
    ends = {path.stem: read(path).not_valid_after_utc for path in tmp_path.glob("*.pem")}
    month, decade = STARTS + timedelta(days=30), STARTS + timedelta(days=3650)
    assert ends == {"ca": decade, "server": month, "AVA": month}


def test_certificates_begin_a_little_before_now(tmp_path: Path) -> None:
    """A peer's clock may be behind."""
    before = datetime.now(UTC)
    make_certs(tmp_path, [], [])
    begins = read(tmp_path / "server.pem").not_valid_before_utc
    assert before - CLOCK_SKEW - timedelta(seconds=1) <= begins <= datetime.now(UTC) - CLOCK_SKEW


def test_fingerprints_are_told(tmp_path: Path) -> None:
    """As openssl prints them, to be put into a venue's file."""
    told = make_certs(tmp_path, [], ["AVA"]).fingerprints["AVA"]
    binary = ssl.PEM_cert_to_DER_cert((tmp_path / "AVA.pem").read_text())
    assert told.replace(":", "").lower() == sha256(binary).hexdigest()


# A second run


def test_a_member_joins_later(tmp_path: Path) -> None:
    """The authority that is there signs for it, and nothing else changes."""
    make_certs(tmp_path, [], ["AVA"])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    made = make_certs(tmp_path, [], ["SHB"])
    read(tmp_path / "SHB.pem").verify_directly_issued_by(read(tmp_path / "ca.pem"))
    assert list(made.fingerprints) == ["SHB"]
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("hosts", "comp_ids", "file"),
    [([], ["SHB", "AVA"], "AVA.pem"), ([], [], "server.pem"), (["x"], ["SHB"], "server.pem")],
)
def test_nothing_is_written_over(
    tmp_path: Path, hosts: list[str], comp_ids: list[str], file: str
) -> None:
    """One file that is there is enough for nothing at all to be made."""
    make_certs(tmp_path, [], ["AVA"])
    before = files(tmp_path)
    with pytest.raises(CertificatesProblem) as caught:
        make_certs(tmp_path, hosts, comp_ids)
    told = f"{tmp_path / file} exists already and is not written over"
    assert (str(caught.value), files(tmp_path)) == (told, before)


def test_a_key_alone_is_not_written_over(tmp_path: Path) -> None:
    """It may belong to a certificate that somebody else signed."""
    (tmp_path / "AVA.key").write_text("precious")
    with pytest.raises(CertificatesProblem, match=r"AVA\.key exists already"):
        make_certs(tmp_path, [], ["AVA"])
    assert files(tmp_path).keys() == {"AVA.key"}


def test_an_authority_without_its_key_cannot_sign(tmp_path: Path) -> None:
    """Its key is missing, of another authority, locked, or of another kind of file."""
    make_certs(tmp_path, [], ["AVA"])
    ca_key = tmp_path / "ca.key"
    locked = load_pem_private_key(ca_key.read_bytes(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw")
    )
    told = []
    for data in ((tmp_path / "AVA.key").read_bytes(), locked, b"nothing"):
        ca_key.write_bytes(data)
        with pytest.raises(CertificatesProblem) as caught:
            make_certs(tmp_path, [], ["SHB"])
        told.append(str(caught.value).partition(": ")[0])
    ca_key.unlink()
    with pytest.raises(CertificatesProblem) as caught:
        make_certs(tmp_path, [], ["SHB"])
    cannot = f"{ca_key} cannot sign for {tmp_path / 'ca.pem'}"
    assert told == [cannot, cannot, cannot]
    assert str(caught.value) == f"{ca_key}: No such file or directory"


# What is asked for


@pytest.mark.parametrize("comp_id", ["", "../x", "a/b", "A B", "A" * 33, "ca", "server"])
def test_a_comp_id_is_no_path(tmp_path: Path, comp_id: str) -> None:
    """It becomes the name of a file, so it is checked before."""
    with pytest.raises(CertificatesProblem) as caught:
        make_certs(tmp_path, [], [comp_id])
    assert str(caught.value).endswith(f"and neither ca nor server, was {comp_id!r}")


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_days_have_limits(tmp_path: Path, days: int) -> None:
    """No certificate outlives its authority."""
    with pytest.raises(CertificatesProblem, match=f"days must be 1 to 3650, was {days}"):
        make_certs(tmp_path, [], [], days=days)


@pytest.mark.parametrize("host", ["", "a b", "ä.example", "x" * 65])
def test_a_host_is_a_name_or_an_address(tmp_path: Path, host: str) -> None:
    """Others make certificates that no client accepts."""
    with pytest.raises(CertificatesProblem, match="HOST must be a host name or an address"):
        make_certs(tmp_path, [host], [])


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """With its name."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CertificatesProblem, match="file/certs"):
        make_certs(tmp_path / "file" / "certs", [], [])


def test_a_missing_package_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A venue runs without `cryptography`; only this command needs it."""
    monkeypatch.setitem(sys.modules, "gateway.certificate_authority", None)
    with pytest.raises(CertificatesProblem, match="needs the package cryptography"):
        make_certs(tmp_path, [], [])


# The command


@pytest.mark.parametrize(
    "args",
    [
        ("D", "--name", "x", "--name", "y", "AVA", "NON"),
        ("--name", "x", "D", "AVA", "--name", "y", "NON"),
        ("D", "AVA", "NON", "--name", "x", "--name=y"),
    ],
)
def test_options_may_stand_anywhere(args: tuple[str, ...]) -> None:
    """`DIR [--name HOST]... [COMP_ID]...`, and in any other order."""
    options = parsed(*args)
    assert (options.folder, options.names, options.comp_ids, options.days) == (
        Path("D"),
        ["x", "y"],
        ["AVA", "NON"],
        365,
    )


@pytest.mark.parametrize(
    ("args", "code"),
    [(("D", "--help"), 0), (("D", "--nam"), 2), (("D", "--days", "x"), 2), ((), 2)],
)
def test_options_are_checked(
    args: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind DIR as well."""
    with pytest.raises(SystemExit) as caught:
        parsed(*args)
    out, err = capsys.readouterr()
    assert (caught.value.code, (out + err).startswith("usage: fixpit make-certs DIR")) == (
        code,
        True,
    )


def tls_table(out: str) -> dict[str, object]:
    """The `[tls]` table in what the command prints."""
    table: dict[str, object] = tomllib.loads(out[out.index("[tls]") :].partition("\n\n")[0])["tls"]
    return table


def test_the_command_says_what_to_put_into_the_venues_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines are TOML, and the files they name make a context."""
    code = certificates.run(parsed(str(tmp_path), "AVA"))
    out = capsys.readouterr().out
    assert (code, tls_table(out)) == (
        0,
        {
            "host": "127.0.0.1",
            "port": 9881,
            "certificate": f"{tmp_path}/server.pem",
            "key": f"{tmp_path}/server.key",
            "client_ca": f"{tmp_path}/ca.pem",
        },
    )
    assert '\ncertificate = "AVA"  # in the session of AVA\n' in out
    assert f"--sender AVA --tls --ca {tmp_path}/ca.pem --cert {tmp_path}/AVA.pem" in out


def test_without_comp_ids_no_client_certificate_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`client_ca` stays a comment then, else nobody could connect."""
    assert certificates.run(parsed(str(tmp_path))) == 0
    tls = tls_table(capsys.readouterr().out)
    assert "client_ca" not in tls
    context = server_context(Path(str(tls["certificate"])), Path(str(tls["key"])), None)
    assert context.verify_mode is ssl.CERT_NONE


def test_what_cannot_be_made_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, no traceback."""
    certificates.run(parsed(str(tmp_path)))
    capsys.readouterr()
    code = certificates.run(parsed(str(tmp_path)))
    assert (code, capsys.readouterr().err) == (
        2,
        f"fixpit make-certs: {tmp_path}/server.pem exists already and is not written over\n",
    )
