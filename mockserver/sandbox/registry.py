"""All sandboxes of a server, found or made by the name of a user.

Bounded in number and in bytes: beyond either limit the sandboxes that were not used for
longest make room, and that is told, in the log and in :attr:`Sandboxes.evicted`.
"""

import logging
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from mockserver.sandbox.sandbox import Sandbox

SANDBOXES_KEPT = 1000
EVICTIONS_TOLD = 100
BYTES_KEPT = 1024**3
"""How many bytes all sandboxes together may hold, but for the one in use."""

BYTES_UNSEEN = 16 * 1024**2
"""How many may come in until all are counted anew."""

log = logging.getLogger("kustom_mock")


class World(Protocol):
    """What a new sandbox starts with."""

    @property
    def credentials(self) -> Mapping[str, str]:
        """The user names and secrets it lists; none where any are accepted."""

    def build(self, name: str) -> Sandbox:
        """Make a sandbox of this name and fill it."""


AnyWorld = TypeVar("AnyWorld", bound=World)


class Sandboxes(Generic[AnyWorld]):
    """The worlds in use; each user has one of its own."""

    def __init__(
        self,
        world: AnyWorld,
        *,
        limit: int = SANDBOXES_KEPT,
        require_known: bool = False,
    ) -> None:
        """Fill new sandboxes from this world; keep at most ``limit`` of them.

        With ``require_known`` a user needs listed credentials, or a sandbox that the
        control API made.
        """
        self.world = world
        self.limit = limit
        self.require_known = require_known
        self.evicted: deque[str] = deque(maxlen=EVICTIONS_TOLD)
        self._by_name: OrderedDict[str, tuple[Sandbox, AnyWorld]] = OrderedDict()
        self._unseen = 0

    def admit(self, user: str, secret: str) -> Sandbox | None:
        """Find the sandbox of a caller, or make it; ``None`` for wrong credentials."""
        kept = self._by_name.get(user)
        world = kept[1] if kept else self.world
        listed = world.credentials
        if listed:
            return self.open(user) if listed.get(user) == secret else None
        if self.require_known and kept is None:
            return None
        return self.open(user)

    def open(self, name: str) -> Sandbox:
        """Find a sandbox, or make it on its first use."""
        kept = self._by_name.get(name)
        if kept is None:
            return self.put(name, self.world)
        self._by_name.move_to_end(name)
        return kept[0]

    def find(self, name: str) -> Sandbox | None:
        """Find a sandbox that was used before."""
        kept = self._by_name.get(name)
        return kept[0] if kept else None

    def world_of(self, name: str) -> AnyWorld:
        """Say from which world a sandbox was, or would be, filled."""
        kept = self._by_name.get(name)
        return kept[1] if kept else self.world

    def put(self, name: str, world: AnyWorld) -> Sandbox:
        """Fill a sandbox anew from a world; on failure the old one stays."""
        sandbox = world.build(name)
        self._keep(name, sandbox, world)
        return sandbox

    def reset(self, name: str) -> Sandbox:
        """Fill a sandbox anew from the world it came from."""
        return self.put(name, self.world_of(name))

    def drop(self, name: str) -> bool:
        """Forget a sandbox; say whether it was there."""
        kept = self._by_name.pop(name, None)
        if kept is not None:
            kept[0].journal.wake()
        return kept is not None

    def replace_world(self, world: AnyWorld) -> int:
        """Start new sandboxes from another world.

        Those that came from the old one are forgotten, and begin anew on their next
        use; says how many.
        """
        old = [name for name, (_, its) in self._by_name.items() if its is self.world]
        for name in old:
            self.drop(name)
        self.world = world
        return len(old)

    def __iter__(self) -> Iterator[Sandbox]:
        """Go through all sandboxes, least recently used first."""
        return iter([sandbox for sandbox, _ in self._by_name.values()])

    def __len__(self) -> int:
        """Count the sandboxes in use."""
        return len(self._by_name)

    def _keep(self, name: str, sandbox: Sandbox, world: AnyWorld) -> None:
        """Put a sandbox in, in place of any other; who waits in that one looks again."""
        self.drop(name)
        sandbox.on_growth = self._record_growth
        self._by_name[name] = sandbox, world
        if len(self._by_name) > self.limit:
            self._evict(next(iter(self._by_name)), f"more than {self.limit} in use")

    def _record_growth(self, sandbox: Sandbox, size: int) -> None:
        """Record that a sandbox grew; recount all of them after some growth."""
        self._unseen += size
        if self._unseen >= BYTES_UNSEEN:
            self._unseen = 0
            self._make_room(sandbox)

    def _make_room(self, used: Sandbox) -> None:
        total = sum(each.weight for each in self)
        for each in self:
            if total > BYTES_KEPT and each is not used:
                total -= each.weight
                self._evict(each.name, f"all of them held more than {BYTES_KEPT} bytes")

    def _evict(self, name: str, why: str) -> None:
        self.drop(name)
        self.evicted.append(name)
        log.warning("sandbox '%s' was dropped: %s", name, why)
