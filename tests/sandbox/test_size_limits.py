"""What sandboxes may hold is bounded in bytes, of one and of all together."""

import pytest

from mockserver.domain.commands import Acknowledge, CaptureOrder
from mockserver.domain.errors import Reason, Refusal
from mockserver.sandbox import registry, sandbox
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Execution, Sandbox
from tests.support.builders import NOW, ORDER_ID, make_order
from tests.support.templates import EmptyTemplate, names


@pytest.fixture(autouse=True)
def _little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limit one sandbox to 100 bytes and all together to 200; check after every 10."""
    monkeypatch.setattr(sandbox, "MAX_SANDBOX_BYTES", 100)
    monkeypatch.setattr(registry, "MAX_TOTAL_BYTES", 200)
    monkeypatch.setattr(registry, "RECOUNT_EVERY_BYTES", 10)


@pytest.fixture
def one() -> Sandbox:
    """A sandbox that holds 60 bytes, and an order."""
    filled = Sandbox("one", clock=Clock(NOW, frozen=True))
    filled.add(make_order())
    filled.held_bytes = 60
    return filled


def is_full(executed: Execution) -> bool:
    result = executed.result
    return isinstance(result, Refusal) and result.reason is Reason.SANDBOX_IS_FULL


@pytest.mark.parametrize(("size", "full"), [(0, False), (40, False), (41, True)])
def test_a_change_needs_room_for_its_request(one: Sandbox, size: int, full: bool) -> None:  # noqa: FBT001
    executed = one.execute(ORDER_ID, CaptureOrder(1), request_bytes=size)
    assert is_full(executed) is full
    assert (executed.after is executed.before) is full


def test_full_sandbox_still_replays_keys_and_accepts_empty_bodies(
    one: Sandbox,
) -> None:
    first = one.execute(ORDER_ID, CaptureOrder(1), "key", request_bytes=40)
    one.held_bytes = 100
    again = one.execute(ORDER_ID, CaptureOrder(1), "key", request_bytes=40)
    assert (again.replayed, again.result) == (True, first.result)
    assert not is_full(one.execute(ORDER_ID, Acknowledge()))


def test_snapshots_count_and_restoring_frees_room(one: Sandbox) -> None:
    one.held_bytes = 10
    one.take_snapshot("early")
    one.held_bytes = 50
    assert one.total_bytes == 60
    one.restore_snapshot("early")
    assert one.total_bytes == 20


def test_least_recently_used_sandboxes_are_evicted_for_a_growing_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandboxes = SandboxRegistry(EmptyTemplate())
    held = {"anna": 60, "bo": 60, "cleo": 60, "dora": 0}
    for name, size in held.items():
        sandboxes.get_or_create(name).held_bytes = size
    growing = sandboxes.get_or_create("anna")
    growing.add(make_order(), size=9)
    assert names(sandboxes) == ["bo", "cleo", "dora", "anna"]
    growing.add(make_order(order_id="another"), size=12)
    assert names(sandboxes) == ["cleo", "dora", "anna"]
    assert growing.held_bytes == 81
    assert list(sandboxes.evicted) == ["bo"]
    assert "sandbox 'bo' was evicted: all sandboxes together exceeded 200 bytes" in caplog.text


def test_sandbox_beyond_the_total_limit_stays_alone() -> None:
    sandboxes = SandboxRegistry(EmptyTemplate())
    sandboxes.get_or_create("idle")
    growing = sandboxes.get_or_create("busy")
    growing.add(make_order(), size=300)
    assert names(sandboxes) == ["busy"]
