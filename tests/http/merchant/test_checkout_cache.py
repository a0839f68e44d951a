"""The cache of encoded checkout orders."""

import json

import pytest

from mockserver.http.merchant import checkout_cache as module
from mockserver.http.merchant.checkout_cache import CheckoutCache
from tests.support.checkouts import DEFAULT, make_checkout

PAGE = "http://localhost/page"


def test_same_order_is_encoded_once() -> None:
    cache, checkout = CheckoutCache(), make_checkout()
    body = cache.encode(checkout, DEFAULT, PAGE)
    assert cache.encode(checkout, DEFAULT, PAGE) is body
    assert json.loads(body)["order_id"] == checkout.order_id


def test_another_address_or_version_is_encoded_again() -> None:
    cache, checkout = CheckoutCache(), make_checkout()
    body = cache.encode(checkout, DEFAULT, PAGE)
    assert cache.encode(checkout, DEFAULT, "http://other/page") != body
    assert cache.encode(make_checkout(merchant_data="x"), DEFAULT, PAGE) != body


@pytest.mark.parametrize(("name", "limit"), [("MAX_CACHED", 0), ("MAX_CACHED_BYTES", 0)])
def test_cache_is_bounded(monkeypatch: pytest.MonkeyPatch, name: str, limit: int) -> None:
    monkeypatch.setattr(module, name, limit)
    cache, checkout = CheckoutCache(), make_checkout()
    body = cache.encode(checkout, DEFAULT, PAGE)
    assert cache.encode(checkout, DEFAULT, PAGE) is not body
