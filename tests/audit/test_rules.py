"""Every rule finds its bad example, and nothing in what is done well."""

from typing import Any

import pytest

from mockserver.audit.rule_table import AUDIT_RULES
from mockserver.report_types import AuditReport
from mockserver.schemas import shipped_schemas
from tests.support.audit import run_and_audit
from tests.support.case_tables import every_case
from tools.docs_generator.audit_examples import AUDIT_EXAMPLES, requests_of, scenario_of

every_rule = pytest.mark.parametrize("code", AUDIT_RULES)


def codes(rules: list[Any]) -> list[str]:
    return [rule["code"] for rule in rules]


def play(url: str, name: str, exchange: str) -> tuple[list[str], AuditReport]:
    return run_and_audit(url, name, scenario_of(exchange), requests=requests_of(exchange))


def test_every_rule_has_an_example() -> None:
    assert list(AUDIT_EXAMPLES) == list(AUDIT_RULES)


@every_rule
def test_bad_example_is_found(server_url: str, code: str) -> None:
    differences, report = play(server_url, f"bad-{code}", AUDIT_EXAMPLES[code].bad)
    assert differences == []
    assert code in codes(report["findings"])


@every_rule
def test_good_example_has_no_finding_worse_than_a_note(server_url: str, code: str) -> None:
    differences, report = play(server_url, f"good-{code}", AUDIT_EXAMPLES[code].good)
    assert differences == []
    assert [f for f in report["findings"] if f["code"] == code or f["severity"] != "note"] == []


@every_case("audit", "rules")
def test_case_yields_exactly_its_findings(server_url: str, case: dict[str, Any]) -> None:
    text = scenario_of(case["exchange"])
    if "allow:" not in text:
        text += "allow: [A101]\n"  # most cases are not about keys
    differences, report = run_and_audit(server_url, case["case"], text)
    assert differences == []
    found = [f"{finding['code']} {finding['severity']}" for finding in report["findings"]]
    assert sorted(found) == case["finds"]
    for code, part in case.get("says", {}).items():
        assert part in "\n".join(f["detail"] for f in report["findings"] if f["code"] == code)


@every_case("audit", "clients")
def test_normal_conduct_of_a_public_client_causes_no_false_alarm(
    server_url: str, case: dict[str, Any]
) -> None:
    differences, report = play(server_url, case["case"], case["exchange"])
    assert differences == []
    found = [f"{finding['code']} {finding['severity']}" for finding in report["findings"]]
    assert sorted(found) == case["finds"]


@every_rule
def test_rule_without_its_situation_is_listed_as_not_tried(server_url: str, code: str) -> None:
    _, report = run_and_audit(server_url, f"idle-{code}", scenario_of("steps: []"))
    reasons = {rule["code"]: rule["reason"] for rule in report["not_tried"]}
    assert reasons[code] == AUDIT_RULES[code].situation


def test_scenario_may_allow_every_rule() -> None:
    allow = shipped_schemas()["scenario.schema.json"]["properties"]["allow"]
    assert [code for code in allow["items"]["enum"] if code[0] == "A"] == list(AUDIT_RULES)
