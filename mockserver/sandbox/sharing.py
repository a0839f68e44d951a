"""Lines that are equal are kept once, as requests say the same ones again and again.

A refund repeats what was captured, a test what the test before it did. Lines are two
thirds of what a capture or a refund takes of memory.
"""

from typing import TypeVar

from msgspec.structs import replace

from mockserver.domain.commands import Command

KNOWN = 100
"""How many lists of lines are known; the one known for longest is forgotten first."""

LARGEST = 4096
"""How many bytes a request may have for its lines to be known."""

AnyCommand = TypeVar("AnyCommand", bound=Command)


class SharedLines:
    """Some lists of lines that came before, by their value."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[object, object] = {}

    def share(self, command: AnyCommand, size: int) -> AnyCommand:
        """Give an equal command, of lines that are kept already where there are such.

        ``size`` is that of its request (bytes).
        """
        lines = getattr(command, "order_lines", ())
        if not lines or size > LARGEST:
            return command
        try:
            known = self._known.setdefault(lines, lines)
        except TypeError:  # lines with something to give back have no hash
            return command
        if known is not lines:
            return replace(command, order_lines=known)
        if len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]
        return command
