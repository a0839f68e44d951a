"""Tasks that wait for a change of a sandbox, without polling."""

import asyncio


class Waiters:
    """The tasks that wait for changes of one thing."""

    def __init__(self) -> None:
        self._events: set[asyncio.Event] = set()

    def notify(self) -> None:
        """Wake all waiters; they check what has changed."""
        for event in self._events:
            event.set()

    def add(self, event: asyncio.Event) -> None:
        """Set an event at the next change."""
        self._events.add(event)

    def discard(self, event: asyncio.Event) -> None:
        """Stop setting an event."""
        self._events.discard(event)


async def wait_for_change(seconds: float, *sources: Waiters) -> bool:
    """Wait for the next change of any source; return False on timeout."""
    event = asyncio.Event()
    for waiters in sources:
        waiters.add(event)
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    finally:
        for waiters in sources:
            waiters.discard(event)
    return True
