"""What every home promises: a turn is settled as a whole, and the next one sees it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from mockserver.homes.home import Home
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.builders import NOW, make_order
from tests.support.homes import STORES, create_homes

OTHER = parse_scenario("other", parse_yaml(b"version: 1\ntitle: other\n"))


@pytest.fixture(params=STORES)
async def homes(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Callable[[], Home]]:
    """Alternate between the homes of one row, request by request."""
    url = request.getfixturevalue("engine_url") if "valkey" in request.param else ""
    opened = create_homes(request.param, tmp_path, url)
    for home in opened:
        await home.open()
        await home.take_turn("shop", home.registry.drop, "shop")  # of an earlier test
    numbers = iter(range(1_000_000))
    yield lambda: opened[next(numbers) % len(opened)]
    for home in opened:
        await home.close()


async def turn(homes: Callable[[], Home], do: Callable[[Sandbox], Any]) -> Any:  # noqa: ANN401
    home = homes()
    return await home.take_turn("shop", lambda: do(home.registry.get_or_create("shop")))


async def test_next_turn_sees_the_changes_of_a_turn(homes: Callable[[], Home]) -> None:
    order = make_order()
    assert await turn(homes, lambda sandbox: sandbox.add(order))
    assert await turn(homes, lambda sandbox: sandbox.orders[order.order_id]) == order


async def test_ids_are_never_drawn_twice(homes: Callable[[], Home]) -> None:
    ids = [await turn(homes, lambda sandbox: sandbox.ids.new_movement_id()) for _ in range(6)]
    assert len(set(ids)) == 6


async def test_concurrent_turns_are_each_counted_once(homes: Callable[[], Home]) -> None:
    def draw(sandbox: Sandbox) -> str:
        return sandbox.ids.new_movement_id()

    drawn = await asyncio.gather(*(turn(homes, draw) for _ in range(60)))
    assert len(set(drawn)) == 60


async def test_error_of_a_turn_reaches_only_its_caller(homes: Callable[[], Home]) -> None:
    def fail(_: Sandbox) -> None:
        raise LookupError

    results = await asyncio.gather(
        turn(homes, fail), turn(homes, lambda sandbox: sandbox.name), return_exceptions=True
    )
    assert isinstance(results[0], LookupError)
    assert results[1] == "shop"


async def test_dropped_sandbox_is_gone_for_all(homes: Callable[[], Home]) -> None:
    order = make_order()
    await turn(homes, lambda sandbox: sandbox.add(order))
    home = homes()
    assert await home.take_turn("shop", home.registry.drop, "shop")
    for _ in range(2):
        home = homes()
        assert await home.take_turn("shop", home.registry.get, "shop") is None
    assert await turn(homes, lambda sandbox: order.order_id in sandbox.orders) is False


async def test_replaced_sandbox_keeps_its_template(homes: Callable[[], Home]) -> None:
    await turn(homes, lambda sandbox: sandbox.name)
    home = homes()
    await home.take_turn("shop", home.registry.fill, "shop", OTHER)
    for _ in range(2):
        home = homes()
        template = await home.take_turn("shop", home.registry.template_of, "shop")
        assert (template.name, template.title) == ("other", "other")
        assert await turn(homes, lambda sandbox: dict(sandbox.orders)) == {}


async def test_snapshot_taken_by_one_is_restored_by_another(
    homes: Callable[[], Home],
) -> None:
    order = make_order()
    await turn(homes, lambda sandbox: sandbox.take_snapshot("before"))
    await turn(homes, lambda sandbox: sandbox.add(order))
    await turn(homes, lambda sandbox: sandbox.restore_snapshot("before"))
    assert await turn(homes, lambda sandbox: order.order_id in sandbox.orders) is False
    assert await turn(homes, lambda sandbox: list(sandbox.snapshots)) == ["before"]


async def test_turn_may_remove_something_before_it_reads_entries(
    homes: Callable[[], Home],
) -> None:
    def fill(sandbox: Sandbox) -> None:
        sandbox.order_names["shirt"] = "order"
        sandbox.record(Entry(NOW, "correlation", "GET", "/x"))

    def remove_and_read(sandbox: Sandbox) -> list[str]:
        sandbox.order_names.pop("shirt")
        return [entry.correlation_id for entry in sandbox.journal]

    await turn(homes, fill)
    assert await turn(homes, remove_and_read) == ["correlation"]
    assert await turn(homes, lambda sandbox: "shirt" in sandbox.order_names) is False


async def test_owner_of_a_sandbox_is_known_to_all(homes: Callable[[], Home]) -> None:
    home = homes()
    home.registry.owned = homes().registry.owned = True
    for secret, accepted in (("first", True), ("second", False), ("first", True)):
        home = homes()
        home.registry.owned = True
        sandbox = await home.take_turn("shop", home.registry.authenticate, "shop", secret)
        assert (sandbox is not None) is accepted


async def test_all_sandboxes_can_be_listed(homes: Callable[[], Home]) -> None:
    await turn(homes, lambda sandbox: sandbox.name)
    for _ in range(2):
        home = homes()
        await home.load_all()
        assert "shop" in [sandbox.name for sandbox in home.registry]
        await home.check()


async def test_reader_without_a_sandbox_makes_none(homes: Callable[[], Home]) -> None:
    home = homes()
    assert await home.take_turn("", len, "four") == 4
    assert await home.take_turn("shop", home.registry.get, "shop") is None
    await home.wait_for_change("shop", 0.001)
