"""Prometheus metrics."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockserver.homes.home import StoreCounts
from mockserver.http.messages import Response
from mockserver.sandbox.journal import Entry

if TYPE_CHECKING:
    from prometheus_client.core import Metric


@dataclass(slots=True, eq=False)
class Metrics:
    """Counters over all sandboxes since the server started.

    ``count_sandboxes`` returns how many sandboxes are in use. ``store`` counts what was
    stored, if sandboxes live in a store.
    """

    count_sandboxes: Callable[[], int]
    store: StoreCounts | None = None
    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    allocations: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def count(self, entry: Entry) -> None:
        """Count one request."""
        self.requests[entry.operation or "unknown", entry.status] += 1
        self.seconds += entry.seconds
        for fault in entry.faults:
            self.faults[fault.rpartition(": ")[2].partition(" ")[0]] += 1
        allocation = getattr(entry.result, "allocation", None)
        if allocation is not None and not entry.replayed:
            self.allocations[allocation.outcome] += 1

    def render(self) -> Response:
        """Render all metrics in Prometheus' text format."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest  # noqa: PLC0415  # only when scraped

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        body = generate_latest(registry)
        return Response(200, body, {"Content-Type": CONTENT_TYPE_LATEST})

    def collect(self) -> "Iterator[Metric]":
        """Yield all metrics to the Prometheus client library."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415  # only when scraped

        requests = CounterMetricFamily(
            "kustom_mock_requests",
            "Requests by operation and decided status.",
            labels=("operation", "status"),
        )
        for (operation, status), number in sorted(self.requests.items()):
            requests.add_metric((operation, str(status)), number)
        yield requests
        for name, help_text, label, counts in (
            ("faults", "Fault actions applied.", "action", self.faults),
            ("allocations", "Refunds by allocation outcome.", "outcome", self.allocations),
        ):
            family = CounterMetricFamily(f"kustom_mock_{name}", help_text, labels=(label,))
            for value, number in sorted(counts.items()):
                family.add_metric((value,), number)
            yield family
        seconds = "Time spent on requests, including fault delays."
        yield CounterMetricFamily("kustom_mock_request_seconds", seconds, self.seconds)
        sandboxes = self.count_sandboxes()
        yield GaugeMetricFamily("kustom_mock_sandboxes", "Sandboxes in use.", sandboxes)
        if self.store is not None:
            yield from self._collect_store(self.store)

    @staticmethod
    def _collect_store(counts: StoreCounts) -> "Iterator[Metric]":
        from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415  # only when scraped

        for name, help_text, value in (
            ("turns", "Turns that were settled in the store.", counts.turns),
            ("conflicts", "Turns that were taken again.", counts.conflicts),
            ("errors", "Turns that could not be settled.", counts.errors),
            ("seconds", "Time spent on commits.", counts.seconds),
        ):
            yield CounterMetricFamily(f"kustom_mock_store_{name}", help_text, value)
