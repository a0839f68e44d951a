"""Why a server cannot listen, in words: the setting to blame and what would help."""

from collections.abc import Mapping
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL
from socket import gaierror

from mockserver.settings import Settings

ELSEWHERE = "choose one of this machine, such as 127.0.0.1, or 0.0.0.0 for all"
REASONS: Mapping[int | None, tuple[str, str]] = {
    EADDRINUSE: ("port", "address already in use; choose another, or 0 for a free one"),
    EACCES: ("port", "permission denied; choose one from 1024, which takes no privileges"),
    EADDRNOTAVAIL: ("host", f"no address of this machine; {ELSEWHERE}"),
}


def listening_problem(error: OSError, settings: Settings) -> str:
    """Say which setting an error of the operating system is about, and what would help."""
    if isinstance(error, gaierror):
        name, words = "host", f"no address is known for this name; {ELSEWHERE}"
    else:
        name, words = REASONS.get(error.errno, ("port", error.strerror or str(error)))
    return f"{settings.place(name)} {getattr(settings, name)}: {words}"
