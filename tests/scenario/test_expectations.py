"""Checked expectations: expected value, actual value and a sentence for each."""

from mockserver.domain.operation import Operation
from mockserver.http.control.serializers import serialize_current_order
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checked_expectation import Verdict
from mockserver.scenario.diagnostics import format_path
from mockserver.scenario.expectations import check_expectations, check_order
from mockserver.scenario.scenario import Scenario
from tests.support.case_tables import Case, every_case
from tests.support.scenarios import FROZEN, scenario_of

GET_ORDER = Operation.GET_ORDER

SCENARIO = f"""seed: 7
{FROZEN}orders:
  one:
    order_id: 7ce4ee13-973c-6f49-a30e-85a0bc675997
    klarna_reference: ABC
    merchant_reference1: 1001
    lines:
      - {{reference: A, unit_price: 100}}
      - {{reference: B, unit_price: 200}}
      - {{reference: C, unit_price: 50}}
    captures:
      first: {{lines: [A], reference: 77, description: first parcel}}
      second: {{lines: [B], at: 1s}}
    refunds:
      good: {{lines: [B], description: too big}}
      amount: {{amount: 10, reference: X, at: 1s}}
      bad: {{lines: [A], amount: 89, at: 2s}}
  two:
    lines: [{{unit_price: 1}}]
faults:
  lost: {{on: refund, do: {{lose_answer: reset}}}}
expect:
"""


def verdict_of(expect: str) -> Verdict:
    """Check expectations of the scenario above, after three requests."""
    scenario = scenario_of(SCENARIO + "".join(f"  {line}\n" for line in expect.splitlines()))
    return _check(scenario)


def _check(scenario: Scenario) -> Verdict:
    sandbox = scenario.build("test")
    for status in (201, 201, 403):
        sandbox.journal.record(_entry(sandbox, status))
    return scenario.check_expectations(sandbox)


def _entry(sandbox: Sandbox, status: int) -> Entry:
    return Entry(
        at=sandbox.clock.now(),
        correlation_id="c",
        method="POST",
        path="/",
        operation=Operation.REFUND,
        order_id=sandbox.order_names["one"],
        status=status,
    )


@every_case("scenario", "expect")
def test_expectations_match_the_case_table(case: Case) -> None:
    verdict = verdict_of(case["expect"])
    assert [expectation.text for expectation in verdict.expectations] == case["says"]
    assert verdict.passed is case["passed"]
    assert all(expectation.passed for expectation in verdict.expectations) is case["passed"]


def test_verdict_lists_only_unmet_expectations_as_failures() -> None:
    verdict = verdict_of("orders: {one: {status: CAPTURED, captured_amount: 300}}")
    assert [failure.path for failure in verdict.failures] == [("orders", "one", "status")]
    assert (verdict.failures[0].expected, verdict.failures[0].actual) == (
        "CAPTURED",
        "PART_CAPTURED",
    )


def test_unmet_allocation_shows_conditions_and_hint() -> None:
    (failure,) = verdict_of("orders: {one: {refunds: {bad: {outcome: allocated}}}}").failures
    assert "lines_add_up" in failure.detail
    assert failure.detail in failure.text


def test_scenario_without_expectations_passes() -> None:
    scenario = scenario_of("title: nothing expected")
    assert _verdict_of(scenario) == Verdict(())
    assert Verdict(()).passed


def _verdict_of(scenario: Scenario) -> Verdict:
    return scenario.check_expectations(scenario.build("test"))


def test_expected_status_depends_on_the_sandbox_clock() -> None:
    scenario = scenario_of(f"{SCENARIO}  orders: {{two: {{status: EXPIRED}}}}")
    sandbox = scenario.build("test")
    assert not scenario.check_expectations(sandbox).passed
    sandbox.clock.set(sandbox.clock.now().replace(year=2027))
    assert scenario.check_expectations(sandbox).passed


def test_missing_order_fails_its_expectation() -> None:
    scenario = scenario_of(f"{SCENARIO}  orders: {{two: {{status: AUTHORIZED}}}}")
    verdict = scenario.check_expectations(Sandbox("empty"))
    assert [failure.text for failure in verdict.failures] == [
        "orders.two: expected an order, got none",
    ]


def test_order_json_and_sandbox_give_equal_results() -> None:
    expect = {
        "status": "CAPTURED",
        "order_amount": 351,
        "merchant_reference1": 1001,
        "merchant_reference2": "none so far",
        "captures": [{"captured_amount": 100, "reference": 77}, {}, {}],
        "refunds": {"good": {"description": "too big", "refunded_amount": 1}, "gone": {}},
    }
    sandbox = scenario_of(f"{SCENARIO}  orders: {{}}").build("test")
    by_sandbox = (check_expectations({"orders": {"one": expect}}, sandbox)).expectations
    page = serialize_current_order(
        sandbox, sandbox.get_order(sandbox.order_names["one"], GET_ORDER)
    )
    by_json = tuple(check_order(expect, page, sandbox.movement_names, ("orders", "one")))
    assert [item.text for item in by_json] == [item.text for item in by_sandbox]
    assert {item.passed for item in by_json} == {True, False}


def test_expectations_of_missing_json_fields_are_skipped() -> None:
    expect = {"acknowledged": True, "refunds": [{"outcome": "failed", "allocated_to": None}]}
    results = check_order(expect, {"refunds": [{}]}, {}, ("orders", "one"))
    assert [
        format_path(expectation.path) for expectation in results if expectation.skipped
    ] == [
        "orders.one.acknowledged",
        "orders.one.refunds[0].outcome",
        "orders.one.refunds[0].allocated_to",
    ]
