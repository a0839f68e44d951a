"""Write the results of a contract run or an audit as JUnit XML."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Result of one test case: the steps, the command, the expectations, or a rule.

    ``skipped`` is the reason why it says nothing.
    """

    name: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    output: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """Result of one scenario."""

    scenario: str
    cases: tuple[CaseResult, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether no case has a problem."""
        return not any(case.problems for case in self.cases)


def render_junit(results: Iterable[ScenarioResult]) -> bytes:
    """Render results as JUnit XML: one suite per scenario, one test case per check."""
    root = ET.Element("testsuites", name="kustom-mock")
    for result in results:
        failed = [case for case in result.cases if case.problems]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=_clean(result.scenario),
            tests=str(len(result.cases)),
            failures=str(len(failed)),
            errors="0",
            skipped=str(sum(bool(case.skipped) for case in result.cases)),
            time=f"{result.seconds:.3f}",
        )
        for case in result.cases:
            _add_case(suite, result.scenario, case)
    ET.indent(root)
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml + b"\n"


def _add_case(suite: ET.Element, scenario: str, case: CaseResult) -> None:
    element = ET.SubElement(suite, "testcase", classname=_clean(scenario), name=case.name)
    if case.skipped:
        ET.SubElement(element, "skipped", message=_clean(case.skipped))
    if case.problems:
        failure = ET.SubElement(
            element,
            "failure",
            type=case.name,
            message=_clean(case.problems[0]),
        )
        failure.text = _clean("\n".join(case.problems))
    output_lines: Sequence[str] = [*case.notes, case.output] if case.output else case.notes
    if output_lines:
        ET.SubElement(element, "system-out").text = _clean("\n".join(output_lines))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
