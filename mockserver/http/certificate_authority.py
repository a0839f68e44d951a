"""Local certificate authority that can only sign for the names of the mock.

People add it to the trust store of their machine, so it is kept harmless: name constraints,
no further authorities below it, two years. Key and certificate are stored in one file that
is created in one step, so two processes that start on one folder end up with one pair.
"""

import os
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from mockserver.sandbox.clock import wall_clock

if TYPE_CHECKING:
    import trustme
    from cryptography.x509 import Certificate, GeneralName, KeyUsage

ORGANIZATION_NAME = "kustom-mock"
CA_LIFETIME = timedelta(days=730)
CA_CERTIFICATE_FILE, CA_KEY_FILE = "ca.pem", "ca-key.pem"
PERMISSIONS_OF_OTHERS = 0o077
CERTIFICATE_START = b"-----BEGIN CERTIFICATE-----"


class TlsError(ValueError):
    """Raised when a certificate cannot be loaded or created."""


def load_or_create_ca(folder: Path, names: Iterable[str]) -> "trustme.CA":
    """Return the authority of a folder; create it for these names if there is none.

    Raises:
        TlsError: a library is missing, the folder cannot be used, or its authority is
            not private, not complete, expired, or not made for these names.
    """
    certificate_file, key_file = folder / CA_CERTIFICATE_FILE, folder / CA_KEY_FILE
    try:
        has_certificate = certificate_file.exists()  # first: it is written after the key
        if not key_file.exists():
            if has_certificate:
                raise TlsError(f"{certificate_file} has no {CA_KEY_FILE} beside it: delete it")
            folder.mkdir(parents=True, exist_ok=True)
            _create_exclusively(key_file, create_ca_pem(names))
        pem = _read_private(key_file)
        if CERTIFICATE_START not in pem:
            pem += certificate_file.read_bytes()  # a folder of version 0.1
        authority, certificate = _parse_pair(pem, key_file)
        certificate_file.write_bytes(authority.cert_pem.bytes())
    except OSError as error:
        raise TlsError(f"cannot store a certificate authority in {folder}: {error}") from None
    _check_usable(certificate, names, folder)
    return authority


def create_ca(names: Iterable[str]) -> "trustme.CA":
    """Create an authority for these names that is not stored.

    Raises:
        TlsError: a library is missing.
    """
    authority, _ = _parse_pair(create_ca_pem(names), Path(CA_KEY_FILE))
    return authority


def create_ca_pem(names: Iterable[str]) -> bytes:
    """Create key and certificate (PEM) of an authority for these names.

    Raises:
        TlsError: a library is missing.
    """
    _import_trustme()
    from cryptography import x509  # noqa: PLC0415  # optional dependency
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([
        x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, ORGANIZATION_NAME),
        x509.NameAttribute(
            x509.NameOID.ORGANIZATIONAL_UNIT_NAME, f"CA {x509.random_serial_number():x}"[:64]
        ),
    ])  # fmt: skip
    yesterday = wall_clock() - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(yesterday)
        .not_valid_after(yesterday + CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.NameConstraints([_constraint(name) for name in sorted(names)], None),
            critical=True,
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .add_extension(_key_usage(), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(pem)


def _key_usage() -> "KeyUsage":
    from cryptography import x509  # noqa: PLC0415

    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _constraint(name: str) -> "GeneralName":
    from cryptography import x509  # noqa: PLC0415

    try:
        return x509.IPAddress(ip_network(ip_address(name)))
    except ValueError:
        return x509.DNSName(name)


def _create_exclusively(path: Path, content: bytes) -> None:
    """Create a whole file that only we can read, unless another process was faster."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:  # mode 0600
        file.write(content)
    try:
        os.link(file.name, path)
    except FileExistsError:
        pass
    finally:
        Path(file.name).unlink()


def _read_private(path: Path) -> bytes:
    mode = path.stat().st_mode
    if os.name == "posix" and mode & PERMISSIONS_OF_OTHERS:
        raise TlsError(f"{path} can be read by other users: chmod 600 {path}")
    return path.read_bytes()


def _parse_pair(pem: bytes, path: Path) -> "tuple[trustme.CA, Certificate]":
    authority_class = _import_trustme()
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise TlsError(f"cannot read key and certificate in {path}: {error}") from None
    if key.public_key() != certificate.public_key():
        raise TlsError(
            f"{path} does not belong to the certificate beside it: delete both files"
        )
    start = pem.index(CERTIFICATE_START)
    return authority_class.from_pem(pem[start:], pem), certificate


def _check_usable(certificate: "Certificate", names: Iterable[str], folder: Path) -> None:
    from cryptography import x509  # noqa: PLC0415

    if certificate.not_valid_after_utc <= wall_clock():
        raise TlsError(f"the certificate authority in {folder} is expired: delete it")
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except x509.ExtensionNotFound:
        return  # a folder of version 0.1
    permitted = constraints.value.permitted_subtrees or []
    missing = [name for name in sorted(names) if _constraint(name) not in permitted]
    if missing:
        raise TlsError(
            f"the certificate authority in {folder} is not made for {', '.join(missing)}:"
            " delete it, and trust the new one"
        )


def _import_trustme() -> "type[trustme.CA]":
    try:
        from trustme import CA  # noqa: PLC0415  # optional dependency, needed for --tls only
    except ImportError:
        raise TlsError("TLS needs an extra: pip install 'kustom-mock[tls]'") from None
    return CA
