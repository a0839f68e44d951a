"""Scenario files with steps as tests: ``*.kustom.yaml``."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from mockserver.scenario.scenario import read_scenario
from mockserver.scenario.source import parse
from mockserver.testing.contract import play_in_sandbox
from mockserver.testing.handle import KustomSandbox

Opener: TypeAlias = Callable[[pytest.Item], KustomSandbox]


class StepsFailed(Exception):  # noqa: N818  # it is reported under its message alone
    """The server did not do what the steps want."""


class ScenarioFile(pytest.File):
    """A scenario file; it is one test."""

    def __init__(self, *, open_sandbox: Opener, **more: Any) -> None:  # noqa: ANN401
        """Take what fills a sandbox for the test."""
        super().__init__(**more)
        self.open_sandbox = open_sandbox

    def collect(self) -> Iterator[pytest.Item]:
        """Make the test; the file is read when it runs."""
        name = self.path.name.removesuffix(".kustom.yaml")
        opener = self.open_sandbox
        item: pytest.Item = ScenarioItem.from_parent(self, name=name, open_sandbox=opener)
        yield item


class ScenarioItem(pytest.Item):
    """Plays the steps of a file in a sandbox of its own."""

    def __init__(self, *, open_sandbox: Opener, **more: Any) -> None:  # noqa: ANN401
        """Take what fills a sandbox for the test."""
        super().__init__(**more)
        self.open_sandbox = open_sandbox

    def runtest(self) -> None:
        """Play; what is expected at the end is checked with the sandbox."""
        sandbox = self.open_sandbox(self)
        self.addfinalizer(sandbox.drop)
        scenario = read_scenario(self.name, parse(self.path.read_bytes()))
        played = list(play_in_sandbox(sandbox, scenario))
        lines = [f"{each.text}: {d}" for each in played for d in each.differences]
        if lines:
            raise StepsFailed("\n".join(lines))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> Any:  # noqa: ANN401
        """Show failed steps as they are, without a traceback."""
        if isinstance(excinfo.value, StepsFailed):
            return f"kustom: {self.path.name}\n{excinfo.value}"
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Name the file."""
        return self.path, None, f"scenario: {self.name}"
