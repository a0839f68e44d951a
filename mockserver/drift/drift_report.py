"""Report where an account differs from the prediction, and which rule each concerns.

The scenario is predicted once more under every other value of every assumption. A value
that predicts what was seen is what the difference speaks for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from mockserver import __version__
from mockserver.domain.assumptions import ASSUMPTIONS, Assumptions, switch_assumptions
from mockserver.domain.errors import ERROR_CATALOGUE
from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.drift.comparison import FieldDifference, compare
from mockserver.drift.exchanges import RecordedExchange, names_of_ids, predict
from mockserver.drift.masking import mask_text
from mockserver.scenario.order_builder import parse_payment_method
from mockserver.scenario.scenario import Scenario
from mockserver.scenario.shoppers import DEFAULT_COUNTRY
from mockserver.testing.in_process import InProcessServer
from mockserver.testing.step_runner import StepRunner
from mockserver.whatif.branch import other_values

LIVE_DOMAINS = ("kustom.co", "klarna.com")
PLAYGROUND = "playground"
TABLES_DIGEST_LENGTH = 12  # hexadecimal digits


class DriftDifference(Struct, frozen=True):
    """One difference, with the rule it concerns.

    Attributes:
        request: the request, with names in place of ids.
        kind: ``order`` if the first read differs, ``settles`` if one value of an
            assumption predicts what was seen, ``consistent_with`` if several do or the
            orders differ, ``unknown_field`` for a field that no response here has,
            ``form`` if only a spelling, a format or an order differs, ``contradicts``
            otherwise.
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
    """The differences of one scenario; nothing in it names a person or an account.

    Attributes:
        tables: digest of the tables that predicted the responses.
        account: ``playground``, ``live`` or ``other``.
        payment_methods: those of the scenario's orders.
        requests: how many were compared.
    """

    scenario: str
    version: str
    tables: str
    account: str
    country: str
    payment_methods: tuple[str, ...]
    date: str
    requests: int
    differences: tuple[DriftDifference, ...]


def classify_host(url: str) -> str:
    """Return ``playground``, ``live`` or ``other`` for the address of an account."""
    host = (urlsplit(url).hostname or "").lower()
    if PLAYGROUND in host:
        return PLAYGROUND
    is_live = any(host == name or host.endswith(f".{name}") for name in LIVE_DOMAINS)
    return "live" if is_live else "other"


def digest_tables() -> str:
    """Return a digest of the tables that answer requests: it changes with each rule."""
    rows = [
        *((operation, *row.items()) for operation, row in LIFECYCLE.items()),
        *(
            (d.reason, d.status, d.code, d.message, sorted(d.operations))
            for d in ERROR_CATALOGUE
        ),
        *((a.name, a.default, *a.meanings) for a in ASSUMPTIONS.values()),
    ]
    return sha256(repr(rows).encode()).hexdigest()[:TABLES_DIGEST_LENGTH]


def _payment_methods(scenario: Scenario) -> tuple[str, ...]:
    orders = scenario.spec.get("orders", {}).values()
    return tuple(sorted({parse_payment_method(order).type for order in orders}))


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
        every = _differences(predicted, exchanges, names_of_ids(local), seen_ids)
        located = [*_omit_repeated(every, exchanges)]
        alternatives = (
            [*_alternatives(server, scenario, exchanges, seen_ids)] if located else []
        )
    differences = tuple(
        _explain(number, difference, predicted, exchanges, seen_ids, alternatives)
        for number, difference in located
    )
    orders = len(scenario.spec.get("orders", {}))
    return DriftReport(
        scenario=scenario.name,
        version=__version__,
        tables=digest_tables(),
        account=classify_host(url),
        country=str(scenario.spec.get("country", DEFAULT_COUNTRY)),
        payment_methods=_payment_methods(scenario),
        date=f"{today:%Y-%m-%d}",
        requests=len(exchanges),
        differences=_mark_order_differences(
            differences, sum(number < orders for number, _ in located)
        ),
    )


def _mark_order_differences(
    differences: tuple[DriftDifference, ...], first_reads: int
) -> tuple[DriftDifference, ...]:
    """Mark the differences of the orders at the start; with any, nothing is settled."""
    kinds = ["order" if d.kind == "contradicts" else d.kind for d in differences[:first_reads]]
    kinds += [difference.kind for difference in differences[first_reads:]]
    if "order" in kinds:
        kinds = ["consistent_with" if kind == "settles" else kind for kind in kinds]
    return tuple(replace(d, kind=kind) for d, kind in zip(differences, kinds, strict=True))


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


def _omit_repeated(
    differences: Iterable[LocatedDifference], seen: Sequence[RecordedExchange]
) -> Iterator[LocatedDifference]:
    """Yield the differences without those that an earlier read of the same path had."""
    earlier: set[tuple[str, FieldDifference]] = set()
    for number, difference in differences:
        request = seen[number].request
        if (request, difference) not in earlier:
            yield number, difference
        if request.startswith("GET "):
            earlier.add((request, difference))


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
    # A value that does not predict the status predicts no other part of the response.
    places = {(number, "status"), (number, difference.place)}
    fitting = tuple(name for name, wrong in alternatives if places.isdisjoint(wrong))
    kind = "contradicts" if difference.kind == "value" else difference.kind
    if fitting:
        kind = "settles" if len(fitting) == 1 else "consistent_with"
    rule = predicted[number].rule
    return DriftDifference(
        request=mask_text(seen[number].request, seen_ids),
        place=mask_text(difference.place, seen_ids),
        predicted=difference.predicted,
        seen=difference.seen,
        kind=kind,
        rule=rule.name if rule else "",
        mark=rule.mark if rule else "",
        source=rule.source if rule else "",
        assumptions=fitting,
    )
