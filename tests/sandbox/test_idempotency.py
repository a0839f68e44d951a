"""Receipts are bounded in number and identified by the fingerprint of a command."""

import pytest

from mockserver.domain.commands import Acknowledge, Cancel, CaptureOrder, Command, RefundOrder
from mockserver.domain.decision import Acceptance
from mockserver.domain.operation import Operation
from mockserver.sandbox.idempotency import (
    MAX_RECEIPTS,
    Receipt,
    add_receipt,
    fingerprint,
)
from tests.support.builders import NOW

RECEIPT = Receipt(fingerprint(Acknowledge()), Acceptance(Operation.ACKNOWLEDGE), NOW)
NAMES = [f"key-{number}" for number in range(MAX_RECEIPTS)]


@pytest.fixture
def receipts() -> dict[str, Receipt]:
    """Return as many receipts as are kept."""
    stored: dict[str, Receipt] = {}
    for name in NAMES:
        add_receipt(stored, name, RECEIPT)
    return stored


def test_receipts_are_kept_up_to_the_limit(receipts: dict[str, Receipt]) -> None:
    assert list(receipts) == NAMES


def test_beyond_the_limit_the_oldest_receipt_is_dropped(receipts: dict[str, Receipt]) -> None:
    add_receipt(receipts, "one more", RECEIPT)
    assert list(receipts) == [*NAMES[1:], "one more"]


def test_replaced_receipt_is_the_youngest(receipts: dict[str, Receipt]) -> None:
    add_receipt(receipts, NAMES[0], RECEIPT)
    add_receipt(receipts, "one more", RECEIPT)
    assert list(receipts) == [*NAMES[2:], NAMES[0], "one more"]


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
def test_different_commands_have_different_fingerprints(
    one: Command,
    other: Command,
    alike: bool,  # noqa: FBT001
) -> None:
    assert (fingerprint(one) == fingerprint(other)) is alike
