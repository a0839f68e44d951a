"""The shipped scenarios keep themselves where they tell a story."""

from mockserver.scenario.loader import list_shipped
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.processes import run

TIMEOUT = 60  # seconds, for a process that never ends
STORIES = {
    "checkout-declined-once", "checkout-happy-path", "checkout-never-acknowledged",
    "checkout-pending-rejected", "checkout-push-first", "checkout-push-lost",
    "checkout-validation-redirect", "checkout-webhooks-shuffled",
    "capture-refused-once", "expiring-authorization", "gateway-trouble",
    "lost-refund-answer", "pending-fraud-review", "rate-limited",
    "rounding-from-unit-prices", "three-shipments",
}  # fmt: skip


def test_scenarios_unmet_by_their_seed_have_steps() -> None:
    with_steps = {
        name
        for name, file in list_shipped().items()
        if parse_yaml(file.read_bytes()).value.get("steps")
    }
    assert with_steps >= STORIES


def test_steps_of_every_shipped_scenario_pass() -> None:
    ended = run("run", "--jobs=4", *list_shipped(), timeout=TIMEOUT)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    kept = len(list_shipped())
    assert ended.stdout.endswith(f"\n{kept} scenarios: {kept} passed, 0 failed\n")
