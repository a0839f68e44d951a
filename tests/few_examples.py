"""``pytest -p tests.few_examples``: for runs in which any failure will do, and soon."""

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
