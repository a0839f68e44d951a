"""Eviction: which sandbox goes first, and which are protected."""

from datetime import timedelta

import pytest

from mockserver.sandbox.eviction import PROTECTION, Usage, choose_evictable, is_expired
from tests.support.builders import NOW

USED = NOW - PROTECTION + timedelta(seconds=1)
UNUSED = NOW - PROTECTION


@pytest.mark.parametrize(
    ("usages", "evicted"),
    [
        pytest.param([], None, id="none"),
        pytest.param([("a", USED, False), ("b", USED, False)], "a", id="both unchanged"),
        pytest.param([("a", USED, True), ("b", USED, False)], "b", id="one unchanged"),
        pytest.param([("a", UNUSED, True), ("b", USED, False)], "b", id="unchanged first"),
        pytest.param([("a", UNUSED, True), ("b", UNUSED, True)], "a", id="both unused"),
        pytest.param([("a", USED, True), ("b", USED, True)], None, id="both protected"),
    ],
)
def test_sandbox_to_evict_is_the_one_that_loses_least(
    usages: list[tuple[str, object, bool]], evicted: str | None
) -> None:
    assert choose_evictable([Usage(*usage) for usage in usages], NOW) == evicted  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "time_to_live", "expired"),
    [(6, 7, False), (7, 7, True), (7, None, False)],
)
def test_sandbox_expires_after_its_time_to_live(
    days: int,
    time_to_live: int | None,
    expired: bool,  # noqa: FBT001  # the row's expectation
) -> None:
    usage = Usage("a", NOW - timedelta(days=days), is_changed=True)
    limit = None if time_to_live is None else timedelta(days=time_to_live)
    assert is_expired(usage, NOW, limit) is expired
