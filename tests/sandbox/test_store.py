"""What every store must do; the fixture runs all of it for each implementation."""

import asyncio

import pytest
from msgspec.structs import replace

from mockserver.domain.commands import Acknowledge, Cancel, CaptureOrder, Command, RefundOrder
from mockserver.domain.decision import Outcome
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.sandbox.store import RECEIPTS_KEPT, Receipt, Store, fingerprint
from tests.builders import NOW, make_order

ORDER = make_order(order_id="order-1")
OTHER = make_order(order_id="order-2")
RECEIPT = Receipt(fingerprint(Acknowledge()), Outcome(Operation.ACKNOWLEDGE), NOW)


def raised(order: Order) -> Order:
    return replace(order, order_amount=order.order_amount + 1)


async def test_an_added_order_is_found_as_it_was(store: Store) -> None:
    assert await store.add(ORDER)
    opened = await store.open("order-1")
    assert opened.order == ORDER
    assert opened.receipt is None


async def test_an_order_that_was_never_added_is_not_found(store: Store) -> None:
    await store.add(ORDER)
    assert (await store.open("order-2")).order is None


async def test_an_id_is_taken_once(store: Store) -> None:
    await store.add(ORDER)
    assert not await store.add(raised(ORDER))
    assert (await store.open("order-1")).order == ORDER


async def test_of_many_who_add_an_id_at_once_one_succeeds(store: Store) -> None:
    added = await asyncio.gather(*(store.add(ORDER) for _ in range(20)))
    assert sum(added) == 1


async def test_a_committed_order_is_found(store: Store) -> None:
    await store.add(ORDER)
    assert await store.commit(await store.open("order-1"), raised(ORDER))
    assert (await store.open("order-1")).order == raised(ORDER)


async def test_a_commit_changes_no_other_order(store: Store) -> None:
    await store.add(ORDER)
    await store.add(OTHER)
    await store.commit(await store.open("order-1"), raised(ORDER))
    assert (await store.open("order-2")).order == OTHER


async def test_the_version_counts_the_commits(store: Store) -> None:
    await store.add(ORDER)
    versions = []
    for _ in range(3):
        opened = await store.open("order-1")
        versions.append(opened.version)
        await store.commit(opened, ORDER)
    first = versions[0]
    assert versions == [first, first + 1, first + 2]


async def test_a_commit_of_what_changed_since_writes_nothing(store: Store) -> None:
    await store.add(ORDER)
    opened = await store.open("order-1", "key")
    await store.commit(await store.open("order-1"), raised(ORDER))

    assert not await store.commit(opened, ORDER, "key", RECEIPT)
    now = await store.open("order-1", "key")
    assert now.order == raised(ORDER)
    assert now.receipt is None


async def test_a_commit_that_leaves_the_order_as_it_was_is_a_change_too(
    store: Store,
) -> None:
    await store.add(ORDER)
    opened = await store.open("order-1")
    await store.commit(await store.open("order-1", "key"), ORDER, "key", RECEIPT)
    assert not await store.commit(opened, raised(ORDER))


async def test_of_many_commits_of_one_version_one_is_written(store: Store) -> None:
    await store.add(ORDER)
    opened = await store.open("order-1")
    wanted = [replace(ORDER, order_amount=amount) for amount in range(20)]
    written = await asyncio.gather(*(store.commit(opened, each) for each in wanted))
    assert sum(written) == 1
    winner = wanted[written.index(True)]
    assert (await store.open("order-1")).order == winner


async def test_a_receipt_is_written_with_its_order(store: Store) -> None:
    await store.add(ORDER)
    opened = await store.open("order-1", "key")
    assert await store.commit(opened, raised(ORDER), "key", RECEIPT)
    now = await store.open("order-1", "key")
    assert (now.order, now.receipt) == (raised(ORDER), RECEIPT)


async def test_a_receipt_is_found_under_its_name_only(store: Store) -> None:
    await store.add(ORDER)
    await store.commit(await store.open("order-1", "key"), ORDER, "key", RECEIPT)
    assert (await store.open("order-1", "other key")).receipt is None
    assert (await store.open("order-1")).receipt is None


async def test_a_receipt_is_found_whatever_order_is_opened(store: Store) -> None:
    """Names are the caller's: one may count for all orders."""
    await store.add(ORDER)
    await store.add(OTHER)
    await store.commit(await store.open("order-1", "key"), ORDER, "key", RECEIPT)
    assert (await store.open("order-2", "key")).receipt == RECEIPT
    assert (await store.open("no-order", "key")).receipt == RECEIPT


async def test_a_name_taken_since_it_was_looked_up_stops_the_commit(store: Store) -> None:
    await store.add(ORDER)
    await store.add(OTHER)
    opened = await store.open("order-2", "key")
    await store.commit(await store.open("order-1", "key"), ORDER, "key", RECEIPT)

    later = replace(RECEIPT, made_at=ORDER.created_at)
    assert not await store.commit(opened, raised(OTHER), "key", later)
    now = await store.open("order-2", "key")
    assert (now.order, now.receipt) == (OTHER, RECEIPT)


async def test_an_old_receipt_can_be_replaced(store: Store) -> None:
    await store.add(ORDER)
    await store.commit(await store.open("order-1", "key"), ORDER, "key", RECEIPT)
    later = replace(RECEIPT, made_at=ORDER.created_at)
    opened = await store.open("order-1", "key")
    assert await store.commit(opened, ORDER, "key", later)
    assert (await store.open("order-1", "key")).receipt == later


async def test_orders_are_listed_in_the_order_they_were_added(store: Store) -> None:
    assert list(await store.orders()) == []
    await store.add(OTHER)
    await store.add(ORDER)
    await store.commit(await store.open("order-2"), raised(OTHER))
    assert list(await store.orders()) == [raised(OTHER), ORDER]


async def test_as_many_receipts_are_kept_as_promised(store: Store) -> None:
    await store.add(ORDER)
    for number in range(RECEIPTS_KEPT):
        name = f"key-{number}"
        await store.commit(await store.open("order-1", name), ORDER, name, RECEIPT)
    assert (await store.open("order-1", "key-0")).receipt == RECEIPT
    assert (await store.open("order-1", f"key-{RECEIPTS_KEPT - 1}")).receipt == RECEIPT


async def test_a_copy_has_the_same_orders_and_receipts(store: Store) -> None:
    await store.add(ORDER)
    await store.commit(await store.open("order-1", "key"), raised(ORDER), "key", RECEIPT)
    twin = await store.copy()
    assert list(await twin.orders()) == [raised(ORDER)]
    assert (await twin.open("order-1", "key")).receipt == RECEIPT


async def test_a_copy_and_its_original_go_their_own_ways(store: Store) -> None:
    await store.add(ORDER)
    twin = await store.copy()
    await twin.add(OTHER)
    await twin.commit(await twin.open("order-1", "key"), raised(ORDER), "key", RECEIPT)
    assert list(await store.orders()) == [ORDER]
    assert (await store.open("order-1", "key")).receipt is None

    assert await store.commit(await store.open("order-1"), raised(raised(ORDER)))
    assert list(await twin.orders()) == [raised(ORDER), OTHER]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (Acknowledge(), Acknowledge(), True),
        (Acknowledge(), Cancel(), False),
        (CaptureOrder(1), CaptureOrder(1), True),
        (CaptureOrder(1), CaptureOrder(2), False),
        (CaptureOrder(1), RefundOrder(1), False),
        (
            CaptureOrder(1, shipping_info=({"a": "1", "b": "2"},)),
            CaptureOrder(1, shipping_info=({"b": "2", "a": "1"},)),
            True,
        ),
    ],
)
def test_a_fingerprint_tells_commands_apart(one: Command, other: Command, alike: bool) -> None:  # noqa: FBT001
    assert (fingerprint(one) == fingerprint(other)) is alike
