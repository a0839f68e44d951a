"""A parsed scenario: the template of any number of equal sandboxes.

A scenario is checked once, when it is parsed; building a sandbox seeds the orders by the
same ``decide`` as requests.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.assumptions import AssumptionError, Assumptions, switch_assumptions
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.clock import Clock, wall_clock
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import DEFAULT_JOURNAL_SIZE, Journal
from mockserver.sandbox.memory_sizes import measure_value
from mockserver.sandbox.names import display_name
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checked_expectation import Verdict
from mockserver.scenario.checkout_builder import add_checkout
from mockserver.scenario.diagnostics import Finding, FindingCollector, ScenarioError, ValuePath
from mockserver.scenario.document import Document, PositionTree
from mockserver.scenario.expectations import check_expectations
from mockserver.scenario.order_builder import OrderDefaults
from mockserver.scenario.sandbox_builder import add_fault_rule, add_order
from mockserver.scenario.schema_errors import MAX_FINDINGS, schema_findings
from mockserver.scenario.shoppers import DEFAULT_COUNTRY
from mockserver.scenario.steps import Step, created_checkouts, plan_steps
from mockserver.scenario.times import parse_time_or_offset
from mockserver.scenario.webhook_parser import set_webhooks
from mockserver.schemas import get_schema

SCENARIO_SCHEMA = "scenario.schema.json"


class ScenarioDefaults(Struct, frozen=True):
    """Defaults of the server for scenarios that do not set them."""

    seed: str | None = None
    assumptions: Assumptions = Assumptions()
    journal_size: int = DEFAULT_JOURNAL_SIZE


class Scenario(Struct, frozen=True, dict=True):
    """A parsed scenario; implements :class:``SandboxTemplate``."""

    name: str
    document: Document
    defaults: ScenarioDefaults = ScenarioDefaults()

    @property
    def spec(self) -> Mapping[str, Any]:
        """The plain values of the file."""
        return self.document.value or {}

    @property
    def source(self) -> object:
        """The plain values of the file, of which an equal scenario can be made."""
        return self.document.value

    @property
    def title(self) -> str:
        """The scenario's title, or else its name."""
        return str(self.spec.get("title", self.name))

    @cached_property
    def credentials(self) -> Mapping[str, str]:
        """The listed user names and secrets; empty if any are accepted."""
        credentials = self.spec.get("credentials", {})
        return {user: str(secret) for user, secret in credentials.items()}

    @cached_property
    def total_bytes(self) -> int:
        """Bytes that the plain values of the file take."""
        return measure_value(self.document.value)

    def compact(self) -> "Scenario":
        """Return the scenario without positions, which only errors of the file need."""
        if not self.document.positions.children:
            return self
        return replace(self, document=wrap_value(self.document.value))

    @property
    def steps(self) -> Sequence[Step]:
        """The parsed steps."""
        return plan_steps(self.spec)

    def build(self, name: str) -> Sandbox:
        """Create a sandbox and seed it.

        Raises:
            ScenarioError: with each impossible order and each unknown name.
        """
        sandbox = self._create_sandbox(name)
        findings = self._add_checkouts(sandbox)
        findings += self._add_orders(sandbox)
        findings += self._add_faults(sandbox)
        findings += self._set_webhooks(sandbox)
        findings += self._check_expected_names(sandbox)
        if findings:
            raise ScenarioError(sort_by_position(findings, self.document))
        return sandbox

    def check_expectations(self, sandbox: Sandbox) -> Verdict:
        """Check the scenario's expectations of a sandbox that was built from it."""
        return check_expectations(self.spec.get("expect", {}), sandbox)

    def _create_sandbox(self, name: str) -> Sandbox:
        clock = self.spec.get("clock", {})
        now = wall_clock()
        seed = self.spec.get("seed", self.defaults.seed)
        return Sandbox(
            name,
            clock=Clock(_start(clock, now), frozen=clock.get("frozen", False)),
            ids=IdGenerator(display_name(name) if seed is None else str(seed)),
            journal=Journal(self.defaults.journal_size),
            assumptions=switch_assumptions(
                self.defaults.assumptions, self.spec.get("assume", {})
            ),
            credentials=self.credentials,
        )

    def _add_checkouts(self, sandbox: Sandbox) -> list[Finding]:
        findings = FindingCollector()
        defaults = self._defaults(sandbox)
        for name, spec in self.spec.get("checkouts", {}).items():
            with findings.collecting():
                add_checkout(sandbox, name, spec, defaults, ("checkouts", name))
        return findings

    def _add_orders(self, sandbox: Sandbox) -> list[Finding]:
        findings = FindingCollector()
        defaults = self._defaults(sandbox)
        for name, spec in self.spec.get("orders", {}).items():
            with findings.collecting():
                add_order(sandbox, name, spec, defaults, ("orders", name))
        return findings

    def _add_faults(self, sandbox: Sandbox) -> list[Finding]:
        """Add the rules; they may name orders that could not be built."""
        findings = FindingCollector()
        for name in (*self.spec.get("orders", {}), *self.spec.get("checkouts", {})):
            sandbox.order_names.setdefault(name, name)
        for name, spec in self.spec.get("faults", {}).items():
            with findings.collecting():
                add_fault_rule(sandbox, name, spec, ("faults", name))
        return findings

    def _set_webhooks(self, sandbox: Sandbox) -> list[Finding]:
        findings = FindingCollector()
        if "webhooks" in self.spec:
            with findings.collecting():
                set_webhooks(sandbox, self.spec["webhooks"], ("webhooks",))
        return findings

    def _check_expected_names(self, sandbox: Sandbox) -> list[Finding]:
        """Find expectations of orders and faults that do not exist."""
        expect = self.spec.get("expect", {})
        created = created_checkouts(self.spec)
        checkouts = {**self.spec.get("checkouts", {}), **created, **sandbox.checkouts}
        orders = {**self.spec.get("orders", {}), **sandbox.orders, **checkouts}
        references: list[tuple[ValuePath, str, Mapping[str, Any]]] = [
            (("orders", name), name, orders) for name in expect.get("orders", {})
        ]
        references += [
            (("checkouts", name), name, checkouts) for name in expect.get("checkouts", {})
        ]
        references += [
            ((key, index), item["order"], orders)
            for key in ("requests", "deliveries")
            for index, item in enumerate(expect.get(key, ()))
            if "order" in item
        ]
        faults = self.spec.get("faults", {})
        references += [(("faults", name), name, faults) for name in expect.get("faults", {})]
        unknown = (row for row in references if row[1] not in row[2])
        return [
            Finding(
                "E204", ("expect", *path), f"there is no '{name}'{_hint(name, known_names)}"
            )
            for path, name, known_names in islice(unknown, MAX_FINDINGS)
        ]

    def _defaults(self, sandbox: Sandbox) -> OrderDefaults:
        return OrderDefaults(
            now=sandbox.clock.now(),
            country=self.spec.get("country", DEFAULT_COUNTRY),
            currency=self.spec.get("currency"),
            locale=self.spec.get("locale"),
            authorization_days=sandbox.assumptions.authorization_days,
        )


def parse_scenario(
    name: str,
    document: Document,
    defaults: ScenarioDefaults | None = None,
) -> Scenario:
    """Check a document and return it as a scenario.

    Raises:
        ScenarioError: with each violation of the schema, at its line and column.
    """
    findings = schema_findings(get_schema(SCENARIO_SCHEMA), document.value)
    if not findings:
        findings = list(_check_semantics(document.value or {}))
    if findings:
        raise ScenarioError([with_position(finding, document) for finding in findings])
    return Scenario(name, document, defaults or ScenarioDefaults())


def wrap_value(value: object) -> Document:
    """Wrap plain values (from JSON) as a document without positions."""
    return Document(value, PositionTree((1, 1)))


def with_position(finding: Finding, document: Document) -> Finding:
    """Return a finding with its line and column."""
    line, column = document.position(finding.path)
    return replace(finding, line=line, column=column)


def sort_by_position(findings: Iterable[Finding], document: Document) -> list[Finding]:
    """Add line and column to findings and sort them by position."""
    return sorted(
        (with_position(finding, document) for finding in findings),
        key=lambda item: (item.line, item.column, item.code),
    )


def _hint(name: str, known_names: Mapping[str, Any]) -> str:
    return f", {did_you_mean(name, known_names)}" if known_names else ""


def _check_semantics(spec: Mapping[str, Any]) -> list[Finding]:
    """Check rules that a schema cannot express."""
    findings = FindingCollector()
    for name, value in spec.get("assume", {}).items():
        try:
            switch_assumptions(Assumptions(), {name: value})
        except AssumptionError as error:
            findings.append(Finding("E107", ("assume", name), str(error)))
    with findings.collecting():
        _start(spec.get("clock", {}), wall_clock())
    with findings.collecting():
        plan_steps(spec)
    return findings


def _start(clock: Mapping[str, Any], now: datetime) -> datetime | None:
    if "start" not in clock:
        return None
    return parse_time_or_offset(clock["start"], now, now, ("clock", "start"))
