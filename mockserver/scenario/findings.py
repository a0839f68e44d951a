"""What is wrong with a scenario: a rule code, a place, and a sentence.

Codes of errors begin with ``E``, of warnings with ``W``; each has a section in
``docs/reference/lint.md``.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from msgspec import Struct

Path: TypeAlias = tuple[str | int, ...]


class Finding(Struct, frozen=True):
    """One problem. ``path`` leads to the value; ``line`` and ``column`` count from 1."""

    code: str
    path: Path
    message: str
    line: int = 1
    column: int = 1

    @property
    def is_error(self) -> bool:
        """Whether the scenario cannot be used."""
        return self.code.startswith("E")

    @property
    def place(self) -> str:
        """The path as people write it."""
        return place_of(self.path)

    def __str__(self) -> str:
        """Read as ``line:column CODE place: message``."""
        place = f"{self.place}: " if self.place else ""
        return f"{self.line}:{self.column} {self.code} {place}{self.message}"


def place_of(path: Path) -> str:
    """Write a path as people do: ``orders.two.refunds[0]``."""
    parts = (f"[{p}]" if isinstance(p, int) else f".{in_line(p)}" for p in path)
    return "".join(parts).lstrip(".")


def in_line(key: str) -> str:
    """Write a key as it is, or escaped where it would break the line."""
    return key if key.isprintable() else repr(key).strip("'\"")


class ScenarioError(ValueError):
    """A scenario that cannot be used, with everything that was found wrong."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Take the findings, at least one of them an error."""
        super().__init__("\n".join(map(str, findings)))
        self.findings = tuple(findings)


class Findings(list[Finding]):
    """What several attempts found wrong, to be told together."""

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Keep the findings of an attempt, and go on after it."""
        try:
            yield
        except ScenarioError as error:
            self += error.findings

    def refuse(self) -> None:
        """Refuse the scenario if anything was found.

        Raises:
            ScenarioError: with everything that was.
        """
        if self:
            raise ScenarioError(self)


def counted(number: object, one: str, many: str = "") -> str:
    """Say how many there are of something, such as ``1 file`` or ``2 files``."""
    return f"{number} {one if number == 1 else many or one + 's'}"
