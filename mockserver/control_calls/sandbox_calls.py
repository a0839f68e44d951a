"""Calls of the control API about a whole sandbox."""

from collections.abc import Mapping
from typing import cast

from mockserver.control_calls.control_connection import (
    ControlConnection,
    path_segment,
    without_none,
)
from mockserver.control_types import ClockChange, ClockState, SandboxSummary, SnapshotSummary
from mockserver.http_client import RequestBody


class SandboxCalls(ControlConnection):
    """Fill, reset, export and drop a sandbox, set its clock, take snapshots."""

    __slots__ = ()

    def info(self) -> SandboxSummary:
        """Return the sandbox in figures.

        Raises:
            ControlError: with status 404 if the sandbox is not in use.
        """
        return cast("SandboxSummary", self.call("GET", ""))

    def use(self, name: str) -> dict[str, str]:
        """Fill the sandbox from a shipped scenario.

        Returns:
            The order ids by the names of the scenario.

        Raises:
            ControlError: with status 404 or 422 if there is no such scenario.
        """
        return self.load({"use": name})

    def load(self, scenario: str | bytes | Mapping[str, object]) -> dict[str, str]:
        """Fill the sandbox from a scenario.

        Args:
            scenario: the YAML or JSON text of a scenario, or its content as a mapping.

        Returns:
            The order ids by the names of the scenario.

        Raises:
            ControlError: with status 422 and every finding; the sandbox is unchanged.
        """
        return self._seed("PUT", "scenario", scenario)

    def export(self) -> str:
        """Return the sandbox as scenario YAML, with personal data masked."""
        return str(self.call("GET", "scenario"))

    def reset(self) -> dict[str, str]:
        """Return to the state that the scenario describes.

        Returns:
            The order ids by the names of the scenario.
        """
        return self._seed("POST", "reset")

    def drop(self) -> None:
        """Delete the sandbox.

        Raises:
            ControlError: with status 404 if the sandbox is not in use.
        """
        self.call("DELETE", "")

    def clock(self) -> ClockState:
        """Return the sandbox's time."""
        return cast("ClockState", self.call("GET", "clock"))

    def set_clock(
        self,
        *,
        advance: str | None = None,
        set: str | None = None,  # noqa: A002  # the key of the control API
        freeze: bool | None = None,
    ) -> ClockChange:
        """Set, advance or freeze the clock.

        Args:
            advance: a duration, such as ``28d`` or ``90s``.
            set: a time not before now, such as ``2026-03-01T00:00:00Z``.
            freeze: ``True`` freezes the clock, ``False`` unfreezes it.

        Raises:
            ControlError: with status 422 if the change is not valid; the clock is unchanged.
        """
        change = without_none(advance=advance, set=set, freeze=freeze)
        return cast("ClockChange", self.call("POST", "clock", change))

    def take_snapshot(self, name: str) -> SnapshotSummary:
        """Store the state of the sandbox under a name.

        Raises:
            ControlError: with status 422 if the name is not valid.
        """
        return cast("SnapshotSummary", self.call("POST", "snapshots", {"name": name}))

    def restore_snapshot(self, name: str) -> SnapshotSummary:
        """Return to the state of a snapshot.

        Raises:
            ControlError: with status 404 if there is no such snapshot.
        """
        path = f"snapshots/{path_segment(name)}/restore"
        return cast("SnapshotSummary", self.call("POST", path))

    def _seed(
        self,
        method: str,
        path: str,
        body: RequestBody = None,
    ) -> dict[str, str]:
        return cast("dict[str, dict[str, str]]", self.call(method, path, body))["orders"]
