"""Loading scenarios by name, file or folder, several of them as one world."""

from collections.abc import Sequence
from typing import Any

from mockserver.scenario.catalogue import find
from mockserver.scenario.findings import Finding, ScenarioError
from mockserver.scenario.scenario import (
    Scenario,
    Surroundings,
    document_of,
    read_scenario,
)
from mockserver.scenario.source import parse


class FileError(ScenarioError):
    """A scenario file that cannot be used; its findings read with the file's name."""

    def __init__(self, file: str, findings: Sequence[Finding]) -> None:
        """Take the file and what was found in it."""
        super().__init__(findings)
        self.file = file

    def __str__(self) -> str:
        """Read as ``file:line:column CODE message``, a line each."""
        return "\n".join(f"{self.file}:{each}" for each in self.findings)


def load(references: Sequence[str], surroundings: Surroundings) -> Scenario:
    """Load scenarios into one world.

    Raises:
        UnknownScenarioError: a reference leads nowhere.
        FileError: a file cannot be used, or two of them name the same order.
    """
    scenarios = [
        _load_file(str(file), file.read_bytes(), surroundings)
        for reference in references
        for file in find(reference)
    ]
    return scenarios[0] if len(scenarios) == 1 else _together(scenarios, surroundings)


def _load_file(file: str, text: bytes, surroundings: Surroundings) -> Scenario:
    try:
        return read_scenario(file, parse(text), surroundings)
    except ScenarioError as error:
        raise FileError(file, error.findings) from None


def _together(scenarios: Sequence[Scenario], surroundings: Surroundings) -> Scenario:
    merged: dict[str, Any] = {}
    for scenario in scenarios:
        for key, value in scenario.spec.items():
            _merge(merged, key, value, scenario)
    name = " + ".join(each.name for each in scenarios)
    return Scenario(name, document_of(merged), surroundings)


def _merge(merged: dict[str, Any], key: str, value: Any, scenario: Scenario) -> None:  # noqa: ANN401
    if not isinstance(value, dict):
        merged[key] = value
        return
    into = merged.setdefault(key, {})
    doubled = [each for each in value if each in into]
    if doubled:
        message = f"'{doubled[0]}' stands in two scenario files"
        place = scenario.document.position((key, doubled[0]))
        finding = Finding("E002", (key, doubled[0]), message, *place)
        raise FileError(scenario.name, [finding])
    into.update(value)
