"""Sandboxes are limited in number and time: which are evicted, and how that is reported."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal
from mockserver.sandbox import registry as registry_module
from mockserver.sandbox.eviction import PROTECTION, Eviction
from mockserver.sandbox.faults.actions import Refuse
from mockserver.sandbox.faults.rules import FaultRule, RequestFacts
from mockserver.sandbox.registry import SandboxRegistry
from tests.support.builders import NOW, make_order
from tests.support.templates import EmptyTemplate, names


class RealTime:
    """A clock of the registry that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return the time it was moved to."""
        return self.now


@pytest.fixture
def time() -> RealTime:
    return RealTime()


@pytest.fixture
def pair(time: RealTime) -> SandboxRegistry[EmptyTemplate]:
    """A registry for two sandboxes, which anna and then bo use."""
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=2, clock=time)
    registry.get_or_create("anna")
    registry.get_or_create("bo")
    return registry


def test_no_sandbox_is_evicted_up_to_the_limit(caplog: pytest.LogCaptureFixture) -> None:
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=2)
    for name in ("a", "b", "a", "b"):
        registry.get_or_create(name)
    assert (len(registry), list(registry.evicted), caplog.messages) == (2, [], [])


def test_reading_a_sandbox_does_not_refresh_its_last_use() -> None:
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=2)
    first = registry.get_or_create("a")
    registry.get_or_create("b")
    assert registry.get("a") is first
    registry.get_or_create("c")
    assert registry.get("a") is None


def test_evicted_sandbox_is_created_again_on_next_use() -> None:
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=1)
    first = registry.get_or_create("a")
    registry.get_or_create("b")
    assert registry.get_or_create("a") is not first
    assert [eviction.name for eviction in registry.evicted] == ["a", "b"]


def test_failed_build_evicts_no_sandbox() -> None:
    template = EmptyTemplate()
    registry = SandboxRegistry(template, max_sandboxes=1)
    existing = registry.get_or_create("a")
    template.failures = 3
    for name, attempt in (
        ("b", registry.get_or_create),
        ("a", lambda name: registry.fill(name, template)),
        ("a", registry.reset),
    ):
        with pytest.raises(LookupError):
            attempt(name)
    assert registry.get("a") is existing
    assert list(registry.evicted) == []


def test_number_of_sandboxes_stays_within_the_limit() -> None:
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=5)
    for number in range(50):
        registry.get_or_create(str(number))
    assert len(registry) == 5
    assert len(registry.evicted) == 45


def test_dropped_sandbox_frees_a_place() -> None:
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=2)
    registry.get_or_create("a")
    registry.get_or_create("b")
    assert registry.drop("a")
    assert not registry.drop("a")
    registry.get_or_create("c")
    assert (names(registry), list(registry.evicted)) == (["b", "c"], [])


# Protection of changed sandboxes


def change_by_merchant(registry: SandboxRegistry[EmptyTemplate]) -> None:
    registry.get_or_create("anna").add(make_order())


def change_by_control_api(registry: SandboxRegistry[EmptyTemplate]) -> None:
    registry.mark_changed("anna")


def fill_from_another_template(registry: SandboxRegistry[EmptyTemplate]) -> None:
    registry.fill("anna", EmptyTemplate())


def fire_a_fault(registry: SandboxRegistry[EmptyTemplate]) -> None:
    faults = registry.get_or_create("anna").faults
    faults.add(FaultRule("busy", (Refuse(Reason.CONFLICT),)))
    faults.apply(RequestFacts(Operation.CANCEL, "x", NOW, dict))


@pytest.mark.parametrize(
    "change",
    [change_by_merchant, change_by_control_api, fill_from_another_template, fire_a_fault],
    ids=lambda change: change.__name__,
)
def test_unchanged_sandbox_is_evicted_before_a_changed_one(
    pair: SandboxRegistry[EmptyTemplate],
    change: Callable[[SandboxRegistry[EmptyTemplate]], None],
) -> None:
    change(pair)
    pair.get_or_create("bo")
    pair.get_or_create("cleo")
    assert names(pair) == ["anna", "cleo"]


def test_new_sandbox_is_refused_while_all_are_changed_and_used(
    pair: SandboxRegistry[EmptyTemplate], time: RealTime
) -> None:
    for name in ("anna", "bo"):
        pair.mark_changed(name)
    time.now += PROTECTION - timedelta(seconds=1)
    with pytest.raises(Refusal) as caught:
        pair.authenticate("cleo", "secret")
    assert caught.value.reason is Reason.SERVER_IS_FULL
    assert (caught.value.facts["limit"], caught.value.facts["kind"]) == (2, "sandboxes")
    assert names(pair) == ["anna", "bo"]
    assert pair.template.built == ["anna", "bo"]


def test_changed_sandbox_is_evicted_after_an_hour_without_use(
    pair: SandboxRegistry[EmptyTemplate], time: RealTime
) -> None:
    for name in ("anna", "bo"):
        pair.mark_changed(name)
    time.now += PROTECTION
    pair.get_or_create("anna")
    pair.get_or_create("cleo")
    assert names(pair) == ["anna", "cleo"]


def test_reset_sandbox_counts_as_unchanged(pair: SandboxRegistry[EmptyTemplate]) -> None:
    for name in ("bo", "anna"):
        pair.mark_changed(name)
        pair.reset(name)
    pair.get_or_create("cleo")
    assert names(pair) == ["anna", "cleo"]


def test_marking_a_dropped_sandbox_as_changed_creates_none(
    pair: SandboxRegistry[EmptyTemplate],
) -> None:
    pair.drop("anna")
    pair.mark_changed("anna")
    assert names(pair) == ["bo"]


# After an eviction


def test_eviction_is_listed_with_time_and_reason(pair: SandboxRegistry[EmptyTemplate]) -> None:
    pair.get_or_create("cleo")
    assert list(pair.evicted) == [Eviction("anna", NOW, "more than 2 in use")]
    assert pair.evicted_count == 1


def test_sandbox_knows_the_eviction_of_its_predecessor(
    pair: SandboxRegistry[EmptyTemplate],
) -> None:
    pair.get_or_create("cleo")
    assert pair.eviction_before("anna") is None
    pair.get_or_create("anna")
    assert pair.eviction_before("anna") == pair.evicted[0]
    assert pair.eviction_before("cleo") is None


@pytest.mark.parametrize("evict_again", [False, True])
def test_filled_sandbox_has_no_evicted_predecessor(
    pair: SandboxRegistry[EmptyTemplate],
    evict_again: bool,  # noqa: FBT001  # whether it is filled while it is not in use
) -> None:
    pair.get_or_create("cleo")
    pair.get_or_create("anna")
    if evict_again:
        pair.get_or_create("dora")
        pair.get_or_create("eva")
    pair.fill("anna", EmptyTemplate())
    assert pair.eviction_before("anna") is None


def test_only_so_many_evictions_are_remembered(
    pair: SandboxRegistry[EmptyTemplate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "MAX_EVICTIONS_REMEMBERED", 1)
    pair.get_or_create("cleo")
    pair.get_or_create("dora")
    pair.get_or_create("anna")
    assert pair.eviction_before("anna") is None


# Time to live


def test_sandbox_is_dropped_after_its_time_to_live(time: RealTime) -> None:
    week = timedelta(days=7)
    registry = SandboxRegistry(EmptyTemplate(), time_to_live=week, clock=time)
    registry.get_or_create("anna")
    registry.mark_changed("anna")
    time.now += timedelta(days=3)
    registry.get_or_create("bo")
    time.now += timedelta(days=4)
    assert names(registry) == ["bo"]
    assert registry.get("anna") is None
    assert [eviction.reason for eviction in registry.evicted] == ["not used for 7 days"]


def test_use_extends_the_time_to_live(time: RealTime) -> None:
    registry = SandboxRegistry(EmptyTemplate(), time_to_live=timedelta(days=7), clock=time)
    sandbox = registry.get_or_create("anna")
    for _ in range(5):
        time.now += timedelta(days=6)
        assert registry.get_or_create("anna") is sandbox


def test_sandboxes_live_forever_by_default(
    pair: SandboxRegistry[EmptyTemplate], time: RealTime
) -> None:
    time.now += timedelta(days=36_500)
    assert names(pair) == ["anna", "bo"]


def test_cache_refuses_no_sandbox_and_lists_those_to_forget() -> None:
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=2)
    registry.is_cache = True
    for name in ("anna", "bo", "cy", "anna"):
        registry.get_or_create(name)
        registry.mark_changed(name)
    assert next(registry.names_to_forget()) == "bo"
    for name in registry.names_to_forget():
        registry.forget(name)
    assert names(registry) == ["cy", "anna"]
    assert list(registry.names_to_forget()) == []
