"""Load scenarios by name, file or folder, and merge several into one template."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from mockserver.domain.wording import did_you_mean
from mockserver.resources import shipped_folder
from mockserver.scenario.diagnostics import Finding, ScenarioError, ValuePath
from mockserver.scenario.file_format import SCENARIO_SUFFIXES, parse_file
from mockserver.scenario.scenario import (
    Scenario,
    ScenarioDefaults,
    parse_scenario,
    sort_by_position,
    wrap_value,
)

INHERITED_KEYS = ("country", "currency", "locale")
NAMED_SECTIONS: frozenset[ValuePath] = frozenset(
    {("orders",), ("faults",), ("expect", "orders"), ("expect", "faults")},
)
"""Sections to which several files add; each name may be defined once."""

MERGED_SECTIONS = NAMED_SECTIONS | {("clock",), ("assume",), ("credentials",), ("expect",)}
"""Sections that several files fill together; repeated values must be equal."""

CONCATENATED_LISTS: frozenset[ValuePath] = frozenset(
    {("allow",), ("expect", "requests"), ("steps",)}
)


TRIAL_SANDBOX = "trial"
"""Name of the sandbox that is built to check a scenario."""


class ScenarioFileError(ScenarioError):
    """Raised when a scenario file cannot be used; prints findings with the file name."""

    def __init__(self, file: str, findings: Sequence[Finding]) -> None:
        super().__init__(findings)
        self.file = file

    def __str__(self) -> str:
        """Return one line per finding, as ``file:line:column CODE message``."""
        return "\n".join(f"{self.file}:{finding}" for finding in self.findings)


class ScenarioFilesError(ScenarioError):
    """Raised when scenario files conflict; groups the findings by file."""

    def __init__(self, errors: Sequence[ScenarioFileError]) -> None:
        super().__init__(
            [finding for error_group in errors for finding in error_group.findings]
        )
        self.errors = errors

    def __str__(self) -> str:
        """Return the findings of all files."""
        return "\n".join(map(str, self.errors))


def load_scenario(references: Sequence[str], defaults: ScenarioDefaults) -> Scenario:
    """Load scenarios and merge them into one template.

    Raises:
        UnknownScenarioError: no such scenario, or it cannot be read.
        ScenarioFileError: a file is invalid, or two of them name the same order.
    """
    return _merge_scenarios(_read_scenarios(references, defaults), defaults)


def load_and_build(references: Sequence[str], defaults: ScenarioDefaults) -> Scenario:
    """Load scenarios into one template, and build each file and the template once.

    Raises:
        UnknownScenarioError: no such scenario, or it cannot be read.
        ScenarioFileError: a file is invalid, or two of them name the same order.
        ScenarioFilesError: the files conflict.
    """
    scenarios = _read_scenarios(references, defaults)
    for scenario in scenarios:
        try:
            scenario.build(TRIAL_SANDBOX)
        except ScenarioError as error:
            raise ScenarioFileError(scenario.name, error.findings) from None
    template = _merge_scenarios(scenarios, defaults)
    try:
        template.build(TRIAL_SANDBOX)
    except ScenarioError as error:
        raise ScenarioFilesError([*_group_by_file(error.findings, scenarios)]) from None
    return template


def _group_by_file(
    findings: Sequence[Finding],
    scenarios: Sequence[Scenario],
) -> Iterator[ScenarioFileError]:
    """Assign each finding to the file that contains most of its path."""
    shares: list[list[Finding]] = [[] for _ in scenarios]
    for finding in findings:
        depths = [scenario.document.matching_depth(finding.path) for scenario in scenarios]
        shares[depths.index(max(depths))].append(finding)
    for scenario, share in zip(scenarios, shares, strict=True):
        if share:
            yield ScenarioFileError(scenario.name, sort_by_position(share, scenario.document))


def _read_scenarios(references: Sequence[str], defaults: ScenarioDefaults) -> list[Scenario]:
    return [
        _read_file(name_source(file, reference), read_file(file), defaults)
        for reference in references
        for file in resolve_files(reference)
    ]


def _read_file(file: str, text: bytes, defaults: ScenarioDefaults) -> Scenario:
    try:
        return parse_scenario(file, parse_file(text, file), defaults)
    except ScenarioError as error:
        raise ScenarioFileError(file, error.findings) from None


def _merge_scenarios(scenarios: Sequence[Scenario], defaults: ScenarioDefaults) -> Scenario:
    return scenarios[0] if len(scenarios) == 1 else _merge_several(scenarios, defaults)


def _merge_several(scenarios: Sequence[Scenario], defaults: ScenarioDefaults) -> Scenario:
    merged: dict[str, Any] = {}
    for scenario in scenarios:
        _merge_section(merged, _inline_inherited(scenario), scenario)
    name = " + ".join(scenario.name for scenario in scenarios)
    return Scenario(name, wrap_value(merged), defaults)


def _inline_inherited(scenario: Scenario) -> dict[str, Any]:
    """Copy the values that orders inherit from their file into each order."""
    spec = dict(scenario.spec)
    inherited = {key: spec.pop(key) for key in INHERITED_KEYS if key in spec}
    if "orders" in spec:
        spec["orders"] = {
            name: {**inherited, **order_spec} for name, order_spec in spec["orders"].items()
        }
    return spec


def _merge_section(
    into: dict[str, Any],
    value: Mapping[str, Any],
    scenario: Scenario,
    path: ValuePath = (),
) -> None:
    for key, item in value.items():
        item_path = (*path, key)
        if item_path in MERGED_SECTIONS:
            _merge_section(into.setdefault(key, {}), item, scenario, item_path)
        elif item_path in CONCATENATED_LISTS:
            into[key] = [*into.get(key, ()), *item]
        elif path and key in into and (path in NAMED_SECTIONS or into[key] != item):
            message = f"'{key}' is defined in two scenario files"
            finding = Finding(
                "E002", item_path, message, *scenario.document.position(item_path)
            )
            raise ScenarioFileError(scenario.name, [finding])
        else:
            into[key] = item


DEFAULT_SCENARIO = "fresh-order"


class UnknownScenarioError(LookupError):
    """Raised when no scenario has this name, or its file cannot be read."""


def list_shipped() -> dict[str, Traversable]:
    """Return all shipped scenarios by name."""
    files = [
        file
        for file in shipped_folder("scenarios").iterdir()
        if file.name.endswith(SCENARIO_SUFFIXES)
    ]
    return {file.name.rpartition(".")[0]: file for file in sorted(files, key=lambda f: f.name)}


def find_shipped(name: str) -> Traversable:
    """Find a shipped scenario.

    Raises:
        UnknownScenarioError: no shipped scenario has this name; names the closest.
    """
    shipped_files = list_shipped()
    if name not in shipped_files and (
        Path(name).name != name or name.endswith(SCENARIO_SUFFIXES)
    ):
        raise UnknownScenarioError(f"file '{name}' not found")
    if name not in shipped_files:
        message = f"unknown scenario '{name}', {did_you_mean(name, list(shipped_files))}"
        raise UnknownScenarioError(message)
    return shipped_files[name]


def name_source(file: Traversable, reference: str) -> str:
    """Return the name of a shipped scenario, or the path of a file."""
    return str(file) if isinstance(file, Path) and Path(reference).exists() else reference


def resolve_files(reference: str) -> Sequence[Traversable]:
    """Resolve a shipped name, a file or a folder to scenario files.

    Raises:
        UnknownScenarioError: nothing has this name (the message names the closest), or it
            cannot be read.
    """
    path = Path(reference)
    with _report_unreadable(path):
        if path.is_dir():
            return _files_in(path)
        return [path] if path.is_file() else [find_shipped(reference)]


def _files_in(folder: Path) -> Sequence[Path]:
    files = sorted(
        file for file in folder.iterdir() if file.suffix.lower() in SCENARIO_SUFFIXES
    )
    if not files:
        message = f"no scenario files ({', '.join(SCENARIO_SUFFIXES)}) in folder '{folder}'"
        raise UnknownScenarioError(message)
    return files


def read_file(file: Traversable) -> bytes:
    """Read a scenario file.

    Raises:
        UnknownScenarioError: the file cannot be read.
    """
    with _report_unreadable(file):
        return file.read_bytes()


@contextmanager
def _report_unreadable(file: Traversable) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnknownScenarioError(f"'{file}' cannot be read: {error.strerror}") from None
