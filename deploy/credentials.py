"""Certificates and passwords of the secured servers: made once for a data folder, kept there, readable by the owner.

One authority signs one certificate for all servers on this machine (`localhost`, 127.0.0.1, ::1).
"""

import datetime as dt
import ipaddress
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy import cache

USER, WRITER, READER = "kabar", "kabar-writer", "kabar-reader"
VALID_DAYS = 365
RENEW_DAYS = 30
NAMES = x509.SubjectAlternativeName(
    [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where the PEM files are, and the password of each user. The key is PKCS 8, not encrypted."""

    ca: Path
    certificate: Path
    key: Path
    passwords: dict[str, str]

    @property
    def password(self) -> str:
        """The password of the user that may do everything."""
        return self.passwords[USER]


@dataclass(frozen=True, slots=True)
class _Pair:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def ensure(folder: Path) -> Credentials:
    """The credentials kept in `folder`, made or renewed where needed. Passwords stay; certificates last a year."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with cache.locked(folder):  # Both servers start at once and ask for the same files.
        return _ensure(folder)


def _ensure(folder: Path) -> Credentials:
    paths = (folder / "ca.pem", folder / "server.pem", folder / "server-key.pem")
    store = folder / "passwords.json"
    if not store.is_file():
        _write(store, json.dumps({user: secrets.token_urlsafe(24) for user in (USER, WRITER, READER)}).encode(), 0o600)
    if not all(path.is_file() for path in paths) or _ends_soon(paths[1]):
        for path, (content, mode) in zip(paths, _certificates(), strict=True):
            _write(path, content, mode)
    return Credentials(*paths, json.loads(store.read_text(encoding="utf-8")))


def _write(path: Path, content: bytes, mode: int) -> None:
    partial = path.with_name(path.name + ".part")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as target:
        target.write(content)
    partial.replace(path)


def _ends_soon(path: Path) -> bool:
    end = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    return end - dt.datetime.now(dt.UTC) < dt.timedelta(days=RENEW_DAYS)


def _certificates() -> tuple[tuple[bytes, int], tuple[bytes, int], tuple[bytes, int]]:
    """The authority's certificate, the server's, and the server's key, as PEM with the modes of their files."""
    authority = _issue("Kabar embedded servers", None)
    server = _issue("localhost", authority)
    pem = serialization.Encoding.PEM
    key = server.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (
        (authority.certificate.public_bytes(pem), 0o644),
        (server.certificate.public_bytes(pem), 0o644),
        (key, 0o600),
    )


def _issue(name: str, issuer: _Pair | None) -> _Pair:
    """A certificate: an authority's own where `issuer` is None, a server's otherwise (RFC 5280, strict readers too)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer else key
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))  # Clocks differ.
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(_usage(authority=issuer is None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if issuer:
        # Servers of one cluster are clients of each other.
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(NAMES, critical=False).add_extension(purposes, critical=False)
    return _Pair(key, builder.sign(signer, hashes.SHA256()))


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
