"""Configuration and layers of the built image, and what they must not contain."""

import gzip
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mockserver.settings import DEFAULT_PORT
from tests.support.container_engine import Engine

pytestmark = pytest.mark.container

UNPACKED_AT_MOST = 120  # MB over the base
PACKED_AT_MOST = 40  # MB over the base
UNWANTED = re.compile(
    r"(^|/)(gcc|g\+\+|cc1|ld|make|rustc|cargo)$"  # compilers
    r"|\.cache/|(^|/)src/|(^|/)root/"  # leftovers of the build
    r"|site-packages/pip/|\.whl$"
    r"|(^|/)\.env$|\.key$|id_rsa|\.netrc$|pip\.conf$|(^|/)\.git/",  # secrets
)
SECRET = re.compile(
    r"(?i)password|passwd|secret|api[_-]?key|_token|BEGIN [A-Z ]*PRIVATE KEY|://\w+:\w+@"
)


@dataclass(frozen=True)
class Layer:
    """A layer over the base."""

    names: tuple[str, ...]
    unpacked: float  # MB
    packed: float  # MB


@dataclass(frozen=True)
class Image:
    """Configuration and layers of the image."""

    document: dict[str, Any]
    layers: tuple[Layer, ...]

    @property
    def config(self) -> dict[str, Any]:
        """Settings with which a container is run."""
        config: dict[str, Any] = self.document["config"]
        return config


@pytest.fixture(scope="module")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Image:
    document, files = engine.saved(tmp_path_factory.mktemp("saved"))
    layers = [_layer(file) for file in files]
    our_layers = [
        layer
        for layer in layers
        if any(n.startswith(("opt/", "scenarios")) for n in layer.names)
    ]
    return Image(document, tuple(our_layers))


def _layer(file: Path) -> Layer:
    with tarfile.open(file) as tar:
        names = tuple(member.name.removeprefix("./") for member in tar)
    content = file.read_bytes()
    return Layer(names, len(content) / 1e6, len(gzip.compress(content, 6)) / 1e6)


def test_image_runs_serve_in_exec_form(image: Image) -> None:
    assert image.config["Entrypoint"] == ["kustom-mock"]
    assert image.config["Cmd"] == ["serve"]


def test_image_exposes_only_the_default_port(image: Image) -> None:
    assert list(image.config["ExposedPorts"]) == [f"{DEFAULT_PORT}/tcp"]


def test_image_user_is_numeric_and_not_root(image: Image) -> None:
    user, _, group = image.config["User"].partition(":")
    assert int(user) > 0
    assert int(group) > 0


def test_image_health_check_is_the_healthcheck_verb(image: Image) -> None:
    assert image.config["Healthcheck"]["Test"] == ["CMD", "kustom-mock", "healthcheck"]


def test_image_has_labels(image: Image) -> None:
    labels = image.config["Labels"]
    assert labels["org.opencontainers.image.title"] == "kustom-mock"
    assert {"description", "licenses", "version", "revision"} <= {
        label.rpartition(".")[2] for label in labels
    }


def test_image_layers_over_the_base_are_small(
    image: Image,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with capsys.disabled():
        for layer in image.layers:
            print(f"\nlayer: {layer.unpacked:.1f} MB, {layer.packed:.1f} MB packed", end="")  # noqa: T201
    assert sum(layer.unpacked for layer in image.layers) <= UNPACKED_AT_MOST
    assert sum(layer.packed for layer in image.layers) <= PACKED_AT_MOST


def test_image_is_byte_compiled(image: Image) -> None:
    names = [name for layer in image.layers for name in layer.names]
    assert any(
        re.search(r"mockserver/cli/__pycache__/main\.cpython-\d+\.pyc$", n) for n in names
    )


def test_image_has_no_build_leftovers(image: Image) -> None:
    names = [name for layer in image.layers for name in layer.names]
    assert [name for name in names if UNWANTED.search(name)] == []


def test_image_history_and_environment_have_no_secret(image: Image) -> None:
    steps = [step.get("created_by", "") for step in image.document["history"]]
    texts = (*steps, *image.config["Env"])
    assert [text for text in texts if SECRET.search(text)] == []
