"""``--kustom-coverage``: what the tests of a run cover."""

import json
from pathlib import Path

import pytest

from tests.support.pytest_project import run_tests

TWO_TESTS = """
    import pytest

    @pytest.mark.parametrize("number", [1, 2])
    def test(kustom, number):
        order_id = next(iter(kustom.orders.values()))
        assert send(kustom, "GET", order_id).status == 200
    """


@pytest.mark.parametrize("flags", [[], ["-n", "2"]])
def test_coverage_of_all_tests_is_written(tmp_path: Path, flags: list[str]) -> None:
    file = tmp_path / "coverage.json"
    code, output = run_tests(tmp_path, TWO_TESTS, f"--kustom-coverage={file}", *flags)
    assert code == 0, output
    content = json.loads(file.read_text())
    assert content["cells"]["use/get_order"] == 2
    assert (content["sandboxes"], content["runs"]) == (2, 1)
    assert "::test[" in content["first"]["status/get_order/AUTHORIZED"]
    assert "in use: get_order" in output


def test_file_in_a_missing_folder_is_a_usage_error(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "coverage.json"
    code, output = run_tests(tmp_path, TWO_TESTS, f"--kustom-coverage={file}")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert f"--kustom-coverage: cannot write '{file}', its folder does not exist" in output
    assert "passed" not in output


def test_run_fails_if_coverage_cannot_be_written(tmp_path: Path) -> None:
    code, output = run_tests(tmp_path, TWO_TESTS, f"--kustom-coverage={tmp_path}")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert f"--kustom-coverage: cannot write '{tmp_path}': Is a directory" in output
    assert "2 passed" in output


CRASH = """
    import os
    import pytest

    @pytest.mark.parametrize("number", [1, 2, 3])
    def test(kustom, number):
        order_id = next(iter(kustom.orders.values()))
        assert send(kustom, "GET", order_id).status == 200
        if number == 2:
            os._exit(1)
    """


def test_worker_that_crashes_loses_only_the_test_that_it_ran(tmp_path: Path) -> None:
    file = tmp_path / "coverage.json"
    code, output = run_tests(tmp_path, CRASH, f"--kustom-coverage={file}", "-n", "1")
    assert code == 1, output
    assert json.loads(file.read_text())["cells"]["use/get_order"] == 2
    assert "not counted: the last test of 1 worker that crashed" in output
