"""What a sandbox holds survives the way into the stored form and back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert
from msgspec.msgpack import decode

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.decision import Acceptance
from mockserver.domain.errors import Reason
from mockserver.domain.lifecycle import Status
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal
from mockserver.homes.encoding import encode
from mockserver.homes.stored_entries import (
    UnreadableSandboxError,
    encode_entries,
    load_entries,
)
from mockserver.homes.stored_sandbox import COLUMNS, encode_sandbox, restore_sandbox
from mockserver.homes.stored_settings import NUMBERS, SETTINGS, numbers_of, settings_of
from mockserver.homes.stored_values import StoredRow, restore_row, store_row
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.execution import execute
from mockserver.sandbox.faults.actions import ConnectionEnd, ResponseDamage
from mockserver.sandbox.idempotency import Receipt
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.recordings import record_message
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.tally import RefundFacts, RequestRow, RowCount
from mockserver.scenario.scenario import Scenario, parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.builders import NOW, make_order, refund_of
from tests.support.strategies import shipped_orders

GOLDEN = Path(__file__).parent / "golden"
SCENARIO = b"""
version: 1
seed: 7
clock: {start: 2026-01-15T09:00:00Z, frozen: true}
assume: {amount_only_refund: failed}
orders:
  two:
    order_id: 7ce4ee13-973c-6f49-a30e-85a0bc675997
    lines:
      - {reference: A, name: A, unit_price: 1000}
      - {reference: B, name: B, unit_price: 2000, merchant_data: '{"x": 1}'}
    captures: {first: {lines: [A]}, second: {lines: [B]}}
    refunds: {back: {lines: [B]}}
faults:
  late:
    on: refund
    order: two
    calls: {every: 3}
    do: {delay: {lognormal: {median: 1s, p99: 9s}}}
  lost: {on: [push, webhook], probability: 0.5, do: {lose: true}}
  custom: {where: {description: x}, do: {respond: {status: 503, body: {a: [1, null]}}}}
webhooks: {endpoints: [{url: 'http://localhost:1/'}]}
"""


def build(scenario: bytes = SCENARIO) -> Sandbox:
    return parse_scenario("it", parse_yaml(scenario)).build("it")


def busy_sandbox() -> Sandbox:
    """A sandbox with something in every table."""
    sandbox = build()
    order = sandbox.orders["7ce4ee13-973c-6f49-a30e-85a0bc675997"]
    executed = execute(sandbox, order.order_id, refund_of(amount=10), "key")
    execute(sandbox, order.order_id, refund_of(amount=10**8), "refused")
    message = record_message({"Authorization": "Basic c2VjcmV0", "X": "y"}, b"{}")
    entry = Entry(
        NOW, "correlation", "POST", "/refunds", Operation.REFUND, order.order_id, 201,
        result=executed.result, before=executed.before, after=executed.after,
        faults=["late: delay"], fault_names=("delay",),
        damage=ResponseDamage(end=ConnectionEnd.RESET),
    )  # fmt: skip
    entry.messages = message, message
    sandbox.record(entry)
    refusal = Refusal(Reason.ORDER_NOT_FOUND, Operation.CAPTURE, order_id="x", capture_id="")
    sandbox.record(Entry(NOW, "other", "POST", "/x", Operation.CAPTURE, "x", 404, refusal))
    sandbox.faults.draw(sandbox.faults.rules()[0])
    sandbox.take_snapshot("here")
    return sandbox


def restored(sandbox: Sandbox) -> Sandbox:
    copy = restore_sandbox(sandbox.name, encode_sandbox(sandbox))
    load_entries(copy, [entry for _, entry in encode_entries(sandbox.journal, 0)])
    return copy


def shown(value: object) -> Any:  # noqa: ANN401  # of any table
    """Return a value in a form that can be compared."""
    if isinstance(value, Receipt):
        return value.fingerprint, shown(value.result), value.made_at
    if isinstance(value, Refusal):
        return value.reason, value.operation, value.message, value.facts
    return value


def tables_of(sandbox: Sandbox) -> dict[str, list[Any]]:
    return {
        column.attribute: [(key, shown(value)) for key, value in column.table(sandbox).items()]
        for column in COLUMNS.values()
        if column.attribute != "snapshots"
    }


def test_every_table_survives_in_its_order() -> None:
    sandbox = busy_sandbox()
    tables = tables_of(sandbox)
    assert tables_of(restored(sandbox)) == tables
    empty = {name for name, rows in tables.items() if not rows}
    assert empty == {"checkouts"}


def test_numbers_and_settings_survive() -> None:
    sandbox = busy_sandbox()
    assert settings_of(restored(sandbox)) == settings_of(sandbox)
    assert numbers_of(restored(sandbox)) == numbers_of(sandbox)


def test_same_ids_and_chances_follow() -> None:
    sandbox = busy_sandbox()
    copy = restored(sandbox)
    for ids in (sandbox.ids, copy.ids):
        ids.reserve("x")
    assert copy.ids.new_movement_id() == sandbox.ids.new_movement_id()
    assert copy.ids.new_request_id() == sandbox.ids.new_request_id()
    (rule, *_), (same, *_) = sandbox.faults.rules(), copy.faults.rules()
    assert copy.faults.draw(same) == sandbox.faults.draw(rule)


def test_journal_entries_survive_without_credentials() -> None:
    sandbox = busy_sandbox()
    first, second = restored(sandbox).journal
    was_first, was_second = sandbox.journal
    assert (first.after, first.before) == (was_first.after, was_first.before)
    assert (first.explanation, first.faults) == (was_first.explanation, was_first.faults)
    assert first.sent == "nothing: connection reset"
    assert shown(second.result) == shown(was_second.result)
    assert second.is_change is False
    assert first.messages is not None
    request, _ = first.messages
    assert request.headers == {"Authorization": "(hidden)", "X": "y"}
    assert request.headers.get("authorization") == "(hidden)"


def test_snapshots_survive() -> None:
    sandbox = busy_sandbox()
    copy = restored(sandbox)
    execute(sandbox, next(iter(sandbox.orders)), refund_of(amount=5))
    tables = tables_of(copy)
    execute(copy, next(iter(copy.orders)), refund_of(amount=7))
    assert copy.restore_snapshot("here").taken_at == sandbox.snapshots["here"].taken_at
    for table in ("receipts", "orders", "by_name", "by_id"):
        assert tables_of(copy)[table] == tables[table]
    assert len(list(copy.journal)) == 2


def test_restored_running_clock_keeps_running() -> None:
    sandbox = Sandbox("it", clock=Clock(NOW))
    assert timedelta() <= restored(sandbox).clock.now() - NOW < timedelta(minutes=1)


@given(shipped_orders)
def test_every_order_survives(order: Any) -> None:  # noqa: ANN401  # of a strategy
    sandbox = Sandbox("it", ids=IdGenerator("7"))
    assert sandbox.add(order)
    assert restored(sandbox).orders == sandbox.orders


@given(st.dictionaries(st.text(), st.integers() | st.text(st.characters()) | st.booleans()))
def test_every_fact_of_a_refusal_can_be_stored(facts: dict[str, Any]) -> None:
    sandbox = Sandbox("it")
    refusal = Refusal(Reason.INTERNAL_ERROR)
    refusal.facts = facts
    sandbox.record(Entry(NOW, "id", "GET", "/\udce4", result=refusal))
    (entry,) = restored(sandbox).journal
    assert isinstance(entry.result, Refusal)
    assert len(entry.result.facts) <= len(facts)


def golden_fields(name: str) -> dict[str, bytes]:
    fields: dict[str, bytes] = decode((GOLDEN / name).read_bytes())
    return fields


@pytest.mark.parametrize("file", [path.name for path in sorted(GOLDEN.glob("*.msgpack"))])
def test_sandboxes_of_released_versions_are_read(file: str) -> None:
    sandbox = restore_sandbox("it", golden_fields(file))
    expected = busy_sandbox()
    assert sandbox.orders == expected.orders
    assert tables_of(sandbox)["receipts"] == tables_of(expected)["receipts"]
    assert [rule.name for rule in sandbox.faults.rules()] == ["late", "lost", "custom"]
    assert list(sandbox.snapshots) == ["here"]


def test_fields_of_a_newer_version_are_ignored() -> None:
    fields = golden_fields("version-1.msgpack")
    fields["z:new table"] = encode("?")
    fields[SETTINGS] = encode({**decode(fields[SETTINGS]), "new_setting": 1})
    fields[NUMBERS] = encode([*decode(fields[NUMBERS]), "new number"])
    assert restore_sandbox("it", fields).orders


def with_newer_lines(value: Any) -> Any:  # noqa: ANN401  # of any stored form
    """Give each line of a decoded value a field that this version does not know."""
    if isinstance(value, dict):
        new = {"new_field": {"a": 1}} if "unit_price" in value else {}
        return {**{key: with_newer_lines(item) for key, item in value.items()}, **new}
    return [*map(with_newer_lines, value)] if isinstance(value, list) else value


def test_line_fields_of_a_newer_version_are_ignored() -> None:
    sandbox = busy_sandbox()
    fields = encode_sandbox(sandbox)
    newer = {name: encode(with_newer_lines(decode(data))) for name, data in fields.items()}
    assert newer != fields
    copy = restore_sandbox(sandbox.name, newer)
    assert copy.orders == sandbox.orders
    entries = [entry for _, entry in encode_entries(sandbox.journal, 0)]
    load_entries(copy, [encode(with_newer_lines(decode(entry))) for entry in entries])
    assert [entry.after for entry in copy.journal] == [entry.after for entry in sandbox.journal]


def test_facts_that_a_newer_version_counts_are_ignored() -> None:
    facts = RefundFacts("failed", ("lines_add_up",), *(False, True, False), "articles")
    row = RequestRow(Operation.REFUND, Status.CAPTURED, None, 201, "", ("f",), facts)
    counter = RowCount(row, 2, "first")
    stored = decode(encode(store_row(counter)))
    stored[0][RequestRow._fields.index("refund")].append("new")
    stored[0].append("new")
    assert restore_row(convert(stored, StoredRow), Assumptions()) == counter


def test_higher_version_is_refused_with_a_reason() -> None:
    fields = golden_fields("version-1.msgpack")
    fields[SETTINGS] = encode({**decode(fields[SETTINGS]), "version": 2})
    with pytest.raises(UnreadableSandboxError, match=r"version 2 .* upgrade the server"):
        restore_sandbox("it", fields)


def test_damaged_sandbox_is_refused() -> None:
    with pytest.raises(UnreadableSandboxError):
        restore_sandbox("it", {SETTINGS: b"?"})


def test_acceptance_survives_in_a_receipt() -> None:
    sandbox = build()
    order = make_order()
    sandbox.add(order)
    execute(sandbox, order.order_id, refund_of(amount=0), "key")
    results = [receipt.result for receipt in restored(sandbox).receipts.values()]
    assert all(isinstance(result, Acceptance | Refusal) for result in results)


def test_template_can_be_rebuilt_from_its_document() -> None:
    template = parse_scenario("it", parse_yaml(SCENARIO))
    again = Scenario(template.name, template.document)
    assert again.build("it").orders == template.build("it").orders
