"""Number of examples of slow property tests; ``KUSTOM_FUZZ=10`` tries ten times as many."""

import os
from typing import Any

from hypothesis import HealthCheck, settings

EFFORT = int(os.environ.get("KUSTOM_FUZZ", "1"))
UNCHECKED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def effort(examples: int, **options: Any) -> settings:  # noqa: ANN401  # of Hypothesis
    """Return settings with this number of examples, times the effort."""
    return settings(
        max_examples=examples * EFFORT,
        deadline=None,
        suppress_health_check=UNCHECKED,
        **options,
    )
