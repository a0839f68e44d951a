"""Checked expectations, and the check of a number, which several kinds share."""

from typing import Any

from msgspec import Struct

from mockserver.scenario.diagnostics import ValuePath, format_path
from mockserver.scenario.spec import Spec


class CheckedExpectation(Struct, frozen=True):
    """A checked expectation. ``detail`` explains a failure.

    ``skipped`` marks expectations of fields that this server does not return; they pass.
    """

    path: ValuePath
    passed: bool
    expected: Any
    actual: Any
    detail: str = ""
    skipped: bool = False

    @property
    def text(self) -> str:
        """The result as a sentence."""
        path = format_path(self.path)
        if self.passed:
            return f"{path} is {_format_value(self.actual)}, as expected"
        expected, actual = _format_value(self.expected), _format_value(self.actual)
        sentence = f"{path}: expected {expected}, got {actual}"
        return f"{sentence} ({self.detail})" if self.detail else sentence


class Verdict(Struct, frozen=True):
    """The checked expectations of a scenario; passed when all of them are met."""

    expectations: tuple[CheckedExpectation, ...]

    @property
    def passed(self) -> bool:
        """Whether all expectations are met."""
        return all(expectation.passed for expectation in self.expectations)

    @property
    def failures(self) -> tuple[CheckedExpectation, ...]:
        """The expectations that were not met."""
        return tuple(expectation for expectation in self.expectations if not expectation.passed)


def check_number(spec: Spec, actual: int, path: ValuePath) -> CheckedExpectation:
    """Check a number by the keys ``count``, ``at_least``, ``at_most`` and ``never``.

    Without any of them, at least one is expected.
    """
    low, high = _bounds(spec)
    passed = low <= actual and (high is None or actual <= high)
    return CheckedExpectation(path, passed, _range(low, high), actual)


def _bounds(spec: Spec) -> tuple[int, int | None]:
    if "count" in spec or "never" in spec:
        number = spec.get("count", 0)
        return number, number
    has_maximum = "at_most" in spec
    return spec.get("at_least", 0 if has_maximum else 1), spec.get("at_most")


def _range(low: int, high: int | None) -> int | str:
    if high is None:
        return f"at least {low}" if low else "any number"
    return low if low == high else f"{low} to {high}"


def _format_value(value: object) -> str:
    return "none" if value is None else str(value)
