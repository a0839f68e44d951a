"""Work of parsing, building and linting grows linearly with the size of a scenario.

Work is the number of calls, which does not depend on the machine. Each scenario is as long
as possible in one key; most have a mistake in each entry, because suggestions cost most.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mockserver.domain import wording
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.lint import lint
from mockserver.scenario.scenario import parse_scenario, wrap_value
from mockserver.scenario.times import parse_duration
from tests.support.work import count_calls

LINE = {"unit_price": 1}
SMALL = 50
UNLIKE = "x" * 40
"""Start of a name that is compared with all others, and quickly found to be like none."""
MAX_GROWTH = 2.3  # of the work, if the size doubles


def numbered(count: int, value: object, prefix: str = "name") -> dict[str, Any]:
    return {f"{prefix} {number:05}": value for number in range(count)}


def order(**more: object) -> dict[str, Any]:
    return {"orders": {"one": {"lines": [LINE], **more}}}


def articles(count: int) -> list[dict[str, Any]]:
    return [{"reference": f"R{number:05}", "unit_price": 1} for number in range(count)]


SCENARIOS: dict[str, Callable[[int], Mapping[str, Any]]] = {
    "orders": lambda n: {"orders": numbered(n, {"lines": [LINE]})},
    "misspelt orders of expect": lambda n: {
        "orders": numbered(n, {"lines": [LINE]}),
        "expect": {"orders": numbered(n, {"status": "CAPTURED"}, UNLIKE)},
    },
    "misspelt orders of requests": lambda n: {
        "orders": numbered(n, {"lines": [LINE]}),
        "expect": {
            "requests": [
                {"operation": "refund", "order": name, "count": 1}
                for name in numbered(n, 0, UNLIKE)
            ]
        },
    },
    "misspelt references of a capture": lambda n: order(
        lines=articles(n),
        captures={"A": {"lines": [f"{UNLIKE}{number}" for number in range(n)]}},
    ),
    "references of a capture": lambda n: order(
        lines=articles(n), captures={"A": {"lines": [f"R{number:05}" for number in range(n)]}}
    ),
    "orders of faults, by id": lambda n: {
        "orders": {
            f"o{number}": {"order_id": f"id{number}", "lines": [LINE]} for number in range(n)
        },
        "faults": {
            f"f{number}": {"order": f"id{number}", "do": {"garbage": True}}
            for number in range(n)
        },
    },
    "misspelt orders of faults": lambda n: {
        "orders": numbered(n, {"lines": [LINE]}),
        "faults": {
            f"f{number}": {"order": f"{UNLIKE} {number}", "do": {"garbage": True}}
            for number in range(n)
        },
    },
    "misspelt names in expected captures": lambda n: {
        **order(),
        "steps": [
            {"capture": {"order": "one", "name": f"c{number}", "amount": 0}}
            for number in range(n)
        ],
        "expect": {"orders": {"one": {"captures": numbered(n, {"captured_amount": 0})}}},
    },
    "lines of steps": lambda n: {
        **order(lines=articles(n)),
        "steps": [
            {"capture": {"order": "one", "lines": [f"R{number:05}"]}} for number in range(n)
        ],
    },
    "captures of steps": lambda n: {
        **order(),
        "steps": [
            {"capture": {"order": "one", "name": f"c{number}", "amount": 0}}
            for number in range(n)
        ]
        + [{"get_capture": {"order": "one", "capture": f"c{number}"}} for number in range(n)],
    },
    "misspelt keys": lambda n: numbered(n, 0),
    "credentials": lambda n: {"credentials": numbered(n, "secret")},
    "allow": lambda n: {"allow": ["W301"] * n},
}


def load(spec: Mapping[str, Any]) -> None:
    try:
        lint(parse_scenario("growth", wrap_value(spec)))
    except ScenarioError:
        return


@pytest.mark.parametrize("case", SCENARIOS)
def test_work_grows_linearly_with_the_size_of_a_scenario(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wording, "MAX_COMPARED_NAMES", 10)  # which the sizes exceed
    load(SCENARIOS[case](SMALL))  # imports and compiled schemas are not part of the work
    small = count_calls(lambda: load(SCENARIOS[case](SMALL)))
    large = count_calls(lambda: load(SCENARIOS[case](2 * SMALL)))
    assert large <= MAX_GROWTH * small


def test_work_of_an_endless_duration_does_not_depend_on_its_length() -> None:
    def refuse(length: int) -> None:
        with pytest.raises(ValueError, match="not a duration"):
            parse_duration("1" * length)

    refuse(1000)
    assert count_calls(lambda: refuse(1000)) == count_calls(lambda: refuse(100_000))
