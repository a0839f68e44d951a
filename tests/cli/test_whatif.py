"""``kustom-mock whatif``: the report as text and JSON, and what is refused."""

import json
from collections.abc import Callable
from typing import TypeAlias

import pytest

from mockserver.cli.main import main
from tests.support.audit import run_and_audit

SCENARIO = """
version: 1
orders:
  shop:
    lines: [{reference: A, name: T-shirt, unit_price: 3000}]
    captures: {one: {lines: [A]}}
steps: [{refund: {order: shop, amount: 2000}}]
"""

Whatif: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def whatif(server_url: str, capsys: pytest.CaptureFixture[str]) -> Whatif:
    """Run the verb against a server with a recorded refund."""
    run_and_audit(server_url, "whatif-cli", SCENARIO)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["whatif", "--url", server_url, *arguments])
        return code, *capsys.readouterr()

    return run


def test_text_names_the_assumption_and_both_outcomes(whatif: Whatif) -> None:
    code, out, _ = whatif("whatif-cli")
    assert code == 0
    assert "  unallocated_refund: none\n" in out
    assert "      here   201 not_attempted, booked 2000 on " in out
    assert "      there  201 not_attempted, booked nowhere\n" in out
    assert "    in the end, order " in out


def test_json_is_the_answer_of_the_control_api(whatif: Whatif) -> None:
    _, out, _ = whatif("whatif-cli", "--format", "json", "--assume", "unallocated_refund=none")
    assert json.loads(out)["branches"][0]["assume"] == {"unallocated_refund": "none"}


def test_whatif_without_differences_prints_no_difference(whatif: Whatif) -> None:
    _, out, _ = whatif("whatif-cli", "--assume", "capture_capacity=captured")
    assert out.endswith("  no difference\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["whatif-unknown"], "no sandbox 'whatif-unknown' is in use"),
        (["whatif-cli", "--assume", "a=b"], "unknown assumption 'a'"),
    ],
)
def test_bad_input_is_refused(whatif: Whatif, arguments: list[str], message: str) -> None:
    code, _, error = whatif(*arguments)
    assert code == 2
    assert message in error
