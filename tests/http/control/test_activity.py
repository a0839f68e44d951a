"""The control API lists and logs who called it."""

import logging
import re

import pytest

from mockserver.http.control.activity import MAX_CALLS, Activity
from mockserver.http.messages import Request
from tests.support.merchant import Merchant


async def calls(merchant: Merchant) -> list[dict[str, object]]:
    listed = (await merchant.send("GET", "/__admin/activity")).json["activity"]
    return [call for call in listed if call["sandbox"] == merchant.user]


@pytest.mark.unshared("each replica lists the calls that it answered")
async def test_calls_are_listed_with_address_sandbox_and_status(merchant: Merchant) -> None:
    await merchant.control("POST", "clock", {"freeze": True})
    await merchant.control("POST", "clock", {"freze": True})
    changed, refused = (await calls(merchant))[-2:]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(changed.pop("at")))
    assert changed == {
        "address": "127.0.0.1",
        "method": "POST",
        "path": f"/__admin/sandboxes/{merchant.user}/clock",
        "sandbox": merchant.user,
        "status": 200,
    }
    assert refused["status"] == 422


@pytest.mark.unshared("each replica lists the calls that it answered")
async def test_refused_callers_are_listed(merchant: Merchant) -> None:
    path = f"/__admin/sandboxes/{merchant.user}"
    await merchant.send("DELETE", path, headers={"Origin": "https://evil.example"})
    assert (await calls(merchant))[-1]["status"] == 403


async def test_health_checks_are_not_listed(merchant: Merchant) -> None:
    await merchant.send("GET", "/__admin/health")
    listed = (await merchant.send("GET", "/__admin/activity")).json["activity"]
    assert "/__admin/health" not in [call["path"] for call in listed]


def request_for(sandbox: str) -> Request:
    segments = ("__admin", "sandboxes", sandbox, "clock")
    return Request("GET", "", segments, {}, b"", "http", "localhost", client="192.0.2.7")


def test_list_is_bounded() -> None:
    activity = Activity()
    for number in range(MAX_CALLS + 5):
        activity.record(request_for(f"s{number}"), 200)
    assert [call.sandbox for call in activity.calls][:1] == ["s5"]
    assert len(activity.calls) == MAX_CALLS


def test_calls_are_logged_on_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    Activity().record(request_for("a\n2026-01-01 CRITICAL disk on fire\x1b[31m"), 422)
    (message,) = caplog.messages
    assert message.startswith("control address=192.0.2.7 method=GET path=")
    assert message.isprintable()
    assert message.endswith("status=422")
