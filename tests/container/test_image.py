"""The image as it was built: its settings, its layers, and what is not in it."""

import gzip
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mockserver.settings import DEFAULT_PORT
from tests.container.engine import Engine

pytestmark = pytest.mark.container

UNPACKED_AT_MOST = 120  # MB over the base
PACKED_AT_MOST = 40  # MB over the base
UNWANTED = re.compile(
    r"(^|/)(gcc|g\+\+|cc1|ld|make|rustc|cargo)$"  # compilers
    r"|\.cache/|(^|/)src/|(^|/)root/"  # what building leaves
    r"|site-packages/pip/|\.whl$"
    r"|(^|/)\.env$|\.key$|id_rsa|\.netrc$|pip\.conf$|(^|/)\.git/",  # secrets
)
SECRET = re.compile(
    r"(?i)password|passwd|secret|api[_-]?key|_token|BEGIN [A-Z ]*PRIVATE KEY|://\w+:\w+@"
)


@dataclass(frozen=True)
class Layer:
    """One layer over the base."""

    names: tuple[str, ...]
    unpacked: float  # MB
    packed: float  # MB


@dataclass(frozen=True)
class Image:
    """The image taken apart."""

    document: dict[str, Any]
    layers: tuple[Layer, ...]

    @property
    def config(self) -> dict[str, Any]:
        """How a container of it is run."""
        found: dict[str, Any] = self.document["config"]
        return found


@pytest.fixture(scope="module")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Image:
    document, files = engine.saved(tmp_path_factory.mktemp("saved"))
    layers = [_layer(file) for file in files]
    of_ours = [
        layer
        for layer in layers
        if any(n.startswith(("opt/", "scenarios")) for n in layer.names)
    ]
    return Image(document, tuple(of_ours))


def _layer(file: Path) -> Layer:
    with tarfile.open(file) as tar:
        names = tuple(item.name.removeprefix("./") for item in tar)
    content = file.read_bytes()
    return Layer(names, len(content) / 1e6, len(gzip.compress(content, 6)) / 1e6)


def test_it_runs_the_server_by_exec_form_commands(image: Image) -> None:
    assert image.config["Entrypoint"] == ["kustom-mock"]
    assert image.config["Cmd"] == ["serve", "--host", "0.0.0.0"]  # noqa: S104  # in a container


def test_it_exposes_the_default_port_and_no_other(image: Image) -> None:
    assert list(image.config["ExposedPorts"]) == [f"{DEFAULT_PORT}/tcp"]


def test_its_user_is_a_number_and_not_root(image: Image) -> None:
    user, _, group = image.config["User"].partition(":")
    assert int(user) > 0
    assert int(group) > 0


def test_its_health_is_asked_by_the_products_own_verb(image: Image) -> None:
    assert image.config["Healthcheck"]["Test"] == ["CMD", "kustom-mock", "healthcheck"]


def test_it_says_what_it_is(image: Image) -> None:
    labels = image.config["Labels"]
    assert labels["org.opencontainers.image.title"] == "kustom-mock"
    assert {"description", "licenses", "version", "revision"} <= {
        label.rpartition(".")[2] for label in labels
    }


def test_its_layers_over_the_base_are_small(
    image: Image,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with capsys.disabled():
        for layer in image.layers:
            print(f"\nlayer: {layer.unpacked:.1f} MB, {layer.packed:.1f} MB packed", end="")  # noqa: T201
    assert sum(layer.unpacked for layer in image.layers) <= UNPACKED_AT_MOST
    assert sum(layer.packed for layer in image.layers) <= PACKED_AT_MOST


def test_it_is_byte_compiled(image: Image) -> None:
    names = [name for layer in image.layers for name in layer.names]
    assert any(
        re.search(r"mockserver/cli/__pycache__/main\.cpython-\d+\.pyc$", n) for n in names
    )


def test_nothing_of_the_build_is_left_in_it(image: Image) -> None:
    names = [name for layer in image.layers for name in layer.names]
    assert [name for name in names if UNWANTED.search(name)] == []


def test_no_secret_is_in_its_history_or_environment(image: Image) -> None:
    steps = [item.get("created_by", "") for item in image.document["history"]]
    assert [item for item in (*steps, *image.config["Env"]) if SECRET.search(item)] == []
