"""Request and response as plain values, independent of aiohttp."""

from collections.abc import Mapping

from msgspec import Struct, field

from mockserver.sandbox.faults.actions import ResponseDamage

STATUSES_WITHOUT_BODY = (204, 304)
"""Statuses of responses without a body: clients would read one as the next response."""


class Request(Struct, frozen=True):
    """An HTTP request. ``body`` is None if it exceeded the limit.

    ``segments`` are the decoded parts of the path without empty ones: repeated and
    trailing slashes do not count. ``scheme`` is http or https, ``host`` as the client wrote it.
    """

    method: str
    path: str
    segments: tuple[str, ...]
    headers: Mapping[str, str]
    body: bytes | None
    scheme: str
    host: str
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """Base URL as the client addressed it, such as ``http://localhost:8566``."""
        return f"{self.scheme}://{self.host}"


class Response(Struct):
    """An HTTP response; header names keep their case.

    ``damage`` says how a fault rule changes the sending, if at all.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    damage: ResponseDamage | None = None
