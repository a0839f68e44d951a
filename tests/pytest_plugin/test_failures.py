"""Sandbox checks after a test: messages, and how to allow them."""

from pathlib import Path

import pytest

from tests.support.pytest_project import run_tests

UNMET = """
    @pytest.mark.kustom(scenario="lost-refund-answer", allow={allow})
    def test(kustom):
        kustom.faults.clear()
        order_id = kustom.orders["two-shipments"]
        line = {{**SNEAKERS, "reference": "B2468O"}}
        refund = {{"refunded_amount": 10000, "order_lines": [line]}}
        assert send(kustom, "POST", order_id + "/refunds", refund).status == 201
    """
IDLE = """
    @pytest.mark.kustom(allow={allow})
    def test(kustom):
        kustom.faults.add("answer-lost", on="refund", do={{"lose_answer": "reset"}})
    """
LOST = """
    @pytest.mark.kustom(allow={allow})
    def test(kustom):
        assert send(kustom, "POST", kustom.orders["fresh"] + "/refund").status == 404
    """
CRASH = """
    from mockserver.sandbox.sandbox import Sandbox

    @pytest.mark.kustom(allow={allow})
    def test(kustom, monkeypatch):
        def broken(*_, **__):
            raise RuntimeError("on purpose")
        monkeypatch.setattr(Sandbox, "check_not_withdrawn", broken)
        path = kustom.orders["fresh"] + "/captures"
        assert send(kustom, "POST", path, {{"captured_amount": 1}}).status == 500
    """
# A sandbox is checked before monkeypatch undoes what it did.
BROKEN = """
    from mockserver.http.control import sandboxes

    @pytest.mark.kustom(allow={allow})
    def test(kustom, monkeypatch):
        broken = ["more refunded than captured"]
        monkeypatch.setattr(sandboxes, "broken_invariants", lambda _: broken)
    """

CASES = {
    "expect": (UNMET, "expect", "orders.two-shipments.refunds[0].allocated_to: expected B,"),
    "fault": (IDLE, "fault", "'answer-lost' never fired (matched 0 times)\n"),
    "unknown_path": (LOST, "unknown_path", "/refund does not exist; did you mean POST "),
    "crash": (CRASH, "crash", "the server crashed in POST /ordermanagement/v1/orders/"),
    "invariant": (BROKEN, "invariant", "more refunded than captured\n"),
}

every_failure = pytest.mark.parametrize("case", CASES)


@every_failure
def test_failed_sandbox_check_fails_the_test(case: str, tmp_path: Path) -> None:
    source, kind, expected_text = CASES[case]
    code, output = run_tests(tmp_path, source.format(allow=[]))
    assert (code, "1 failed" in output) == (1, True), output
    assert "\nkustom: sandbox checks failed after the test passed\n" in output
    assert f"\n  {kind}: " in output
    assert expected_text in output
    assert f'If this is intended: @pytest.mark.kustom(allow=["{kind}"])\n' in output


@every_failure
def test_allowed_check_does_not_fail_the_test(case: str, tmp_path: Path) -> None:
    source, kind, _ = CASES[case]
    code, output = run_tests(tmp_path, source.format(allow=[kind]))
    assert (code, "1 passed" in output) == (0, True), output


def test_single_fault_can_be_allowed_by_name(tmp_path: Path) -> None:
    code, output = run_tests(tmp_path, IDLE.format(allow=["answer-lost"]))
    assert code == 0, output


def test_flag_or_configuration_allows_in_all_tests(tmp_path: Path) -> None:
    source = IDLE.format(allow=[]).replace("@pytest.mark.kustom(allow=[])", "")
    code, output = run_tests(tmp_path, source, "--kustom-allow=fault")
    assert code == 0, output
    code, output = run_tests(tmp_path, source, ini="[pytest]\nkustom_allow = crash fault\n")
    assert code == 0, output


def test_unknown_name_in_allow_suggests_the_closest(tmp_path: Path) -> None:
    code, output = run_tests(tmp_path, IDLE.format(allow=["falt"]))
    assert code == 1
    assert "\nkustom: unknown name 'falt' in allow, did you mean 'fault'?\n" in output


def test_crash_is_shown_with_its_traceback(tmp_path: Path) -> None:
    _, output = run_tests(tmp_path, CRASH.format(allow=[]))
    assert "    Traceback (most recent call last):\n" in output
    assert "    RuntimeError: on purpose\n" in output


def test_report_shows_verdict_timeline_and_failed_allocation(
    tmp_path: Path,
) -> None:
    _, output = run_tests(tmp_path, UNMET.format(allow=[]))
    report = output.partition(" kustom ---")[2]
    assert "\nVerdict:\n  ok    " in report
    assert "\n  FAIL  orders.two-shipments.refunds[0].allocated_to: expected B," in report
    assert "\nOrder two-shipments (" in report
    assert "Z  order of 20000 placed\n" in report
    assert "Z  refunded 10000, not allocated (refund 1)\n" in report
    assert "\nThe last failed allocation:\n" in report
    assert "\n    Hint: Change reference 'B2468O' to 'B24680'.\n" in report


def test_report_of_a_failed_test_shows_the_last_refusal(tmp_path: Path) -> None:
    source = """
        def test(kustom):
            path = kustom.orders["fresh"] + "/captures"
            assert send(kustom, "POST", path, {"captured_amount": 20001}).status == 201
        """
    _, output = run_tests(tmp_path, source)
    assert "assert 403 == 201" in output
    assert "\nThe last refusal:\n" in output
    assert "Captured amount is higher than the remaining authorized amount." in output


def test_passed_test_prints_no_report(tmp_path: Path) -> None:
    _, output = run_tests(tmp_path, "def test(kustom): ...", "-rA")
    assert "Verdict" not in output


def test_skip_and_xfail_are_unchanged(tmp_path: Path) -> None:
    source = """
        @pytest.mark.xfail(strict=True)
        def test_expected(kustom):
            kustom.faults.add("x", on="refund", do={"lose_answer": "reset"})

        def test_skipped(kustom):
            kustom.faults.add("x", on="refund", do={"lose_answer": "reset"})
            pytest.skip("not today")
        """
    code, output = run_tests(tmp_path, source)
    assert (code, "1 skipped, 1 xfailed" in output) == (0, True), output


STEPS = """\
version: 1
orders: {{one: {{lines: [{{reference: A, unit_price: 500}}]}}}}
steps:
  - capture: {{order: one, name: first, lines: [A]}}
  - refund: {{order: one, lines: [A]}}
    expect: {{orders: {{one: {{refunds: [{{allocated_to: {capture}}}]}}}}}}
expect: {{orders: {{one: {{refunded_amount: {amount}}}}}}}
"""


def test_kustom_yaml_file_is_a_test(tmp_path: Path) -> None:
    text = STEPS.format(capture="first", amount=500)
    code, output = run_tests(tmp_path, "", "-v", story__kustom__yaml=text)
    assert (code, "story.kustom.yaml::story PASSED" in output) == (0, True), output


def test_kustom_yaml_fails_on_steps_and_expectations(tmp_path: Path) -> None:
    text = STEPS.format(capture="second", amount=500)
    code, output = run_tests(tmp_path, "", story__kustom__yaml=text)
    assert code == 1
    expected = "2. refund one: orders.one.refunds[0].allocated_to: expected second, got first\n"
    assert f"\nkustom: story.kustom.yaml\n{expected}" in output
    text = STEPS.format(capture="first", amount=400)
    code, output = run_tests(tmp_path, "", story__kustom__yaml=text)
    assert code == 1
    assert "\n  expect: orders.one.refunded_amount: expected 400, got 500\n" in output
