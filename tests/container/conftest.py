"""Build the image once for all container tests."""

from collections.abc import Iterator
from shutil import rmtree

import pytest

from tests.support.container_engine import Engine, built, unavailable_reason


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Provide an engine with the image; skip where it cannot be built."""
    problem = unavailable_reason()
    if problem is not None:
        pytest.skip(problem)
    folder = tmp_path_factory.mktemp("container")
    try:
        with built(folder) as engine:
            yield engine
    finally:
        rmtree(folder)
