"""A scenario: checked, and ready to build any number of equal sandboxes.

Checking happens once, when a scenario is read; building a sandbox from it seeds the
orders through the same ``decide`` as requests.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.assumptions import AssumptionError, Assumptions, assume
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.clock import Clock, wall_clock
from mockserver.sandbox.ids import Ids
from mockserver.sandbox.journal import ENTRIES_KEPT, Journal
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.countries import DEFAULT
from mockserver.scenario.expect import Verdict, judge
from mockserver.scenario.findings import Finding, Findings, Path, ScenarioError
from mockserver.scenario.orders import Defaults
from mockserver.scenario.problems import schema_findings
from mockserver.scenario.source import Document, Marks
from mockserver.scenario.steps import Step, plan_steps
from mockserver.scenario.times import moment_of
from mockserver.scenario.world import add_fault, add_order
from mockserver.schemas import schema

SCHEMA = "scenario.schema.json"


class Surroundings(Struct, frozen=True):
    """What a server gives every scenario that does not say otherwise."""

    seed: str | None = None
    assumptions: Assumptions = Assumptions()
    journal_size: int = ENTRIES_KEPT


class Scenario(Struct, frozen=True, dict=True):
    """A world to start sandboxes from; implements the registry's ``World``."""

    name: str
    document: Document
    surroundings: Surroundings = Surroundings()

    @property
    def spec(self) -> Mapping[str, Any]:
        """The plain values of the file."""
        return self.document.value or {}

    @property
    def title(self) -> str:
        """The scenario's own title, or the name it was found by."""
        return str(self.spec.get("title", self.name))

    @cached_property
    def credentials(self) -> Mapping[str, str]:
        """The user names and secrets it lists; none where any are accepted."""
        listed = self.spec.get("credentials", {})
        return {user: str(secret) for user, secret in listed.items()}

    @property
    def steps(self) -> Sequence[Step]:
        """The steps of its merchant, ready to play."""
        return plan_steps(self.spec)

    def build(self, name: str) -> Sandbox:
        """Make a sandbox and seed it.

        Raises:
            ScenarioError: with everything that cannot have come about, or that names
                what does not exist.
        """
        sandbox = self._empty(name)
        findings = self._add_orders(sandbox)
        findings += self._add_faults(sandbox)
        findings += self._unknown_names(sandbox)
        if findings:
            raise ScenarioError(in_order(findings, self.document))
        return sandbox

    def judge(self, sandbox: Sandbox) -> Verdict:
        """Judge what the scenario expects of a sandbox that was built from it."""
        return judge(self.spec.get("expect", {}), sandbox)

    def _empty(self, name: str) -> Sandbox:
        clock = self.spec.get("clock", {})
        now = wall_clock()
        seed = self.spec.get("seed", self.surroundings.seed)
        return Sandbox(
            name,
            clock=Clock(_start(clock, now), frozen=clock.get("frozen", False)),
            ids=Ids(name if seed is None else str(seed)),
            journal=Journal(self.surroundings.journal_size),
            assumptions=assume(self.surroundings.assumptions, self.spec.get("assume", {})),
            credentials=self.credentials,
        )

    def _add_orders(self, sandbox: Sandbox) -> list[Finding]:
        found = Findings()
        defaults = self._defaults(sandbox)
        for name, spec in self.spec.get("orders", {}).items():
            with found.gathered():
                add_order(sandbox, name, spec, defaults, ("orders", name))
        return found

    def _add_faults(self, sandbox: Sandbox) -> list[Finding]:
        """Add the rules; an order that could not be made stands for itself."""
        found = Findings()
        for name in self.spec.get("orders", {}):
            sandbox.order_names.setdefault(name, name)
        for name, spec in self.spec.get("faults", {}).items():
            with found.gathered():
                add_fault(sandbox, name, spec, ("faults", name))
        return found

    def _unknown_names(self, sandbox: Sandbox) -> list[Finding]:
        """Find expectations of orders and faults that do not exist."""
        expect = self.spec.get("expect", {})
        orders = [*self.spec.get("orders", {}), *sandbox.order_names.values()]
        named: list[tuple[Path, str, list[str]]] = [
            (("orders", name), name, orders) for name in expect.get("orders", {})
        ]
        named += [
            (("requests", index), request["order"], orders)
            for index, request in enumerate(expect.get("requests", ()))
            if "order" in request
        ]
        faults = [*self.spec.get("faults", {})]
        named += [(("faults", name), name, faults) for name in expect.get("faults", {})]
        return [
            Finding("E204", ("expect", *path), f"there is no '{name}'{_hint(name, known)}")
            for path, name, known in named
            if name not in known
        ]

    def _defaults(self, sandbox: Sandbox) -> Defaults:
        return Defaults(
            now=sandbox.clock.now(),
            country=self.spec.get("country", DEFAULT),
            currency=self.spec.get("currency"),
            locale=self.spec.get("locale"),
            authorization_days=sandbox.assumptions.authorization_days,
        )


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


def in_order(findings: Iterable[Finding], document: Document) -> list[Finding]:
    """Put line and column to findings, in the order of the file."""
    return sorted(
        (placed(each, document) for each in findings),
        key=lambda each: (each.line, each.column, each.code),
    )


def _hint(name: str, known: Sequence[str]) -> str:
    return f", {did_you_mean(name, known)}" if known else ""


def _meaning(spec: Mapping[str, Any]) -> list[Finding]:
    """Check what a schema cannot say."""
    found = Findings()
    for name, value in spec.get("assume", {}).items():
        try:
            assume(Assumptions(), {name: value})
        except AssumptionError as error:
            found.append(Finding("E107", ("assume", name), str(error)))
    with found.gathered():
        _start(spec.get("clock", {}), wall_clock())
    with found.gathered():
        plan_steps(spec)
    return found


def _start(clock: Mapping[str, Any], now: datetime) -> datetime | None:
    if "start" not in clock:
        return None
    return moment_of(clock["start"], now, now, ("clock", "start"))
