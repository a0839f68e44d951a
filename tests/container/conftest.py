"""The image, built once for all tests that run it."""

from collections.abc import Iterator
from shutil import rmtree

import pytest

from tests.container.engine import Engine, built, why_not


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that has the image; skips where none can be had."""
    problem = why_not()
    if problem is not None:
        pytest.skip(problem)
    folder = tmp_path_factory.mktemp("container")
    try:
        with built(folder) as found:
            yield found
    finally:
        rmtree(folder)
