"""A stored sandbox that cannot be read hides no other, and its name can be used again."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from valkey.asyncio import Valkey

from mockserver.homes.stored_home import StoredHome
from mockserver.homes.valkey import ValkeyStore
from tests.support.homes import respond, stored_home

DAMAGED = {
    "settings": b"?",
    "numbers": b"?",
    "template": b"?",
    "o:1": b"?",
    "m:no order/0": b"?",
    "c:get_order": b"?",
    "@": None,
}
"""What makes a sandbox unreadable, by field; ``None`` removes it."""

SANDBOX = "/__admin/sandboxes/damaged"
LEAVING: dict[str, tuple[str, str, bytes, int]] = {
    "dropped": ("DELETE", SANDBOX, b"", 204),
    "reset": ("POST", f"{SANDBOX}/reset", b"", 200),
    "filled again": ("PUT", f"{SANDBOX}/scenario", b'{"use": "split-shipment"}', 200),
}


@pytest.fixture
async def url(engine_url: str) -> str:
    """The URL of a store with the sandboxes ``damaged`` and ``sound``, still readable."""
    url = f"{engine_url}?db=9001"
    async with Valkey.from_url(url) as engine:
        await engine.flushdb()
    home = stored_home(ValkeyStore(url))
    for name in ("damaged", "sound"):
        await home.take_turn(name, home.registry.get_or_create, name)
    await home.close()
    return url


@pytest.fixture
async def home(url: str) -> AsyncIterator[StoredHome]:
    home = stored_home(ValkeyStore(url))
    yield home
    await home.close()


async def damage(url: str, field: str) -> None:
    value = DAMAGED[field]
    async with Valkey.from_url(url) as engine:
        if value is None:
            await engine.hdel("km:{damaged}", field)
        else:
            await engine.hset("km:{damaged}", field, value)


async def listed(home: StoredHome) -> tuple[list[str], list[dict[str, Any]]]:
    page = json.loads((await respond(home, "GET", "/__admin/sandboxes")).body)
    return [sandbox["name"] for sandbox in page["sandboxes"]], page["unreadable"]


@pytest.mark.parametrize("field", DAMAGED)
async def test_unreadable_sandbox_is_listed_and_logged_once_with_its_reason(
    home: StoredHome, url: str, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    await damage(url, field)
    await home.open()
    for _ in range(2):
        names, (unreadable,) = await listed(home)
        assert names == ["sound"]
        assert unreadable["name"] == "damaged"
        assert unreadable["reason"].endswith("; drop the sandbox, or fill it again")
        found = await respond(home, "GET", SANDBOX)
        assert found.status == 503
        assert json.loads(found.body)["reason"] == "store_unreadable"
    assert caplog.text.count("sandbox 'damaged' cannot be read") == 1
    ready = await respond(home, "GET", "/readyz")
    assert ready.status == 200
    assert json.loads(ready.body)["unreadable"] == 1


@pytest.mark.parametrize("field", DAMAGED)
@pytest.mark.parametrize("way", LEAVING)
async def test_unreadable_sandbox_can_be_dropped_or_refilled(
    home: StoredHome, url: str, field: str, way: str
) -> None:
    await damage(url, field)
    await home.open()
    method, path, body, status = LEAVING[way]
    assert (await respond(home, method, path, body)).status == status
    names, unreadable = await listed(home)
    assert unreadable == []
    assert ("damaged" in names) is (way != "dropped")
    assert "unreadable" not in json.loads((await respond(home, "GET", "/readyz")).body)


async def test_invalid_scenario_leaves_an_unreadable_sandbox_as_it_is(
    home: StoredHome, url: str
) -> None:
    await damage(url, "settings")
    refused = await respond(home, "PUT", f"{SANDBOX}/scenario", b'{"country": "Norway"}')
    assert refused.status == 422
    assert (await listed(home))[1]


async def test_unreadable_sandbox_keeps_its_owner(home: StoredHome, url: str) -> None:
    home.registry.owned = True
    await damage(url, "settings")
    credentials = b64encode(b"damaged:another").decode()
    refused = await respond(home, "DELETE", SANDBOX, Authorization=f"Basic {credentials}")
    assert refused.status == 503


async def test_sandbox_repaired_by_another_server_is_readable(
    home: StoredHome, url: str
) -> None:
    await damage(url, "settings")
    assert (await listed(home))[0] == ["sound"]
    other = stored_home(ValkeyStore(url))
    assert (await respond(other, "POST", f"{SANDBOX}/reset")).status == 200
    await other.close()
    assert await listed(home) == (["sound", "damaged"], [])
