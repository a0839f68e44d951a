"""TLS with a given certificate, or with one issued by a local certificate authority.

Many clients have hard-coded the provider's host names. A server that they reach under these
names needs a certificate for them, from an authority that the clients trust.
"""

import logging
import os
import ssl
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

from mockserver.http.certificate_authority import (
    ORGANIZATION_NAME,
    TlsError,
    create_ca,
    load_or_create_ca,
)
from mockserver.http.descriptors import WARNING_INTERVAL
from mockserver.sandbox.clock import wall_clock

if TYPE_CHECKING:
    import trustme

KUSTOM_HOSTS = frozenset(
    {"api.kustom.co", "api.playground.kustom.co", "api-na.playground.kustom.co"}
)
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
PLAIN_HTTP_REASONS = ("HTTP_REQUEST", "HTTPS_PROXY_REQUEST")  # names of OpenSSL
LEAF_LIFETIME = timedelta(days=397)  # as long as any client accepts


log = logging.getLogger("kustom_mock")


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
    names = {*KUSTOM_HOSTS, *LOCAL_NAMES, *more_names}
    authority = load_or_create_ca(Path(folder), names) if folder else create_ca(names)
    yesterday = wall_clock().replace(tzinfo=None) - timedelta(days=1)
    leaf = authority.issue_cert(
        *sorted(names),
        organization_name=ORGANIZATION_NAME,
        not_before=yesterday,
        not_after=yesterday + LEAF_LIFETIME,
    )
    context = _context()
    with _pem_path(leaf.private_key_and_cert_chain_pem) as path:
        context.load_cert_chain(path)
    return TlsConfig(context, authority.cert_pem.bytes())


def ca_certificate_in(folder: str, more_names: Iterable[str] = ()) -> bytes:
    """Return the CA certificate (PEM) of a folder; create it if missing.

    Raises:
        TlsError: the library is not installed, or the folder cannot be used.
    """
    names = {*KUSTOM_HOSTS, *LOCAL_NAMES, *more_names}
    return load_or_create_ca(Path(folder), names).cert_pem.bytes()


class _LoggingSslObject(ssl.SSLObject):
    """TLS connection that logs plain HTTP, which is else closed without a word.

    At most once a minute: a health check that does not know of TLS tries HTTP every time.
    """

    quiet_until: ClassVar[float] = 0.0  # monotonic seconds

    def do_handshake(self) -> None:
        """Continue the handshake."""
        try:
            super().do_handshake()
        except ssl.SSLError as error:
            if error.reason in PLAIN_HTTP_REASONS and monotonic() >= self.quiet_until:
                _LoggingSslObject.quiet_until = monotonic() + WARNING_INTERVAL
                log.warning("a client sent plain HTTP to the TLS port: use https://")
            raise


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    context.sslobject_class = _LoggingSslObject
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
