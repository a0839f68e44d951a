"""Loading scenarios by name, file or folder, several of them as one world."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.scenario.catalogue import find, name_of, text_of
from mockserver.scenario.findings import Finding, Path, ScenarioError
from mockserver.scenario.scenario import (
    Scenario,
    Surroundings,
    document_of,
    in_order,
    read_scenario,
)
from mockserver.scenario.source import parse

TAKEN_OVER = ("country", "currency", "locale")
NAMED: frozenset[Path] = frozenset(
    {("orders",), ("faults",), ("expect", "orders"), ("expect", "faults")},
)
"""Where several files add to what the others name; a name stands once."""

SECTIONS = NAMED | {("clock",), ("assume",), ("credentials",), ("expect",)}
"""What several files fill together; what they say twice must be the same."""

LISTS: frozenset[Path] = frozenset({("allow",), ("expect", "requests"), ("steps",)})


TRIAL = "trial"
"""The sandbox that is built to see whether a scenario can be."""


class FileError(ScenarioError):
    """A scenario file that cannot be used; its findings read with the file's name."""

    def __init__(self, file: str, findings: Sequence[Finding]) -> None:
        """Take the file and what was found in it."""
        super().__init__(findings)
        self.file = file

    def __str__(self) -> str:
        """Read as ``file:line:column CODE message``, a line each."""
        return "\n".join(f"{self.file}:{each}" for each in self.findings)


class FilesError(ScenarioError):
    """Files that do not go together, each finding with the name of its file."""

    def __init__(self, errors: Sequence[FileError]) -> None:
        """Take what was found in each file."""
        super().__init__([finding for each in errors for finding in each.findings])
        self.errors = errors

    def __str__(self) -> str:
        """Read as those of the files."""
        return "\n".join(map(str, self.errors))


def load(references: Sequence[str], surroundings: Surroundings) -> Scenario:
    """Load scenarios into one world.

    Raises:
        UnknownScenarioError: a reference leads nowhere, or to what cannot be read.
        FileError: a file cannot be used, or two of them name the same order.
    """
    return _one(_read(references, surroundings), surroundings)


def load_on_trial(references: Sequence[str], surroundings: Surroundings) -> Scenario:
    """Load scenarios into one world, and build each file and the world once.

    Raises:
        UnknownScenarioError: a reference leads nowhere, or to what cannot be read.
        FileError: a file cannot be used or built, or two of them name the same order.
        FilesError: the files do not go together.
    """
    scenarios = _read(references, surroundings)
    for each in scenarios:
        try:
            each.build(TRIAL)
        except ScenarioError as error:
            raise FileError(each.name, error.findings) from None
    world = _one(scenarios, surroundings)
    try:
        world.build(TRIAL)
    except ScenarioError as error:
        raise FilesError([*_by_file(error.findings, scenarios)]) from None
    return world


def _by_file(
    findings: Sequence[Finding],
    scenarios: Sequence[Scenario],
) -> Iterator[FileError]:
    """Share out what is wrong to the files that say most of where it is."""
    shares: list[list[Finding]] = [[] for _ in scenarios]
    for finding in findings:
        depths = [each.document.depth(finding.path) for each in scenarios]
        shares[depths.index(max(depths))].append(finding)
    for scenario, share in zip(scenarios, shares, strict=True):
        if share:
            yield FileError(scenario.name, in_order(share, scenario.document))


def _read(references: Sequence[str], surroundings: Surroundings) -> list[Scenario]:
    return [
        _read_file(name_of(file, reference), text_of(file), surroundings)
        for reference in references
        for file in find(reference)
    ]


def _read_file(file: str, text: bytes, surroundings: Surroundings) -> Scenario:
    try:
        return read_scenario(file, parse(text), surroundings)
    except ScenarioError as error:
        raise FileError(file, error.findings) from None


def _one(scenarios: Sequence[Scenario], surroundings: Surroundings) -> Scenario:
    return scenarios[0] if len(scenarios) == 1 else _together(scenarios, surroundings)


def _together(scenarios: Sequence[Scenario], surroundings: Surroundings) -> Scenario:
    merged: dict[str, Any] = {}
    for scenario in scenarios:
        _merge(merged, _settled(scenario), scenario)
    name = " + ".join(each.name for each in scenarios)
    return Scenario(name, document_of(merged), surroundings)


def _settled(scenario: Scenario) -> dict[str, Any]:
    """Write what orders take over from their file into each of them."""
    spec = dict(scenario.spec)
    given = {key: spec.pop(key) for key in TAKEN_OVER if key in spec}
    if "orders" in spec:
        spec["orders"] = {name: {**given, **each} for name, each in spec["orders"].items()}
    return spec


def _merge(
    into: dict[str, Any],
    value: Mapping[str, Any],
    scenario: Scenario,
    path: Path = (),
) -> None:
    for key, each in value.items():
        place = (*path, key)
        if place in SECTIONS:
            _merge(into.setdefault(key, {}), each, scenario, place)
        elif place in LISTS:
            into[key] = [*into.get(key, ()), *each]
        elif path and key in into and (path in NAMED or into[key] != each):
            message = f"'{key}' stands in two scenario files"
            finding = Finding("E002", place, message, *scenario.document.position(place))
            raise FileError(scenario.name, [finding])
        else:
            into[key] = each
