"""The order cache encodes an unchanged order once and is bounded."""

import orjson
import pytest
from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.lifecycle import Status
from mockserver.domain.order import Order
from mockserver.http.merchant import order_cache
from mockserver.http.merchant.order_cache import OrderCache
from tests.support.builders import make_order

PAGE = len(OrderCache().encode(make_order(), Status.AUTHORIZED, Assumptions()))


def page(cache: OrderCache, order: Order, status: Status = Status.AUTHORIZED) -> bytes:
    return cache.encode(order, status, Assumptions())


def test_order_is_encoded_once_until_it_changes() -> None:
    cache, order = OrderCache(), make_order()
    assert page(cache, order) is page(cache, order)
    assert page(cache, order) is not page(cache, replace(order))
    expired = page(cache, order, Status.EXPIRED)
    assert orjson.loads(expired)["status"] == "EXPIRED"
    assert orjson.loads(page(cache, order))["status"] == "AUTHORIZED"


@pytest.mark.parametrize(("room", "cached"), [(1.5, 1), (2.0, 2), (2.5, 2), (3.0, 3)])
def test_oldest_orders_are_evicted_from_a_full_cache(
    monkeypatch: pytest.MonkeyPatch,
    room: float,
    cached: int,
) -> None:
    monkeypatch.setattr(order_cache, "MAX_CACHE_BYTES", int(room * PAGE))
    cache, orders = OrderCache(), [make_order() for _ in range(3)]
    for _ in range(2):  # evicted pages take no room
        pages = [page(cache, order) for order in orders]
    again = [page(cache, order) for order in reversed(orders[3 - cached :])]
    assert [id(item) for item in again] == [id(item) for item in reversed(pages[-cached:])]
    assert page(cache, orders[0]) is not pages[0] or cached == len(orders)


def test_large_order_is_not_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_cache, "MAX_CACHED_ORDER_BYTES", PAGE - 1)
    cache, order = OrderCache(), make_order()
    assert page(cache, order) is not page(cache, order)
