"""Findings: rule code, position and message of a problem in a scenario.

Codes of errors begin with ``E``, of warnings with ``W``; each has a section in
``docs/reference/lint/``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TypeAlias

from msgspec import Struct

ValuePath: TypeAlias = tuple[str | int, ...]


class Finding(Struct, frozen=True):
    """One problem. ``path`` leads to the value; ``line`` and ``column`` count from 1."""

    code: str
    path: ValuePath
    message: str
    line: int = 1
    column: int = 1

    @property
    def is_error(self) -> bool:
        """Whether the scenario cannot be used."""
        return self.code.startswith("E")

    @property
    def location(self) -> str:
        """The path as people write it."""
        return format_path(self.path)

    def __str__(self) -> str:
        """Read as ``line:column CODE location: message``."""
        return f"{self.line}:{self.column} {self.text}"

    @property
    def text(self) -> str:
        """The finding without its position, which means nothing where there is no file."""
        prefix = f"{self.location}: " if self.location else ""
        return f"{self.code} {prefix}{self.message}"


def format_path(path: ValuePath) -> str:
    """Write a path as people do: ``orders.two.refunds[0]``."""
    parts = (f"[{p}]" if isinstance(p, int) else f".{escape_key(p)}" for p in path)
    return "".join(parts).lstrip(".")


def escape_key(key: str) -> str:
    """Write a key as it is, or escaped where it would break the line."""
    return key if key.isprintable() else repr(key).strip("'\"")


class ScenarioError(ValueError):
    """Raised when a scenario cannot be used; carries every finding."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = tuple(findings)


class FindingCollector(list[Finding]):
    """Collects findings so that they are reported together."""

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Collect the findings of the block, then continue after it."""
        try:
            yield
        except ScenarioError as error:
            self += error.findings

    def raise_if_any(self) -> None:
        """Raise the collected findings, if any.

        Raises:
            ScenarioError: with all findings.
        """
        if self:
            raise ScenarioError(self)


def pluralize(number: object, singular: str, plural: str = "") -> str:
    """Return a count with its noun, such as ``1 file`` or ``2 files``."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


LINT_CODES: Mapping[str, str] = MappingProxyType(
    {
        "E000": "The file cannot be read.",
        "E001": "The file is not a single, valid YAML or JSON document.",
        "E002": "A key is repeated in one mapping, or a name is used in two loaded files.",
        "E101": "An unknown key.",
        "E102": "A required key is missing.",
        "E103": "A value of the wrong type, such as a string where a number is expected.",
        "E104": "A value that is not one of the allowed values.",
        "E105": "A number, string or list outside its bounds, or keys that exclude each other.",
        "E106": "A time or duration that cannot be parsed.",
        "E107": "An unknown assumption, or a value that it does not have.",
        "E201": "A capture or refund of a line that is not on the order.",
        "E202": "Two orders with the same id or name, or two webhook endpoints with one URL.",
        "E203": "A capture or refund that the API would refuse, with the amounts.",
        "E204": "A fault or expectation for an order or fault that does not exist.",
        "W301": "A refund that will not be allocated, with the reason. If intended, expect it"
        " (`outcome: failed` or `allocated_to: null`).",
        "W302": "A reference that is on two captures, so that its refund is ambiguous.",
        "W303": "Lines whose totals do not add up to the amount.",
        "W304": "A line whose total does not follow from price and quantity, or whose tax is"
        " more than one minor unit off its rate.",
        "W305": "An order that expires before the scenario starts, but is not expected to.",
        "W306": "A fault that can never fire.",
        "W307": "An expectation that contradicts the seeded orders.",
        "W308": "A capture of more pieces of an article than the order has.",
        "W309": "A completion that the shopper cannot make: an unknown choice, or a required"
        " checkbox that is not ticked.",
    },
)
