import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.errors import Reason
from mockserver.domain.operation import DEPRECATED_OPERATIONS, Operation
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.sandbox import Sandbox
from tests.support.builders import NOW, ORDER_ID, make_order


@pytest.fixture
def sandbox() -> Sandbox:
    """A sandbox with one order and a frozen clock."""
    filled = Sandbox("tester", clock=Clock(NOW, frozen=True), ids=IdGenerator("7"))
    filled.add(make_order())
    return filled


def test_refused_read_names_the_order(sandbox: Sandbox) -> None:
    with pytest.raises(Refusal, match="nowhere"):
        sandbox.get_order("nowhere", Operation.LIST_CAPTURES)


def test_sandbox_is_seeded_by_its_name_by_default() -> None:
    assert Sandbox("anna").ids.new_order_id() == IdGenerator("anna").new_order_id()


@pytest.mark.parametrize("operation", sorted(DEPRECATED_OPERATIONS))
def test_withdrawn_read_operation_is_refused(
    sandbox: Sandbox,
    operation: Operation,
) -> None:
    sandbox.get_order(ORDER_ID, operation)
    sandbox.assumptions = Assumptions(deprecated_operations="not_found")
    with pytest.raises(Refusal) as withdrawn:
        sandbox.get_order(ORDER_ID, operation)
    assert withdrawn.value.reason is Reason.OPERATION_WITHDRAWN


def test_forced_outcome_changes_the_stored_order(sandbox: Sandbox) -> None:
    changed = sandbox.force_outcome(ORDER_ID, "expire")
    assert changed is not None
    assert changed.expires_at == NOW
    assert sandbox.orders[ORDER_ID] == changed


def test_forcing_an_outcome_of_an_unknown_order_does_nothing(sandbox: Sandbox) -> None:
    assert sandbox.force_outcome("nowhere", "expire") is None
