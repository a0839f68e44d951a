"""A request and an answer as plain values, free of the web framework."""

from collections.abc import Mapping

from msgspec import Struct, field

from mockserver.sandbox.actions import Delivery

BODILESS = (204, 304)
"""Statuses whose answers end with the head; a body would be taken for the next answer."""


class Call(Struct, frozen=True):
    """What arrived. ``body`` is ``None`` when it was larger than allowed.

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
    def origin(self) -> str:
        """Where the client found us, such as ``http://localhost:8566``."""
        return f"{self.scheme}://{self.host}"


class Answer(Struct):
    """What is sent back; header names keep their case.

    ``delivery`` is set where a fault damages the way it is sent.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delivery: Delivery | None = None
