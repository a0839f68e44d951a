"""``--kustom-audit``: audits in the summary of a run, and tests that fail by one."""

from pathlib import Path

import pytest

from tests.support.pytest_project import run_tests

SPLIT_REFUND = """
    @pytest.mark.kustom(scenario="split-shipment", allow={allow})
    def test(kustom):
        shirt = {{**SNEAKERS, "reference": "A12345", "unit_price": 3000, "total_amount": 3000}}
        sneakers = {{**SNEAKERS, "unit_price": 5000, "total_amount": 5000}}
        refund = {{"refunded_amount": 8000, "order_lines": [shirt, sneakers]}}
        order_id = kustom.orders["two-shipments"]
        assert send(kustom, "POST", order_id + "/refunds", refund).status == 201
    """
FINDING = "A304 error: refund over several shipments"
ALLOWED = ["expect", "A101"]


@pytest.mark.parametrize(
    ("flags", "code", "in_summary"),
    [
        ([], 0, False),
        (["--kustom-audit=off"], 0, False),
        (["--kustom-audit=report"], 0, True),
        (["--kustom-audit=report", "-n", "1"], 0, True),
        (["--kustom-audit=fail"], 1, True),
        (["--kustom-audit=fail", "--kustom-allow", "A304"], 1, True),  # the marker wins
    ],
)
def test_audit_mode_decides_whether_an_error_fails_the_test(
    *, flags: list[str], code: int, in_summary: bool, tmp_path: Path
) -> None:
    source = SPLIT_REFUND.format(allow=ALLOWED)
    actual_code, output = run_tests(tmp_path, source, *flags)
    assert (actual_code, FINDING in output) == (code, in_summary), output
    assert ("kustom audit" in output) == in_summary
    failed = "kustom: the audit failed after the test passed"
    assert (failed in output) == (code == 1)


def test_code_in_the_marker_is_silenced(tmp_path: Path) -> None:
    source = SPLIT_REFUND.format(allow=[*ALLOWED, "A304"])
    code, output = run_tests(tmp_path, source, "--kustom-audit=fail")
    assert (code, "kustom audit" in output) == (0, False), output


def test_configuration_sets_the_mode(tmp_path: Path) -> None:
    source = SPLIT_REFUND.format(allow=ALLOWED)
    code, _ = run_tests(tmp_path, source, ini="[pytest]\nkustom_audit = fail\n")
    assert code == 1


def test_unknown_code_is_one_usage_error(tmp_path: Path) -> None:
    code, output = run_tests(tmp_path, "def test(kustom): ...", "--kustom-allow=A30")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "--kustom-allow: unknown audit code 'A30', did you mean 'A30" in output


def test_unknown_mode_is_a_usage_error(tmp_path: Path) -> None:
    code, output = run_tests(tmp_path, "", ini="[pytest]\nkustom_audit = loud\n")
    assert code == 4
    assert "kustom_audit: expected one of off, report, fail, got 'loud'" in output


def test_unknown_code_is_refused(tmp_path: Path) -> None:
    source = SPLIT_REFUND.format(allow=[*ALLOWED, "A3040"])
    code, output = run_tests(tmp_path, source)
    assert code == 1
    assert "unknown name 'A3040' in allow, did you mean 'A304'?" in output
