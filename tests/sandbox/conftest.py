from collections.abc import Callable

import pytest

from mockserver.sandbox.memory import MemoryStore
from mockserver.sandbox.store import Store
from tests.sandbox.stores import YieldingStore

STORES: dict[str, Callable[[], Store]] = {
    "memory": MemoryStore,
    "memory that lets others go first": YieldingStore,
}
"""All implementations; a new one joins here and has to pass what the others pass."""


@pytest.fixture(params=STORES.values(), ids=list(STORES))
def store(request: pytest.FixtureRequest) -> Store:
    made: Store = request.param()
    return made
