"""A separate project: its own environment, the wheel, xdist, blocking and async clients."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pytest_project import run_tests

ROOT = Path(__file__).parents[2]
TIMEOUT = 300  # seconds, for a process that never ends
NEEDED = ("pytest>=9.0", "pytest-xdist>=3.6", "pytest-asyncio>=1.0")

SOURCE = """
    import aiohttp

    RETURN = {"refunded_amount": 10000, "order_lines": [SNEAKERS]}
    MISSPELT = {"refunded_amount": 10000, "order_lines": [{**SNEAKERS, "reference": "B2468O"}]}
    TWO = {
        "orders": {
            "two-shipments": {
                "lines": [
                    {"reference": "A12345", "unit_price": 10000},
                    {"reference": "B24680", "unit_price": 10000},
                ],
                "captures": {"A": {"lines": ["A12345"]}, "B": {"lines": ["B24680"]}},
            },
        },
        "expect": {"orders": {"two-shipments": {"refunds": [{"allocated_to": "B"}]}}},
    }

    async def refund(kustom, body):
        path = "/ordermanagement/v1/orders/" + kustom.orders["two-shipments"] + "/refunds"
        async with aiohttp.ClientSession(kustom.base_url, headers=kustom.headers) as session:
            async with session.post(path, json=body) as response:
                return response.status

    def test_blocking(kustom):
        order_id = kustom.load(TWO)["two-shipments"]
        assert send(kustom, "POST", order_id + "/refunds", RETURN).status == 201

    async def test_async(kustom):
        kustom.load(TWO)
        assert await refund(kustom, RETURN) == 201

    def test_blocking_misspelt(kustom):
        order_id = kustom.load(TWO)["two-shipments"]
        assert send(kustom, "POST", order_id + "/refunds", MISSPELT).status == 201

    async def test_async_misspelt(kustom):
        kustom.load(TWO)
        kustom.faults.add("unused", on="capture", do={"refuse": "conflict"})
        assert await refund(kustom, MISSPELT) == 201
    """
DOCUMENTED = (
    "\nkustom: sandbox checks failed after the test passed\n"
    "  expect: orders.two-shipments.refunds[0].allocated_to: expected B, got none"
    " (references_in_one_capture: 'B2468O' is on no capture;"
    " Change reference 'B2468O' to 'B24680'.)\n"
)
BLOCKING = f'{DOCUMENTED}If this is intended: @pytest.mark.kustom(allow=["expect"])\n'
ASYNC = (
    f"{DOCUMENTED}  fault: 'unused' never fired (matched 0 times)\n"
    'If this is intended: @pytest.mark.kustom(allow=["expect", "fault"])\n'
)


def call(*command: str, folder: Path = ROOT) -> str:
    process = subprocess.run(
        command,
        check=False,
        capture_output=True,
        cwd=folder,
        text=True,
        timeout=TIMEOUT,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def project_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of a fresh environment that has the wheel."""
    folder = tmp_path_factory.mktemp("project")
    uv = (sys.executable, "-m", "uv")
    call(*uv, "build", "--quiet", "--wheel", "--out-dir", str(folder))
    call(*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
    (wheel,) = folder.glob("*.whl")
    python = str(folder / "venv" / "bin" / "python")
    call(*uv, "pip", "install", "--quiet", "--python", python, str(wheel), *NEEDED)
    return python


def test_new_project_sees_documented_failures_under_xdist(
    project_python: str,
    tmp_path: Path,
) -> None:
    settings = "asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    code, output = run_tests(
        tmp_path,
        SOURCE,
        "-n",
        "2",
        python=project_python,
        ini=f"[pytest]\n{settings}",
    )
    assert (code, "2 failed, 2 passed" in output) == (1, True), output
    assert BLOCKING in output
    assert ASYNC in output
    assert "The last failed allocation:\n" in output


def test_new_project_has_the_verbs_and_shipped_scenarios(
    project_python: str,
    tmp_path: Path,
) -> None:
    output = call(
        project_python, "-m", "mockserver", "run", "lost-refund-answer", folder=tmp_path
    )
    assert output == "ok    lost-refund-answer\n1 scenario: 1 passed, 0 failed\n"
