"""Fixture of a shop that a sandbox calls."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.support.merchant import Merchant
from tests.support.shop import FROZEN, Shop


@pytest.fixture
async def shop(new_merchant: Callable[..., Merchant]) -> AsyncIterator[Shop]:
    merchant = new_merchant()
    await merchant.make_order()
    await merchant.control("PUT", "scenario", FROZEN)
    async with Shop(merchant).running() as shop:
        yield shop
