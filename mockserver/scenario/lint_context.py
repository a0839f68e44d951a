"""What lint checks read: a scenario, the sandbox built from it, its orders and calls."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from mockserver.domain.order import Order
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import ValuePath
from mockserver.scenario.scenario import Scenario
from mockserver.scenario.steps import CallOperation


class LintContext(Struct, frozen=True):
    """A scenario with the sandbox built from it."""

    scenario: Scenario
    sandbox: Sandbox
    orders: Mapping[str, Order]
    calls: Sequence[CallOperation]

    @property
    def order_specs(self) -> Mapping[str, Any]:
        """The orders as the scenario writes them."""
        specs: Mapping[str, Any] = self.scenario.spec.get("orders", {})
        return specs

    @property
    def expect(self) -> Mapping[str, Any]:
        """The expectations of the scenario."""
        expect: Mapping[str, Any] = self.scenario.spec.get("expect", {})
        return expect

    def expected_order(self, name: str) -> Mapping[str, Any]:
        """Return what the scenario expects of an order."""
        expected: Mapping[str, Any] = self.expect.get("orders", {}).get(name, {})
        return expected

    def movement_names(self, order: str, kind: str) -> set[str]:
        """Return the names of an order's captures or refunds, seeded or created by steps."""
        step_names = {
            call.movement_name
            for call in self.calls
            if call.movement_name and (call.order, f"{call.operation}s") == (order, kind)
        }
        return step_names | {*self.order_specs[order].get(kind, {})}

    def movement_path(self, name: str, kind: str, part_id: str) -> ValuePath:
        """Return the path of a seeded capture or refund in the scenario."""
        return ("orders", name, kind, self.sandbox.movement_names[part_id])


def expected_failures(subject: LintContext, name: str) -> Mapping[int, bool]:
    """Return which seeded refunds, by position, are expected to fail allocation."""
    if subject.expect.get("refunds", {}).get("failed_allocations"):
        return dict.fromkeys(range(len(subject.orders[name].refunds)), True)
    spec = subject.expected_order(name).get("refunds", [])
    if isinstance(spec, Mapping):
        part_names = subject.sandbox.movement_names
        names = [part_names[refund.refund_id] for refund in subject.orders[name].refunds]
        spec = [spec.get(refund_name, {}) for refund_name in names]
    return {
        index: spec_item.get("outcome") == "failed" or not spec_item.get("allocated_to", "any")
        for index, spec_item in enumerate(spec)
    }
