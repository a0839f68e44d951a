"""What the start of a server can do without, while its modules are imported."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # the variables that OpenSSL reads


@contextmanager
def trusting_nobody() -> Iterator[None]:
    """Let TLS contexts that are made meanwhile trust nobody, as a server calls nobody.

    That is for good: in this process aiohttp's client will not reach HTTPS servers by itself.
    aiohttp has a client, too, and on import reads all authorities that the machine trusts:
    a tenth of a start, and two megabytes.
    """
    before = {name: os.environ.get(name) for name in AUTHORITIES}
    os.environ.update(dict.fromkeys(AUTHORITIES, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def collecting_no_garbage() -> Iterator[None]:
    """Look for no garbage, as modules are none: a fifteenth of a start."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()
