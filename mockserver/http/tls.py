"""TLS with a given certificate, or with one issued by a local certificate authority.

Many clients have hard-coded the provider's host names. A server that they reach under these
names needs a certificate for them, from an authority that the clients trust.
"""

import os
import ssl
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from mockserver.sandbox.clock import wall_clock

if TYPE_CHECKING:
    import trustme

KUSTOM_HOSTS = frozenset({"api.kustom.co", "api.playground.kustom.co"})
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
ORGANIZATION_NAME = "kustom-mock"
LEAF_LIFETIME = timedelta(days=397)  # as long as any client accepts
CA_CERTIFICATE_FILE, CA_KEY_FILE = "ca.pem", "ca-key.pem"


class TlsError(ValueError):
    """Raised when a certificate cannot be loaded or created."""


class TlsConfig(Struct, frozen=True):
    """SSL context of the server, and the certificate (PEM) of its own authority."""

    context: ssl.SSLContext
    ca_certificate: bytes | None = None


def load_tls_files(certificate: str, key: str) -> TlsConfig:
    """Load a certificate (chain) and its key, both PEM files.

    Raises:
        TlsError: the files cannot be read, or do not belong together.
    """
    context = _context()
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        raise TlsError(f"cannot use {certificate} with {key}: {error}") from None
    return TlsConfig(context)


def create_tls(folder: str | None = None, more_names: Iterable[str] = ()) -> TlsConfig:
    """Create a certificate for the provider's names, this machine, and more names.

    The authority is that of the folder, created if missing; without a folder, a new one.

    Raises:
        TlsError: the library is not installed, or the folder cannot be used.
    """
    authority = _load_or_create_ca(Path(folder)) if folder else _new_authority()
    yesterday = wall_clock().replace(tzinfo=None) - timedelta(days=1)
    leaf = authority.issue_cert(
        *sorted({*KUSTOM_HOSTS, *LOCAL_NAMES, *more_names}),
        organization_name=ORGANIZATION_NAME,
        not_before=yesterday,
        not_after=yesterday + LEAF_LIFETIME,
    )
    context = _context()
    with _pem_path(leaf.private_key_and_cert_chain_pem) as path:
        context.load_cert_chain(path)
    return TlsConfig(context, authority.cert_pem.bytes())


def ca_certificate_in(folder: str) -> bytes:
    """Return the CA certificate (PEM) of a folder; create it if missing.

    Raises:
        TlsError: the library is not installed, or the folder cannot be used.
    """
    return _load_or_create_ca(Path(folder)).cert_pem.bytes()


def _load_or_create_ca(folder: Path) -> "trustme.CA":
    certificate, key = folder / CA_CERTIFICATE_FILE, folder / CA_KEY_FILE
    authority = _new_authority()
    try:
        if key.exists():
            return authority.from_pem(certificate.read_bytes(), key.read_bytes())
        folder.mkdir(parents=True, exist_ok=True)
        certificate.write_bytes(authority.cert_pem.bytes())
        key.touch(mode=0o600, exist_ok=False)
        key.write_bytes(authority.private_key_pem.bytes())
    except (OSError, ValueError) as error:
        raise TlsError(f"cannot store a certificate authority in {folder}: {error}") from None
    return authority


def _new_authority() -> "trustme.CA":
    try:
        from trustme import CA  # noqa: PLC0415  # optional dependency, needed for --tls only
    except ImportError:
        raise TlsError("TLS needs an extra: pip install 'kustom-mock[tls]'") from None
    return CA(organization_name=ORGANIZATION_NAME)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    return context


@contextmanager
def _pem_path(pem: "trustme.Blob") -> Iterator[str]:
    """Yield a path of the PEM data for ssl; on Linux a file in memory."""
    if sys.platform != "linux":
        with pem.tempfile() as path:
            yield path
        return
    with os.fdopen(os.memfd_create("leaf"), "wb") as file:
        file.write(pem.bytes())
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"
