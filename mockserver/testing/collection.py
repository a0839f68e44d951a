"""Collect ``*.kustom.yaml`` and ``*.kustom.json`` files as pytest items."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from mockserver.scenario.file_format import parse_file
from mockserver.scenario.scenario import parse_scenario
from mockserver.testing.sandbox_handle import KustomSandbox
from mockserver.testing.step_runner import run_in_sandbox

SandboxFactory: TypeAlias = Callable[[pytest.Item], KustomSandbox]


class StepsFailedError(Exception):  # reported without a traceback
    """Raised when a response differs from what a step expects."""


class ScenarioFile(pytest.File):
    """A scenario file, collected as one test."""

    def __init__(self, *, open_sandbox: SandboxFactory, **more: Any) -> None:  # noqa: ANN401
        super().__init__(**more)
        self.open_sandbox = open_sandbox

    def collect(self) -> Iterator[pytest.Item]:
        """Yield one item; the file is read when it runs."""
        name = self.path.name.rpartition(".kustom.")[0]
        item: pytest.Item = ScenarioItem.from_parent(
            self, name=name, open_sandbox=self.open_sandbox
        )
        yield item


class ScenarioItem(pytest.Item):
    """Runs the steps of a scenario file in a sandbox of its own."""

    def __init__(self, *, open_sandbox: SandboxFactory, **more: Any) -> None:  # noqa: ANN401
        super().__init__(**more)
        self.open_sandbox = open_sandbox

    def runtest(self) -> None:
        """Run the steps; the final expectations are checked with the sandbox."""
        sandbox = self.open_sandbox(self)
        self.addfinalizer(sandbox.drop)
        scenario = parse_scenario(self.name, parse_file(self.path.read_bytes(), self.path.name))
        results = list(run_in_sandbox(sandbox, scenario))
        lines = [f"{result.text}: {d}" for result in results for d in result.differences]
        if lines:
            raise StepsFailedError("\n".join(lines))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> Any:  # noqa: ANN401
        """Show failed steps without a traceback."""
        if isinstance(excinfo.value, StepsFailedError):
            return f"kustom: {self.path.name}\n{excinfo.value}"
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the location of the item for reports."""
        return self.path, None, f"scenario: {self.name}"
