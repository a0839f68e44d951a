"""Scenario files with steps as tests: ``*.kustom.yaml``."""

from collections.abc import Iterator

import pytest


class ScenarioFile(pytest.File):
    """A scenario file; it is one test."""

    def collect(self) -> Iterator[pytest.Item]:
        """Make the test."""
        return iter(())
