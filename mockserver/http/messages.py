"""Request and response as plain values, independent of aiohttp."""

from collections.abc import AsyncIterator, Mapping

from msgspec import Struct, field

from mockserver.sandbox.faults.actions import ResponseDamage

STATUSES_WITHOUT_BODY = (204, 304)
"""Statuses without a body; a client would read a body as the start of the next response."""


class Request(Struct, frozen=True):
    """An HTTP request.

    Attributes:
        path: the decoded path.
        segments: the path split at slashes, without empty parts: repeated and trailing
            slashes do not count.
        body: the body; ``None`` if it exceeded the limit.
        scheme: ``http`` or ``https``.
        host: the host and port as the client wrote them.
        query: the decoded query; its items have a repeated key repeatedly.
        client: the address of the client.
    """

    method: str
    path: str
    segments: tuple[str, ...]
    headers: Mapping[str, str]
    body: bytes | None
    scheme: str
    host: str
    query: Mapping[str, str] = field(default_factory=dict)
    client: str = ""

    @property
    def base_url(self) -> str:
        """Address that the client used, such as ``http://localhost:8566``."""
        return f"{self.scheme}://{self.host}"


class Response(Struct):
    """An HTTP response; header names keep their case.

    Attributes:
        damage: how a fault damages what is sent.
        stream: pieces that follow the head one by one, instead of a body.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    damage: ResponseDamage | None = None
    stream: AsyncIterator[bytes] | None = None
