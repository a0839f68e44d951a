"""A scenario: checked, and ready to build any number of equal sandboxes.

Checking happens once, when a scenario is read; building a sandbox from it seeds the
orders through the same ``decide`` as requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mockserver.domain.assumptions import AssumptionError, Assumptions, assume
from mockserver.sandbox.clock import Clock, wall_clock
from mockserver.sandbox.ids import Ids
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.countries import DEFAULT
from mockserver.scenario.findings import Finding, ScenarioError
from mockserver.scenario.orders import Defaults
from mockserver.scenario.problems import schema_findings
from mockserver.scenario.source import Document, Marks
from mockserver.scenario.times import moment_of
from mockserver.scenario.world import add_order
from mockserver.schemas import schema

SCHEMA = "scenario.schema.json"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a server gives every scenario that does not say otherwise."""

    seed: str | None = None
    assumptions: Assumptions = Assumptions()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world to start sandboxes from; implements the registry's ``World``."""

    name: str
    document: Document
    surroundings: Surroundings = Surroundings()

    @property
    def spec(self) -> Mapping[str, Any]:
        """The plain values of the file."""
        return self.document.value or {}

    async def build(self, name: str) -> Sandbox:
        """Make a sandbox and seed it.

        Raises:
            ScenarioError: an order's history is impossible.
        """
        sandbox = self._empty(name)
        defaults = self._defaults(sandbox)
        for order_name, spec in self.spec.get("orders", {}).items():
            path = ("orders", order_name)
            try:
                await add_order(sandbox, order_name, spec, defaults, path)
            except ScenarioError as error:
                raise ScenarioError(self._placed(error.findings)) from None
        return sandbox

    def _empty(self, name: str) -> Sandbox:
        clock = self.spec.get("clock", {})
        now = wall_clock()
        seed = self.spec.get("seed", self.surroundings.seed)
        return Sandbox(
            name,
            clock=Clock(
                _start(clock, now),
                frozen=clock.get("frozen", False),
            ),
            ids=Ids(name if seed is None else str(seed)),
            assumptions=assume(
                self.surroundings.assumptions,
                self.spec.get("assume", {}),
            ),
        )

    def _defaults(self, sandbox: Sandbox) -> Defaults:
        return Defaults(
            now=sandbox.clock.now(),
            country=self.spec.get("country", DEFAULT),
            currency=self.spec.get("currency"),
            locale=self.spec.get("locale"),
            authorization_days=sandbox.assumptions.authorization_days,
        )

    def _placed(self, findings: tuple[Finding, ...]) -> list[Finding]:
        return [placed(each, self.document) for each in findings]


def read_scenario(
    name: str,
    document: Document,
    surroundings: Surroundings | None = None,
) -> Scenario:
    """Check a document and make a scenario of it.

    Raises:
        ScenarioError: with everything that breaks the schema, at its line and column.
    """
    findings = schema_findings(schema(SCHEMA), document.value)
    if not findings:
        findings = list(_meaning(document.value or {}))
    if findings:
        raise ScenarioError([placed(each, document) for each in findings])
    return Scenario(name, document, surroundings or Surroundings())


def document_of(value: object) -> Document:
    """Wrap plain values (from JSON) as a document without positions."""
    return Document(value, Marks((1, 1)))


def placed(finding: Finding, document: Document) -> Finding:
    """Put line and column to a finding."""
    line, column = document.position(finding.path)
    return replace(finding, line=line, column=column)


def _meaning(spec: Mapping[str, Any]) -> list[Finding]:
    """Check what a schema cannot say."""
    findings = []
    for name, value in spec.get("assume", {}).items():
        try:
            assume(Assumptions(), {name: value})
        except AssumptionError as error:
            findings.append(Finding("E107", ("assume", name), str(error)))
    try:
        _start(spec.get("clock", {}), wall_clock())
    except ScenarioError as error:
        findings.extend(error.findings)
    return findings


def _start(clock: Mapping[str, Any], now: datetime) -> datetime | None:
    if "start" not in clock:
        return None
    return moment_of(clock["start"], now, now, ("clock", "start"))
