"""The log has each failure of a store once, with its cause if the store gave one."""

import pytest

from mockserver.homes.outage import Outage
from mockserver.homes.store import StoreError

LOGGED = {
    "with a cause": (StoreError("store_full", "no room", "OOM"), "store_full: no room (OOM)"),
    "without one": (StoreError("store_unavailable", "no disk"), "store_unavailable: no disk"),
    "of one sandbox": (StoreError("store_unreadable", "damaged"), None),
}


@pytest.mark.parametrize(("error", "line"), LOGGED.values(), ids=LOGGED)
def test_failure_of_the_store_is_logged_once(
    error: StoreError, line: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    outage = Outage()
    outage.note(error)
    outage.note(error)
    assert caplog.messages == ([line] if line else [])


def test_another_reason_is_logged_as_well(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage()
    for reason in ("store_full", "store_unavailable"):
        outage.note(StoreError(reason, "detail"))
    assert caplog.messages == ["store_full: detail", "store_unavailable: detail"]
