"""Run few examples (``pytest -p tests.support.quick_profile``), for mutation tests."""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "few examples",
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("few examples")
