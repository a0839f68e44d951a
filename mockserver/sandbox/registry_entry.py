"""A sandbox as the registry knows it, and the template that it is built from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, Protocol, Self, TypeVar

from msgspec import Struct

from mockserver.sandbox.eviction import Eviction, Usage
from mockserver.sandbox.sandbox import Sandbox


class SandboxTemplate(Protocol):
    """Source of new sandboxes, such as a parsed scenario."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def source(self) -> object:
        """What it was parsed from, as plain values."""

    @property
    def defaults(self) -> object:
        """What the server adds to the source."""

    @property
    def credentials(self) -> Mapping[str, str]:
        """Secrets by user name; empty if any credentials are accepted."""

    @property
    def total_bytes(self) -> int:
        """Bytes that the template itself takes."""

    def build(self, name: str) -> Sandbox:
        """Build a sandbox of this name with its seeded state."""

    def compact(self) -> Self:
        """Return an equal template without what only the first build needs."""


TemplateT = TypeVar("TemplateT", bound=SandboxTemplate)


class RegistryEntry(Struct, Generic[TemplateT]):
    """A sandbox with what the registry knows about it.

    Attributes:
        sandbox: the sandbox.
        template: what it was built from.
        last_used_at: real time of the last request that changed it or read an order.
        is_changed: whether the control API or an accepted change changed it.
        owner: digest of the secret that it is tied to, if it is.
        eviction: the eviction of the sandbox that it replaces without being asked to.
        use_count: number of uses.
        counted_bytes: its share of the total when it was last counted.
    """

    sandbox: Sandbox
    template: TemplateT
    last_used_at: datetime
    is_changed: bool = False
    owner: bytes | None = None
    eviction: Eviction | None = None
    use_count: int = 0
    counted_bytes: int = 0

    @property
    def usage(self) -> Usage:
        """What eviction considers of it."""
        has_fired = any(counts.fired for counts in self.sandbox.faults.counts.values())
        is_changed = self.is_changed or has_fired
        return Usage(self.sandbox.name, self.last_used_at, is_changed)


class UnreadableEntry(Struct, Generic[TemplateT], frozen=True):
    """A sandbox that lives elsewhere and cannot be read.

    Attributes:
        error: raised for those who need it.
        template: what it was built from, or the template of new sandboxes.
    """

    error: Exception
    template: TemplateT
