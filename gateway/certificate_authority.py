"""Keys and X.509 certificates made with `cryptography`; the only module that imports it.

EC P-256 throughout: a quarter cheaper per handshake than RSA-2048. Bytes in PEM come out, files are
the caller's business (`gateway/certificates.py`), and so is the time.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_NAME = "fixpit make-certs"
_PURPOSES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key in PEM; `fingerprint` is SHA-256 as openssl writes it."""

    certificate: bytes
    key: bytes
    fingerprint: str


class Authority:
    """Signs certificates for one venue and its members."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def new(cls, starts: datetime, days: int) -> Authority:
        """Make an authority that may sign certificates, but no other authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(AUTHORITY_NAME)
        builder = (
            _builder(name, name, key.public_key(), starts, days)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
        )
        return cls(builder.sign(key, SHA256()), key)

    @classmethod
    def read(cls, certificate: bytes, key: bytes) -> Authority:
        """Take up an authority made earlier; raises ValueError when the two do not fit."""
        loaded = load_pem_private_key(key, None)
        read = x509.load_pem_x509_certificate(certificate)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ValueError("the key must be an EC key")
        if loaded.public_key() != read.public_key():
            raise ValueError("the key must be that of the certificate, was another")
        return cls(read, loaded)

    @property
    def pair(self) -> Pair:
        """The authority's own certificate and key."""
        return _pair(self._certificate, self._key)

    @property
    def ends(self) -> datetime:
        """When its own certificate ends, and with it all others."""
        return self._certificate.not_valid_after_utc

    def issue(
        self,
        purpose: Literal["server", "client"],
        common_name: str,
        names: list[x509.GeneralName],
        starts: datetime,
        days: int,
    ) -> Pair:
        """Make a key and a certificate for it, for one of the two ends of a connection only."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self._certificate.subject
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            _builder(_name(common_name), issuer, key.public_key(), starts, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([_PURPOSES[purpose]]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(own, critical=False)
        )
        return _pair(builder.sign(self._key, SHA256()), key)


def host_name(text: str) -> x509.GeneralName:
    """Return a host's address, or its DNS name if it is no address."""
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def dns_name(text: str) -> x509.GeneralName:
    """Return a DNS name."""
    return x509.DNSName(text)


def uri(text: str) -> x509.GeneralName:
    """Return a URI."""
    return x509.UniformResourceIdentifier(text)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    starts: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate.fingerprint(SHA256()).hex(":").upper(),
    )
