from mockserver.domain.commands import Acknowledge
from mockserver.domain.decision import Outcome
from mockserver.domain.operation import Operation
from mockserver.sandbox.memory import MemoryStore
from mockserver.sandbox.store import RECEIPTS_KEPT, Receipt, fingerprint
from tests.builders import NOW, ORDER_ID, make_order

RECEIPT = Receipt(fingerprint(Acknowledge()), Outcome(Operation.ACKNOWLEDGE), NOW)


async def keep(store: MemoryStore, *names: str) -> None:
    for name in names:
        opened = await store.open(ORDER_ID, name)
        await store.commit(opened, make_order(), name, RECEIPT)


async def kept(store: MemoryStore, *names: str) -> list[str]:
    return [name for name in names if (await store.open(ORDER_ID, name)).receipt]


async def test_beyond_the_promised_number_the_oldest_receipts_go() -> None:
    store = MemoryStore()
    await store.add(make_order())
    names = [f"key-{number}" for number in range(RECEIPTS_KEPT)]
    await keep(store, *names)
    await keep(store, "one more")
    assert await kept(store, *names, "one more") == [*names[1:], "one more"]


async def test_a_receipt_that_was_replaced_is_young_again() -> None:
    store = MemoryStore()
    await store.add(make_order())
    names = [f"key-{number}" for number in range(RECEIPTS_KEPT)]
    await keep(store, *names)
    await keep(store, "key-0", "one more")
    assert await kept(store, "key-0", "key-1") == ["key-0"]
