"""Scenarios for a sandbox of a test: a shipped name, a file, its text, or a mapping."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from mockserver.client import ControlClient, ControlError
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.file_format import SCENARIO_SUFFIXES, parse_file, parse_text
from mockserver.scenario.text_encoding import decode_text

ScenarioSource: TypeAlias = str | Path | Mapping[str, object]
"""What :meth:`KustomSandbox.load` accepts: a shipped name, a file, its text, or a mapping."""


def read_scenario(
    scenario: ScenarioSource, folders: Sequence[Path]
) -> tuple[Mapping[str, object] | bytes, str]:
    """Return what to send, and the name of the file if it comes from one.

    Raises:
        FileNotFoundError: the file does not exist; the message lists where it was searched.
        ControlError: the file cannot be parsed.
    """
    if isinstance(scenario, Mapping):
        return scenario, ""
    name = str(scenario)
    if isinstance(scenario, Path) or name.endswith(SCENARIO_SUFFIXES):
        return _read_file(_find_file(name, folders), name), name
    is_text = "\n" in name or name.startswith("{")
    return (name.encode(), "") if is_text else ({"use": name}, "")


def _find_file(name: str, folders: Sequence[Path]) -> Path:
    candidates = list(dict.fromkeys(folder / name for folder in (*folders, Path())))
    file = next((path for path in candidates if path.is_file()), None)
    if file is None:
        searched = ", ".join(map(str, candidates))
        raise FileNotFoundError(f"scenario file '{name}' not found; tried {searched}")
    return file


def _read_file(file: Path, name: str) -> bytes:
    """Return the text of a scenario file in UTF-8.

    Raises:
        ControlError: it cannot be parsed.
    """
    data = file.read_bytes()
    try:
        parse_file(data, name)
    except ScenarioError as error:
        raise ControlError(422, _locate(str(error), name)) from None
    return decode_text(data).encode()


def load_scenario_source(
    control: ControlClient,
    content: Mapping[str, object] | bytes,
    file: str,
) -> dict[str, str]:
    """Send a scenario; findings in a file begin with its name."""
    try:
        return control.load(content)
    except ControlError as error:
        if not file:
            raise
        raise ControlError(error.status, _locate(str(error), file), error.problem) from None


def _locate(findings: str, file: str) -> str:
    return "\n".join(f"{file}:{finding}" for finding in findings.splitlines())


def first_credentials(content: Mapping[str, object] | bytes) -> tuple[str, str] | None:
    """Return the first user and secret that a scenario lists; the server checks the rest."""
    with suppress(ScenarioError):
        values = parse_text(content).value if isinstance(content, bytes) else content
        credentials = values.get("credentials") if isinstance(values, Mapping) else None
        if credentials and isinstance(credentials, Mapping):
            user, secret = next(iter(credentials.items()))
            return str(user), str(secret)
    return None
