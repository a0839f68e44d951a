"""What a test fails on when it is over, word for word, and how it is allowed."""

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
        assert ask(kustom, "POST", order_id + "/refunds", refund).status == 201
    """
IDLE = """
    @pytest.mark.kustom(allow={allow})
    def test(kustom):
        kustom.faults.add("answer-lost", on="refund", do={{"lose_answer": "reset"}})
    """
LOST = """
    @pytest.mark.kustom(allow={allow})
    def test(kustom):
        assert ask(kustom, "POST", kustom.orders["fresh"] + "/refund").status == 404
    """
CRASH = """
    from mockserver.sandbox.sandbox import Sandbox

    @pytest.mark.kustom(allow={allow})
    def test(kustom, monkeypatch):
        def broken(*_, **__):
            raise RuntimeError("on purpose")
        monkeypatch.setattr(Sandbox, "execute", broken)
        path = kustom.orders["fresh"] + "/captures"
        assert ask(kustom, "POST", path, {{"captured_amount": 1}}).status == 500
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
    "fault": (IDLE, "fault", "'answer-lost' never fired (0 matched)\n"),
    "unknown_path": (LOST, "unknown_path", "/refund does not exist; did you mean POST "),
    "crash": (CRASH, "crash", "the server crashed in POST /ordermanagement/v1/orders/"),
    "invariant": (BROKEN, "invariant", "more refunded than captured\n"),
}

every_failure = pytest.mark.parametrize("case", CASES)


@every_failure
def test_a_test_fails_on_what_its_sandbox_holds_against_it(case: str, tmp_path: Path) -> None:
    source, kind, words = CASES[case]
    code, said = run_tests(tmp_path, source.format(allow=[]))
    assert (code, "1 failed" in said) == (1, True), said
    assert "\nkustom: the sandbox has something against this test\n" in said
    assert f"\n  {kind}: " in said
    assert words in said
    assert f'If this is meant: @pytest.mark.kustom(allow=["{kind}"])\n' in said


@every_failure
def test_what_is_allowed_by_name_does_not_fail_a_test(case: str, tmp_path: Path) -> None:
    source, kind, _ = CASES[case]
    code, said = run_tests(tmp_path, source.format(allow=[kind]))
    assert (code, "1 passed" in said) == (0, True), said


def test_a_single_fault_is_allowed_by_its_own_name(tmp_path: Path) -> None:
    code, said = run_tests(tmp_path, IDLE.format(allow=["answer-lost"]))
    assert code == 0, said


def test_a_flag_or_the_configuration_allows_for_all_tests(tmp_path: Path) -> None:
    source = IDLE.format(allow=[]).replace("@pytest.mark.kustom(allow=[])", "")
    code, said = run_tests(tmp_path, source, "--kustom-allow=fault")
    assert code == 0, said
    code, said = run_tests(tmp_path, source, ini="[pytest]\nkustom_allow = crash fault\n")
    assert code == 0, said


def test_an_unknown_name_in_allow_is_answered_with_the_nearest(tmp_path: Path) -> None:
    code, said = run_tests(tmp_path, IDLE.format(allow=["falt"]))
    assert code == 1
    assert "\nkustom: unknown name 'falt' in allow, did you mean 'fault'?\n" in said


def test_a_crash_is_shown_with_its_traceback(tmp_path: Path) -> None:
    _, said = run_tests(tmp_path, CRASH.format(allow=[]))
    assert "    Traceback (most recent call last):\n" in said
    assert "    RuntimeError: on purpose\n" in said


def test_a_failure_tells_the_verdict_the_timeline_and_the_last_failed_allocation(
    tmp_path: Path,
) -> None:
    _, said = run_tests(tmp_path, UNMET.format(allow=[]))
    story = said.partition(" kustom ---")[2]
    assert "\nVerdict:\n  ok  " in story
    assert "\n  FAIL  orders.two-shipments.refunds[0].allocated_to: expected B," in story
    assert "\nOrder two-shipments (" in story
    assert "Z  order of 20000 placed\n" in story
    assert "Z  refunded 10000, failed\n" in story
    assert "\nThe last failed allocation:\n" in story
    assert "\n    Hint: Change reference 'B2468O' to 'B24680'.\n" in story


def test_a_test_that_fails_by_itself_tells_the_last_refusal(tmp_path: Path) -> None:
    source = """
        def test(kustom):
            path = kustom.orders["fresh"] + "/captures"
            assert ask(kustom, "POST", path, {"captured_amount": 20001}).status == 201
        """
    _, said = run_tests(tmp_path, source)
    assert "assert 403 == 201" in said
    assert "\nThe last refusal:\n" in said
    assert "Captured amount is higher than the remaining authorized amount." in said


def test_a_passed_test_says_nothing(tmp_path: Path) -> None:
    _, said = run_tests(tmp_path, "def test(kustom): ...", "-rA")
    assert "Verdict" not in said


def test_a_skipped_or_expected_failure_is_left_as_it_is(tmp_path: Path) -> None:
    source = """
        @pytest.mark.xfail(strict=True)
        def test_expected(kustom):
            kustom.faults.add("x", on="refund", do={"lose_answer": "reset"})

        def test_skipped(kustom):
            kustom.faults.add("x", on="refund", do={"lose_answer": "reset"})
            pytest.skip("not today")
        """
    code, said = run_tests(tmp_path, source)
    assert (code, "1 skipped, 1 xfailed" in said) == (0, True), said


STORY = """\
version: 1
orders: {{one: {{lines: [{{reference: A, unit_price: 500}}]}}}}
steps:
  - capture: {{order: one, name: first, lines: [A]}}
  - refund: {{order: one, lines: [A]}}
    expect: {{orders: {{one: {{refunds: [{{allocated_to: {capture}}}]}}}}}}
expect: {{orders: {{one: {{refunded_amount: {amount}}}}}}}
"""


def test_a_scenario_file_with_steps_is_a_test(tmp_path: Path) -> None:
    text = STORY.format(capture="first", amount=500)
    code, said = run_tests(tmp_path, "", "-v", story__kustom__yaml=text)
    assert (code, "story.kustom.yaml::story PASSED" in said) == (0, True), said


def test_a_step_that_goes_otherwise_fails_it_and_so_does_the_end(tmp_path: Path) -> None:
    text = STORY.format(capture="second", amount=500)
    code, said = run_tests(tmp_path, "", story__kustom__yaml=text)
    assert code == 1
    expected = "2. refund one: orders.one.refunds[0].allocated_to: expected second, got first\n"
    assert f"\nkustom: story.kustom.yaml\n{expected}" in said
    text = STORY.format(capture="first", amount=400)
    code, said = run_tests(tmp_path, "", story__kustom__yaml=text)
    assert code == 1
    assert "\n  expect: orders.one.refunded_amount: expected 400, got 500\n" in said
