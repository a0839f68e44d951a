"""Request and response as plain values, independent of aiohttp."""

from collections.abc import Mapping

from msgspec import Struct, field

from mockserver.sandbox.faults.actions import ResponseDamage

STATUSES_WITHOUT_BODY = (204, 304)
"""Statuses whose answers end with the head; a body would be taken for the next answer."""


class Request(Struct, frozen=True):
    """An HTTP request. ``body`` is None if it exceeded the limit.

    ``segments`` is the path taken apart, without empty parts: repeated and trailing
    slashes do not count. ``scheme`` is http or https, ``host`` as the client wrote it.
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
        """Where the client found us, such as ``http://localhost:8566``."""
        return f"{self.scheme}://{self.host}"


class Response(Struct):
    """An HTTP response; header names keep their case.

    ``delivery`` is set where a fault damages the way it is sent.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    damage: ResponseDamage | None = None
