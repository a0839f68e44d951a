"""HTTPS: a certificate of one's own, or one made on start by a small certificate authority.

Many clients have the provider's host names written in. A server that they reach under these
names needs a certificate for them, from an authority that they are told to trust.
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
OWNER = "kustom-mock"
LEAF_LASTS = timedelta(days=397)  # as long as any client accepts
CERTIFICATE, KEY = "ca.pem", "ca-key.pem"


class TlsError(ValueError):
    """Certificates that cannot be used or made, and why."""


class Tls(Struct, frozen=True):
    """How a server speaks HTTPS, and the authority behind it if it is our own (PEM)."""

    context: ssl.SSLContext
    authority: bytes | None = None


def tls_from_files(certificate: str, key: str) -> Tls:
    """Use a certificate (chain) and its key, both PEM files.

    Raises:
        TlsError: they cannot be read, or do not belong together.
    """
    context = _context()
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:  # what ssl raises is one, too
        raise TlsError(f"cannot use {certificate} with {key}: {error}") from None
    return Tls(context)


def tls_made_here(folder: str | None = None, more_names: Iterable[str] = ()) -> Tls:
    """Make a certificate for the provider's names, this machine, and more names.

    Its authority is the folder's, made there if need be; without a folder, a new one.

    Raises:
        TlsError: the library is not installed, or the folder cannot be used.
    """
    authority = _authority_in(Path(folder)) if folder else _new_authority()
    yesterday = wall_clock().replace(tzinfo=None) - timedelta(days=1)
    leaf = authority.issue_cert(
        *sorted({*KUSTOM_HOSTS, *LOCAL_NAMES, *more_names}),
        organization_name=OWNER,
        not_before=yesterday,
        not_after=yesterday + LEAF_LASTS,
    )
    context = _context()
    with _as_file(leaf.private_key_and_cert_chain_pem) as path:
        context.load_cert_chain(path)
    return Tls(context, authority.cert_pem.bytes())


def authority_in(folder: str) -> bytes:
    """Give the certificate (PEM) of the folder's authority, made there if need be.

    Raises:
        TlsError: the library is not installed, or the folder cannot be used.
    """
    return _authority_in(Path(folder)).cert_pem.bytes()


def _authority_in(folder: Path) -> "trustme.CA":
    certificate, key = folder / CERTIFICATE, folder / KEY
    made = _new_authority()
    try:
        if key.exists():
            return made.from_pem(certificate.read_bytes(), key.read_bytes())
        folder.mkdir(parents=True, exist_ok=True)
        certificate.write_bytes(made.cert_pem.bytes())
        key.touch(mode=0o600, exist_ok=False)
        key.write_bytes(made.private_key_pem.bytes())
    except (OSError, ValueError) as error:
        raise TlsError(f"cannot keep an authority in {folder}: {error}") from None
    return made


def _new_authority() -> "trustme.CA":
    try:
        from trustme import CA  # noqa: PLC0415  # an extra, and only for those who ask
    except ImportError:
        raise TlsError("this needs an extra: pip install 'kustom-mock[tls]'") from None
    return CA(organization_name=OWNER)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    return context


@contextmanager
def _as_file(pem: "trustme.Blob") -> Iterator[str]:
    """Give ssl the path it insists on, in memory where the system can: no disk is needed."""
    if sys.platform != "linux":
        with pem.tempfile() as path:
            yield path
        return
    with os.fdopen(os.memfd_create("leaf"), "wb") as file:
        file.write(pem.bytes())
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"
