"""Sandboxes are limited in bytes: each order, each sandbox, and all of them together."""

import pytest

from mockserver.domain.commands import Acknowledge, CaptureOrder
from mockserver.domain.errors import Reason
from mockserver.domain.refusal import Refusal
from mockserver.sandbox import registry as registry_module
from mockserver.sandbox import sandbox as sandbox_module
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.execution import Execution, execute
from mockserver.sandbox.faults.actions import Refuse
from mockserver.sandbox.faults.rules import FaultRule
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.memory_sizes import NAME_BYTES, RECEIPT_BYTES, measure_command
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from tests.support.builders import NOW, ORDER_ID, make_order
from tests.support.templates import EmptyTemplate, names

CAPTURE = CaptureOrder(1)
CAPTURE_BYTES = measure_command(CAPTURE)


@pytest.fixture
def one() -> Sandbox:
    """A sandbox with one order."""
    sandbox = Sandbox("one", clock=Clock(NOW, frozen=True))
    sandbox.add(make_order())
    return sandbox


def reason_of(execution: Execution) -> Reason | None:
    result = execution.result
    return result.reason if isinstance(result, Refusal) else None


@pytest.mark.parametrize(("missing", "reason"), [(0, None), (1, Reason.SANDBOX_IS_FULL)])
def test_change_needs_room_in_the_sandbox(
    one: Sandbox, monkeypatch: pytest.MonkeyPatch, missing: int, reason: Reason | None
) -> None:
    limit = one.total_bytes + CAPTURE_BYTES - missing
    monkeypatch.setattr(sandbox_module, "MAX_SANDBOX_BYTES", limit)
    execution = execute(one, ORDER_ID, CAPTURE)
    assert reason_of(execution) is reason
    assert (execution.after is execution.before) is bool(missing)


@pytest.mark.parametrize(("missing", "reason"), [(0, None), (1, Reason.ORDER_IS_FULL)])
def test_change_needs_room_in_its_order(
    one: Sandbox, monkeypatch: pytest.MonkeyPatch, missing: int, reason: Reason | None
) -> None:
    limit = one.order_bytes[ORDER_ID] + CAPTURE_BYTES - missing
    monkeypatch.setattr(sandbox_module, "MAX_ORDER_BYTES", limit)
    assert reason_of(execute(one, ORDER_ID, CAPTURE)) is reason


def test_order_that_does_not_fit_is_not_added(
    one: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_module, "MAX_SANDBOX_BYTES", one.total_bytes)
    with pytest.raises(Refusal, match="sandbox_is_full"):
        one.add(make_order(order_id="another"))
    assert list(one.orders) == [ORDER_ID]


def test_refusal_lists_the_contents_of_the_sandbox(
    one: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(one, ORDER_ID, CAPTURE, "key")
    one.order_names["one"] = ORDER_ID
    monkeypatch.setattr(sandbox_module, "MAX_SANDBOX_BYTES", 1)
    held = f"orders {one.held_bytes}, receipts {RECEIPT_BYTES}, names {NAME_BYTES}"
    with pytest.raises(Refusal) as caught:
        one.check_room(1)
    assert caught.value.facts == {"limit": 1, "held": held}


def test_total_is_the_sum_of_all_kinds(one: Sandbox) -> None:
    execute(one, ORDER_ID, CAPTURE, "key")
    one.faults.add(FaultRule("busy", (Refuse(Reason.CONFLICT),)))
    one.journal.record(Entry(NOW, "1", "GET", "/"))
    one.order_names["one"] = ORDER_ID
    one.take_snapshot("here")
    one.template_bytes = 5
    one.checkout_bytes = 7
    one.deliveries.add(DeliveryKind.PUSH, ORDER_ID, "http://localhost/push", NOW)
    assert all(one.bytes_by_kind.values())
    assert one.total_bytes == sum(one.bytes_by_kind.values())


def test_full_sandbox_still_replays_keys_and_accepts_empty_bodies(
    one: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = execute(one, ORDER_ID, CAPTURE, "key")
    monkeypatch.setattr(sandbox_module, "MAX_SANDBOX_BYTES", 0)
    again = execute(one, ORDER_ID, CAPTURE, "key")
    assert (again.replayed, again.result) == (True, first.result)
    assert reason_of(execute(one, ORDER_ID, Acknowledge())) is None


def test_snapshot_counts_as_if_the_sandbox_replaced_all_of_it(one: Sandbox) -> None:
    before = one.total_bytes
    one.take_snapshot("early")
    assert one.total_bytes > 2 * before


def test_restoring_a_snapshot_frees_later_additions(one: Sandbox) -> None:
    one.take_snapshot("early")
    before = one.total_bytes, dict(one.order_bytes)
    execute(one, ORDER_ID, CAPTURE)
    one.restore_snapshot("early")
    assert (one.total_bytes, one.order_bytes) == before


def test_snapshot_needs_room(one: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "MAX_SANDBOX_BYTES", 2 * one.total_bytes)
    with pytest.raises(Refusal, match="sandbox_is_full"):
        one.take_snapshot("large")
    assert not one.snapshots


def test_removed_fault_frees_its_bytes(one: Sandbox) -> None:
    before = one.total_bytes
    spec = {"do": {"refuse": "conflict"}}
    for _ in range(2):
        one.faults.add(FaultRule("busy", (Refuse(Reason.CONFLICT),), spec=spec))
    assert one.total_bytes > before
    one.faults.remove("busy")
    assert one.total_bytes == before


# All sandboxes together


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> SandboxRegistry[EmptyTemplate]:
    """A registry for 300 bytes whose sandboxes are filled with 100."""
    monkeypatch.setattr(registry_module, "MAX_TOTAL_BYTES", 300)
    template = EmptyTemplate()
    template.seeded_bytes = 100
    return SandboxRegistry(template)


def test_unchanged_sandbox_is_evicted_for_a_new_one(
    registry: SandboxRegistry[EmptyTemplate], caplog: pytest.LogCaptureFixture
) -> None:
    for user in ("anna", "bo", "cleo", "dora"):
        registry.get_or_create(user)
    assert names(registry) == ["bo", "cleo", "dora"]
    assert "sandbox 'anna' was evicted: all sandboxes together exceeded 300" in caplog.text


def test_unchanged_sandboxes_are_evicted_for_a_growing_one(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    growing = registry.get_or_create("anna")
    registry.get_or_create("bo")
    registry.get_or_create("cleo")
    growing.check_room(150)
    assert names(registry) == ["anna"]


def test_change_is_refused_if_all_others_are_protected(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    growing = registry.get_or_create("anna")
    for user in ("bo", "cleo"):
        registry.get_or_create(user)
        registry.mark_changed(user)
    with pytest.raises(Refusal) as caught:
        growing.check_room(1)
    assert caught.value.reason is Reason.SERVER_IS_FULL
    assert caught.value.facts["kind"] == "bytes"
    assert names(registry) == ["anna", "bo", "cleo"]


def test_new_sandbox_is_refused_if_all_others_are_protected(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    for user in ("anna", "bo", "cleo"):
        registry.get_or_create(user)
        registry.mark_changed(user)
    with pytest.raises(Refusal, match="server_is_full"):
        registry.get_or_create("dora")
    assert registry.get("dora") is None


def test_refilled_sandbox_needs_room_only_for_its_growth(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    for user in ("anna", "bo", "cleo"):
        registry.get_or_create(user)
        registry.mark_changed(user)
    assert registry.reset("anna") is registry.get("anna")


def test_dropped_sandbox_frees_its_bytes(registry: SandboxRegistry[EmptyTemplate]) -> None:
    for user in ("anna", "bo", "cleo"):
        registry.get_or_create(user)
        registry.mark_changed(user)
    dropped = registry.get_or_create("cleo")
    registry.drop("cleo")
    dropped.add(make_order())  # by a request that was still under way
    registry.get_or_create("dora")
    assert names(registry) == ["anna", "bo", "dora"]


def test_template_of_its_own_counts_for_a_sandbox(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    template = EmptyTemplate()
    template.total_bytes = 250
    assert registry.get_or_create("bo").total_bytes == 100
    assert registry.fill("anna", template).total_bytes == 250
    assert names(registry) == ["anna"]


def test_journal_of_a_sandbox_that_only_reads_is_counted(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    reading = registry.get_or_create("anna")
    registry.get_or_create("bo")
    reading.journal.record(Entry(NOW, "1", "GET", "/" * 300))
    for _ in range(registry_module.USES_PER_RECOUNT):
        registry.get_or_create("anna")
    growing = registry.get_or_create("bo")
    with pytest.raises(Refusal, match="server_is_full"):
        growing.check_room(registry_module.MAX_TOTAL_BYTES - 99)
