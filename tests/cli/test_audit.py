"""``kustom-mock audit`` and ``run --audit``: formats, exit codes, and what is refused."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree as ET

import pytest

from mockserver.audit.rule_table import AUDIT_RULES
from mockserver.cli.main import main
from mockserver.http.server import Server, running_in_thread
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.scenario import ScenarioDefaults, parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.audit import run_and_audit
from tools.docs_generator.audit_examples import AUDIT_EXAMPLES, scenario_of

ALLOW = "allow: [A101]\n"
ERRORS = scenario_of(AUDIT_EXAMPLES["A304"].bad) + ALLOW
WARNINGS = scenario_of(AUDIT_EXAMPLES["A301"].bad) + ALLOW

Audit: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def url() -> Iterator[str]:
    sandboxes = SandboxRegistry(parse_scenario("empty", parse_yaml("version: 1")))
    with running_in_thread(Server(sandboxes)) as address:
        yield address


@pytest.fixture
def audit(url: str, capsys: pytest.CaptureFixture[str]) -> Audit:
    """Run the verb against the server."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["audit", "--url", url, *arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def report(url: str) -> dict[str, Any]:
    """Play two shops: one with an error, one with a warning."""
    run_and_audit(url, "bad-shop", ERRORS)
    _, report = run_and_audit(url, "hasty-shop", WARNINGS)
    return dict(report)


@pytest.mark.usefixtures("report")
def test_text_report_has_finding_hint_and_requests(audit: Audit) -> None:
    code, out, _ = audit("bad-shop")
    assert code == 1
    assert "audit of sandbox bad-shop: 3 requests\n" in out
    assert "  A304 error: refund over several shipments  order " in out
    assert "      refund of 10000 names A, B, which were not captured together" in out
    assert "      hint: Send one refund for each shipment.\n" in out
    assert "docs: reference/audit/refunds.md#a304\n" in out
    assert "1 error, 0 warnings, 0 notes; " in out
    assert "hasty-shop" not in out


@pytest.mark.usefixtures("report")
def test_without_a_name_every_sandbox_is_audited(audit: Audit) -> None:
    _, out, _ = audit()
    assert "audit of sandbox bad-shop" in out
    assert "audit of sandbox hasty-shop" in out


def test_without_sandboxes_there_is_nothing_to_audit(audit: Audit) -> None:
    assert audit() == (0, "no sandbox is in use\n", "")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["hasty-shop"], 0),
        (["hasty-shop", "--fail-on", "warning"], 1),
        (["hasty-shop", "--fail-on", "warning", "--allow", "A301"], 0),
        (["bad-shop"], 1),
        (["bad-shop", "--allow", "A304"], 0),
        (["nobody"], 2),
        (["bad-shop", "--allow", "A3040"], 2),
    ],
)
@pytest.mark.usefixtures("report")
def test_exit_code_follows_the_worst_finding(
    audit: Audit, arguments: list[str], code: int
) -> None:
    assert audit(*arguments)[0] == code


@pytest.mark.usefixtures("report")
def test_silenced_rule_is_counted_in_the_text(audit: Audit) -> None:
    _, out, _ = audit("bad-shop", "--allow", "A304,A101", "--allow", "A105")
    assert " silenced\n" in out
    assert "  A105 is allowed, but nothing was found\n" in out


@pytest.mark.usefixtures("report")
def test_rules_that_were_not_tried_are_listed_on_request(audit: Audit) -> None:
    rule = AUDIT_RULES["A105"]
    line = f"  not tried A105: {rule.situation}; scenario: {rule.docs}\n"
    assert line not in audit("bad-shop")[1]
    assert line in audit("bad-shop", "--not-tried")[1]


def test_unchecked_rule_is_printed_with_its_reason(audit: Audit, url: str) -> None:
    text = scenario_of(AUDIT_EXAMPLES["A601"].bad).replace(
        "09:00:00Z", "09:00:00Z, frozen: true"
    )
    run_and_audit(url, "frozen", text)
    assert "  not judged A601: the clock of the sandbox is frozen" in audit("frozen")[1]


def test_json_report_equals_the_control_api_response(
    audit: Audit, report: dict[str, Any]
) -> None:
    _, out, _ = audit("hasty-shop", "--format", "json")
    assert json.loads(out) == {"sandboxes": [report]}


@pytest.mark.usefixtures("report")
def test_github_gets_one_annotation_per_code(audit: Audit, url: str) -> None:
    run_and_audit(url, "a-better-shop", WARNINGS)
    run_and_audit(url, "worse-shop", ERRORS)
    _, out, _ = audit("--format", "github")
    lines = out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("::error title=A304 refund over several shipments::refund of")
    assert "(and 1 more)" in lines[0]
    assert lines[1].startswith("::warning title=A301 ")


def test_note_is_a_notice_for_github(audit: Audit, url: str) -> None:
    run_and_audit(url, "shop", scenario_of(AUDIT_EXAMPLES["A101"].bad))
    assert audit("--format", "github")[1].startswith("::notice title=A101 ")


@pytest.fixture
def cut_url() -> Iterator[str]:
    """A server whose journal has dropped the first two of three requests."""
    defaults = ScenarioDefaults(journal_size=1)
    sandboxes = SandboxRegistry(parse_scenario("empty", parse_yaml("version: 1"), defaults))
    with running_in_thread(Server(sandboxes)) as address:
        run_and_audit(address, "cut", ERRORS)
        yield address


@pytest.mark.parametrize("output_format", ["text", "github", "sarif"])
def test_every_format_reports_a_cut_journal(
    cut_url: str, capsys: pytest.CaptureFixture[str], output_format: str
) -> None:
    main(["audit", "--url", cut_url, "--format", output_format])
    out = capsys.readouterr().out
    assert "nothing found in the last 1 of 3 requests; the journal dropped the others" in out
    assert {
        "text": "audit of sandbox cut: the last 1 of 3 requests\n",
        "github": "::warning title=audit rules not judged::sandbox cut: not judged A102, ",
        "sarif": '"toolExecutionNotifications": [',
    }[output_format] in out


def test_rules_that_a_frozen_clock_hides_are_a_notice(audit: Audit, url: str) -> None:
    text = scenario_of(AUDIT_EXAMPLES["A601"].bad).replace(
        "09:00:00Z", "09:00:00Z, frozen: true"
    )
    run_and_audit(url, "frozen", text)
    last_line = audit("--format", "github")[1].splitlines()[-1]
    assert last_line.startswith(
        "::notice title=audit rules not judged::sandbox frozen: not judged A601: the clock"
    )


@pytest.mark.usefixtures("report")
def test_every_sarif_result_has_a_file_and_a_fingerprint(audit: Audit) -> None:
    _, out, _ = audit("--format", "sarif")
    (run,) = json.loads(out)["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(AUDIT_RULES)
    assert [result["ruleId"] for result in run["results"]] == ["A304", "A301"]
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "ordermanagement/v1/orders"
        assert result["properties"]["order_id"] not in json.dumps(result["partialFingerprints"])


def test_unreachable_server_exits_2_with_its_address(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["audit", "--url", "http://127.0.0.1:1"]) == 2
    assert "kustom-mock: no response from http://127.0.0.1:1: " in capsys.readouterr().err


def test_admin_token_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    sandboxes = SandboxRegistry(parse_scenario("empty", parse_yaml("version: 1")))
    with running_in_thread(Server(sandboxes, admin_token="t0ken")) as address:
        assert main(["audit", "--url", address]) == 2
        assert "Authorization: Bearer" in capsys.readouterr().err
        assert main(["audit", "--url", address, "--admin-token", "t0ken"]) == 0


@pytest.mark.parametrize(
    ("text", "flags", "code", "expected_text"),
    [
        (ERRORS, ["--audit"], 1, "      audit: A304 error: refund over several shipments"),
        (ERRORS, ["--audit", "--allow", "crash,A304"], 0, "1 passed, 0 failed"),
        (WARNINGS, ["--audit"], 0, "      A301 warning: refund without lines"),
        (ERRORS, [], 0, "1 passed, 0 failed"),
    ],
)
def test_run_audits_the_client_of_every_scenario(
    text: str,
    flags: list[str],
    code: int,
    expected_text: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(text, encoding="utf-8")
    assert main(["run", str(file), *flags]) == code
    assert expected_text in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "expected_text"),
    [
        (["--allow", "A3040"], "--allow: unknown name 'A3040', did you mean 'A304'?"),
        (["--audit", "--base-url", "http://127.0.0.1:1"], "--audit: needs the built-in server"),
    ],
)
def test_run_refuses_audit_flags_that_it_cannot_apply(
    flags: list[str], expected_text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(ERRORS, encoding="utf-8")
    assert main(["run", str(file), *flags]) == 2
    assert expected_text in capsys.readouterr().err


@pytest.mark.usefixtures("report")
def test_junit_has_a_case_for_each_rule(audit: Audit) -> None:
    _, out, _ = audit("bad-shop", "--format", "junit")
    suite = ET.fromstring(out)[0]
    cases = {case.get("name", "").split()[0]: case for case in suite}
    assert cases.keys() >= AUDIT_RULES.keys() - {"A101"}  # which the scenario allows
    assert cases["A304"].find("failure") is not None
    skipped = [case for case in suite if case.find("skipped") is not None]
    assert suite.get("skipped") == str(len(skipped))
    assert cases["A111"].find("skipped") is not None


def test_unreadable_certificate_authority_is_refused() -> None:
    assert main(["audit", "--url", "https://127.0.0.1:9", "--ca-file", "missing.pem"]) == 2
