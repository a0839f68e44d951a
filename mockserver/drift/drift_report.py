"""Report where an account differs from the prediction, and which rule each concerns.

The scenario is predicted once more under every other value of every assumption. A value
that predicts what was seen is what the difference speaks for.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, to_builtins

from mockserver import __version__
from mockserver.domain.assumptions import ASSUMPTIONS, Assumptions, switch_assumptions
from mockserver.drift.comparison import FieldDifference, compare
from mockserver.drift.exchanges import RecordedExchange, names_of_ids, predict
from mockserver.scenario.diagnostics import pluralize
from mockserver.scenario.scenario import Scenario
from mockserver.testing.in_process import InProcessServer
from mockserver.testing.step_runner import StepRunner
from mockserver.whatif.branch import other_values

LIVE_DOMAINS = ("kustom.co", "klarna.com")
PLAYGROUND = "playground"


class DriftDifference(Struct, frozen=True):
    """One difference, with the rule it concerns.

    Attributes:
        request: the request, with names in place of ids.
        kind: ``settles`` if one value of an assumption predicts what was seen,
            ``consistent_with`` if several do, ``unknown_field`` for a field that no
            response here has, ``contradicts`` otherwise.
        assumptions: those values, such as ``repeated_cancel: refused``.
    """

    request: str
    place: str
    predicted: str
    seen: str
    kind: str
    rule: str
    mark: str
    source: str
    assumptions: tuple[str, ...] = ()


class DriftReport(Struct, frozen=True):
    """The differences of one scenario; nothing in it names a person or an account."""

    scenario: str
    version: str
    account: str
    country: str
    date: str
    requests: int
    differences: tuple[DriftDifference, ...]

    def content(self) -> Mapping[str, Any]:
        """Return the report as plain values."""
        content: Mapping[str, Any] = to_builtins(self)
        return content


def classify_host(url: str) -> str:
    """Return ``playground``, ``live`` or ``other`` for the address of an account."""
    host = (urlsplit(url).hostname or "").lower()
    if PLAYGROUND in host:
        return PLAYGROUND
    is_live = any(host == name or host.endswith(f".{name}") for name in LIVE_DOMAINS)
    return "live" if is_live else "other"


def report_drift(
    scenario: Scenario,
    url: str,
    exchanges: Sequence[RecordedExchange],
    runner: StepRunner,
    today: datetime,
) -> DriftReport:
    """Compare the exchanges with an account with their prediction."""
    seen_ids = names_of_ids(runner)
    with InProcessServer() as server:
        predicted, local = predict(server, scenario, {})
        differences = _differences(predicted, exchanges, names_of_ids(local), seen_ids)
        located = [(number, difference) for number, difference in differences]
        alternatives = (
            [*_alternatives(server, scenario, exchanges, seen_ids)] if located else []
        )
    return DriftReport(
        scenario=scenario.name,
        version=__version__,
        account=classify_host(url),
        country=str(scenario.spec.get("country", "SE")),
        date=f"{today:%Y-%m-%d}",
        requests=len(exchanges),
        differences=tuple(
            _explain(number, difference, predicted, exchanges, seen_ids, alternatives)
            for number, difference in located
        ),
    )


LocatedDifference = tuple[int, FieldDifference]


def _differences(
    predicted: Sequence[RecordedExchange],
    seen: Sequence[RecordedExchange],
    predicted_ids: Mapping[str, str],
    seen_ids: Mapping[str, str],
) -> Iterator[LocatedDifference]:
    for number, (here, there) in enumerate(zip(predicted, seen, strict=False)):
        for difference in compare(here, there, predicted_ids, seen_ids):
            yield number, difference


def _alternatives(
    server: InProcessServer,
    scenario: Scenario,
    seen: Sequence[RecordedExchange],
    seen_ids: Mapping[str, str],
) -> Iterator[tuple[str, frozenset[tuple[int, str]]]]:
    """Yield each other value of an assumption, with the places it does not predict."""
    known = {k: v for k, v in scenario.spec.get("assume", {}).items() if k in ASSUMPTIONS}
    for name, value in other_values(switch_assumptions(Assumptions(), known)):
        predicted, local = predict(server, scenario, {name: value})
        wrong = _differences(predicted, seen, names_of_ids(local), seen_ids)
        places = frozenset((number, difference.place) for number, difference in wrong)
        text = str(value).lower() if isinstance(value, bool) else value
        yield f"{name}: {text}", places


def _explain(
    number: int,
    difference: FieldDifference,
    predicted: Sequence[RecordedExchange],
    seen: Sequence[RecordedExchange],
    seen_ids: Mapping[str, str],
    alternatives: Sequence[tuple[str, frozenset[tuple[int, str]]]],
) -> DriftDifference:
    place = (number, difference.place)
    fitting = tuple(name for name, wrong in alternatives if place not in wrong)
    kind = "contradicts" if difference.kind == "value" else difference.kind
    if fitting:
        kind = "settles" if len(fitting) == 1 else "consistent_with"
    request = seen[number].request
    for part_id, name in seen_ids.items():
        request = request.replace(part_id, f"({name})")
    rule = predicted[number].rule
    return DriftDifference(
        request=request,
        place=difference.place,
        predicted=difference.predicted,
        seen=difference.seen,
        kind=kind,
        rule=rule.name if rule else "",
        mark=rule.mark if rule else "",
        source=rule.source if rule else "",
        assumptions=fitting,
    )


def render_drift(report: DriftReport) -> str:
    """Render a report as text, without a final newline."""
    account = f"{pluralize(report.requests, 'request')} to an account ({report.account})"
    count = pluralize(len(report.differences), "difference")
    lines = [f"drift of {report.scenario}: {account}, {count}"]
    for difference in report.differences:
        lines.append(f"  {difference.kind}: {difference.request}  {difference.place}")
        lines.append(f"    predicted {difference.predicted}, seen {difference.seen}")
        lines.append(f"    rule: {difference.rule} ({difference.mark}: {difference.source})")
        if difference.assumptions:
            lines.append(f"    predicted by: {', '.join(difference.assumptions)}")
    return "\n".join(lines)
