"""The shipped scenarios by name, and scenario files on disk."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path

from mockserver.domain.wording import did_you_mean
from mockserver.resources import folder

SUFFIXES = (".yaml", ".yml")
DEFAULT = "fresh-order"


class UnknownScenarioError(LookupError):
    """No shipped scenario and no file of this name, or none that can be read."""


def shipped() -> dict[str, Traversable]:
    """All shipped scenarios by name."""
    files = [each for each in folder("scenarios").iterdir() if each.name.endswith(SUFFIXES)]
    return {each.name.rpartition(".")[0]: each for each in sorted(files, key=lambda f: f.name)}


def find_shipped(name: str) -> Traversable:
    """Find a shipped scenario.

    Raises:
        UnknownScenarioError: with the nearest name.
    """
    known = shipped()
    if name not in known and (Path(name).name != name or name.endswith(SUFFIXES)):
        raise UnknownScenarioError(f"there is no file '{name}'")
    if name not in known:
        message = f"unknown scenario '{name}', {did_you_mean(name, list(known))}"
        raise UnknownScenarioError(message)
    return known[name]


def name_of(file: Traversable, reference: str) -> str:
    """Call a shipped scenario by its name, and a file by its path."""
    return str(file) if isinstance(file, Path) and Path(reference).exists() else reference


def find(reference: str) -> Sequence[Traversable]:
    """Find what a name, a file or a folder of scenario files stands for.

    Raises:
        UnknownScenarioError: it stands for nothing, with the nearest shipped name, or
            for what cannot be read.
    """
    path = Path(reference)
    with _readable(path):
        if path.is_dir():
            return _files_in(path)
        return [path] if path.is_file() else [find_shipped(reference)]


def _files_in(place: Path) -> Sequence[Path]:
    found = sorted(each for each in place.iterdir() if each.suffix in SUFFIXES)
    if not found:
        message = f"no scenario files ({', '.join(SUFFIXES)}) in folder '{place}'"
        raise UnknownScenarioError(message)
    return found


def text_of(file: Traversable) -> bytes:
    """Read a scenario file.

    Raises:
        UnknownScenarioError: it cannot be read.
    """
    with _readable(file):
        return file.read_bytes()


@contextmanager
def _readable(place: Traversable) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnknownScenarioError(f"'{place}' cannot be read: {error.strerror}") from None
