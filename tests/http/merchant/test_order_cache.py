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


def page(kept: OrderCache, order: Order, status: Status = Status.AUTHORIZED) -> bytes:
    return kept.encode(order, status, Assumptions())


def test_order_is_encoded_once_until_it_changes() -> None:
    kept, order = OrderCache(), make_order()
    assert page(kept, order) is page(kept, order)
    assert page(kept, order) is not page(kept, replace(order))
    expired = page(kept, order, Status.EXPIRED)
    assert orjson.loads(expired)["status"] == "EXPIRED"
    assert orjson.loads(page(kept, order))["status"] == "AUTHORIZED"


@pytest.mark.parametrize(("room", "found"), [(1.5, 1), (2.0, 2), (2.5, 2), (3.0, 3)])
def test_oldest_orders_are_evicted_from_a_full_cache(
    monkeypatch: pytest.MonkeyPatch,
    room: float,
    found: int,
) -> None:
    monkeypatch.setattr(order_cache, "MAX_CACHE_BYTES", int(room * PAGE))
    kept, orders = OrderCache(), [make_order() for _ in range(3)]
    for _ in range(2):  # what was forgotten takes no room
        written = [page(kept, order) for order in orders]
    again = [page(kept, order) for order in reversed(orders[3 - found :])]
    assert [id(item) for item in again] == [id(item) for item in reversed(written[-found:])]
    assert page(kept, orders[0]) is not written[0] or found == len(orders)


def test_large_order_is_not_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_cache, "MAX_CACHED_ORDER_BYTES", PAGE - 1)
    kept, order = OrderCache(), make_order()
    assert page(kept, order) is not page(kept, order)
