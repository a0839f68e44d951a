"""Explain why a server cannot listen on its address."""

from collections.abc import Mapping
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL
from socket import gaierror

from mockserver.settings import Settings

HOST_HINT = "choose one of this machine, such as 127.0.0.1, or 0.0.0.0 for all"
HINT_BY_ERRNO: Mapping[int | None, tuple[str, str]] = {
    EADDRINUSE: ("port", "address already in use; choose another, or 0 for a free one"),
    EACCES: ("port", "permission denied; choose one from 1024, which takes no privileges"),
    EADDRNOTAVAIL: ("host", f"no address of this machine; {HOST_HINT}"),
}


def describe_listen_error(error: OSError, settings: Settings) -> str:
    """Describe which setting caused an OS error and how to fix it."""
    if isinstance(error, gaierror):
        name, hint = "host", f"no address is known for this name; {HOST_HINT}"
    else:
        name, hint = HINT_BY_ERRNO.get(error.errno, ("port", error.strerror or str(error)))
    return f"{settings.flag_or_variable(name)} {getattr(settings, name)}: {hint}"
