"""Warn when the process has no file descriptors left for new clients.

uvloop closes the connections that it cannot accept without a word; the standard event loop
retries every second and reports each try. Both end in one warning a minute here.
"""

import asyncio
import errno
import logging
import math
from typing import Any

WARNING_INTERVAL = 60.0  # seconds
SPARE_DESCRIPTORS = 2  # the event loop keeps one in reserve, and one opens while we look
OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)

log = logging.getLogger("kustom_mock")


class DescriptorWarning:
    """Warning that is logged at most once per interval."""

    def __init__(self) -> None:
        self._logged_at = -math.inf

    def check(self, transport: asyncio.BaseTransport, now: float) -> None:
        """Warn if a new connection got one of the last descriptors.

        The system hands out the lowest free number, so a high number means that all
        lower ones are in use.
        """
        connection = transport.get_extra_info("socket")
        if connection and connection.fileno() >= _descriptor_limit() - SPARE_DESCRIPTORS:
            self.log(now)

    def log(self, now: float) -> None:
        """Log the warning, unless it was logged within the interval."""
        if now - self._logged_at < WARNING_INTERVAL:
            return
        self._logged_at = now
        log.warning(
            "no file descriptors left: new clients are refused until others disconnect;"
            " close idle connections or raise the limit (ulimit -n)"
        )


def _descriptor_limit() -> float:
    try:
        import resource  # noqa: PLC0415  # not on Windows, which has no such limit
    except ImportError:
        return math.inf
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return math.inf if limit == resource.RLIM_INFINITY else limit


descriptor_warning = DescriptorWarning()


def handle_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Replace the loop's report of a failed ``accept`` by our warning."""
    error = context.get("exception")
    if isinstance(error, OSError) and error.errno in OUT_OF_DESCRIPTORS:
        descriptor_warning.log(loop.time())
    else:
        loop.default_exception_handler(context)
