"""Find shipped scenarios by name, and scenario files on disk."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path

from mockserver.domain.wording import did_you_mean
from mockserver.resources import shipped_folder

SCENARIO_SUFFIXES = (".yaml", ".yml")
DEFAULT_SCENARIO = "fresh-order"


class UnknownScenarioError(LookupError):
    """Raised when no scenario has this name, or its file cannot be read."""


def list_shipped() -> dict[str, Traversable]:
    """All shipped scenarios by name."""
    files = [
        file
        for file in shipped_folder("scenarios").iterdir()
        if file.name.endswith(SCENARIO_SUFFIXES)
    ]
    return {file.name.rpartition(".")[0]: file for file in sorted(files, key=lambda f: f.name)}


def find_shipped(name: str) -> Traversable:
    """Find a shipped scenario.

    Raises:
        UnknownScenarioError: with the nearest name.
    """
    shipped_files = list_shipped()
    if name not in shipped_files and (
        Path(name).name != name or name.endswith(SCENARIO_SUFFIXES)
    ):
        raise UnknownScenarioError(f"there is no file '{name}'")
    if name not in shipped_files:
        message = f"unknown scenario '{name}', {did_you_mean(name, list(shipped_files))}"
        raise UnknownScenarioError(message)
    return shipped_files[name]


def display_name(file: Traversable, reference: str) -> str:
    """Call a shipped scenario by its name, and a file by its path."""
    return str(file) if isinstance(file, Path) and Path(reference).exists() else reference


def resolve_files(reference: str) -> Sequence[Traversable]:
    """Find what a name, a file or a folder of scenario files stands for.

    Raises:
        UnknownScenarioError: it stands for nothing, with the nearest shipped name, or
            for what cannot be read.
    """
    path = Path(reference)
    with _report_unreadable(path):
        if path.is_dir():
            return _files_in(path)
        return [path] if path.is_file() else [find_shipped(reference)]


def _files_in(place: Path) -> Sequence[Path]:
    files = sorted(file for file in place.iterdir() if file.suffix in SCENARIO_SUFFIXES)
    if not files:
        message = f"no scenario files ({', '.join(SCENARIO_SUFFIXES)}) in folder '{place}'"
        raise UnknownScenarioError(message)
    return files


def read_file(file: Traversable) -> bytes:
    """Read a scenario file.

    Raises:
        UnknownScenarioError: it cannot be read.
    """
    with _report_unreadable(file):
        return file.read_bytes()


@contextmanager
def _report_unreadable(place: Traversable) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnknownScenarioError(f"'{place}' cannot be read: {error.strerror}") from None
