"""Where the YAML parser stopped, with the lines around it."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_ENTRY_START = re.compile(r"\s*(?:- +)+")


class YamlProblem(Struct, frozen=True):
    """Where the parser stopped, and what it was reading; lines and columns from 0.

    Attributes:
        lines: the lines of the text.
        is_token: whether a token is malformed, not the order of valid tokens.
        has_start: whether the parser was reading something that started earlier.
        line, column: where it stopped.
        start_line, start_column: where what it was reading begins, else where it stopped.
    """

    lines: Sequence[str]
    is_token: bool
    has_start: bool
    line: int
    column: int
    start_line: int
    start_column: int

    @property
    def here(self) -> str:
        """The line where the parser stopped."""
        return self.line_at(self.line)

    @property
    def before(self) -> str:
        """The text of the line before the position where the parser stopped."""
        return self.here[: self.column]

    @property
    def character(self) -> str:
        """The character at which the parser stopped; empty at the end of a line."""
        return self.here[self.column : self.column + 1]

    @property
    def opening(self) -> str:
        """The character that begins what the parser was reading."""
        return self.line_at(self.start_line)[self.start_column : self.start_column + 1]

    @property
    def is_at_start(self) -> bool:
        """Whether the parser stopped where it began to read."""
        return (self.line, self.column) == (self.start_line, self.start_column)

    @property
    def previous(self) -> int:
        """Number of the closest line above that is neither blank nor a comment; else -1."""
        return next(self._filled_above(self.line), -1)

    def line_at(self, number: int) -> str:
        """Return a line; empty outside the text."""
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    def text_between(self) -> str:
        """Return what the parser read until it stopped, without comments."""
        lines = [*self.lines[self.start_line : self.line], self.before]
        lines[0] = lines[0][self.start_column :]
        return "\n".join(_COMMENT.sub("", line) for line in lines)

    def suspects(self) -> Iterator[tuple[int, str]]:
        """Yield the line above and the one where the parser stopped, with their numbers."""
        numbers = (self.previous, self.line)
        return ((n, self.lines[n]) for n in numbers if 0 <= n < len(self.lines))

    def closest_indentations(self) -> list[int]:
        """Return the columns of lines above that are closest to where the parser stopped."""
        columns: set[int] = set()
        limit = max(map(len, self.lines))
        for number in self._filled_above(self.line):
            line = self.lines[number]
            start = len(line) - len(line.lstrip())
            if start > limit:
                continue
            nested = _ENTRY_START.match(line)
            columns |= {start, nested.end()} if nested else {start}
            limit = start
        below = max((column for column in columns if column < self.column), default=None)
        above = min((column for column in columns if column > self.column), default=None)
        return [column for column in (below, above) if column is not None]

    def _filled_above(self, line: int) -> Iterator[int]:
        return (
            number
            for number in range(min(line, len(self.lines)) - 1, -1, -1)
            if _COMMENT.sub("", self.lines[number]).strip()
        )
