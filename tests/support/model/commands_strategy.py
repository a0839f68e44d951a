"""Hypothesis strategies for commands of a merchant and for times; many are refused.

Amounts are shares of what there is, or one more or less, and references are few, so that
limits are met exactly and missed by one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mockserver.domain.commands import (
    Acknowledge,
    AddCaptureShippingInfo,
    AddOrderShippingInfo,
    Cancel,
    CaptureOrder,
    Command,
    ExtendAuthorizationTime,
    ExtendDueDate,
    RefundOrder,
    ReleaseRemainingAuthorization,
    TriggerSendOut,
    UpdateAuthorization,
    UpdateCustomerDetails,
    UpdateMerchantReferences,
)
from mockserver.domain.money import sum_totals
from mockserver.domain.order import OrderLine
from tests.support.builders import make_line
from tests.support.model.merchant_model import KEY_LASTS, MerchantModel
from tests.support.strategies import mostly

T = TypeVar("T")
Lines: TypeAlias = tuple[OrderLine, ...]
CommandFor: TypeAlias = Callable[[MerchantModel, str], Command]


def nearly_always(usual: SearchStrategy[T], odd: SearchStrategy[T]) -> SearchStrategy[T]:
    """Draw from the second strategy once in 25 times."""
    return mostly(usual, mostly(usual, odd))


seldom = nearly_always(st.just(value=False), st.just(value=True))
now_and_then = mostly(st.just(value=False), st.just(value=True))
usually = seldom.map(lambda odd: not odd)
keys = st.none() | st.sampled_from("abc")
totals = nearly_always(st.integers(80, 300), st.integers(0, 2))
amounts = st.integers(0, 40)


@dataclass(frozen=True)
class Share:
    """A part of an amount, all of it, or one unit more or less."""

    quarters: int
    more: int = 0

    def of(self, amount: int) -> int:
        """Compute the part, at least 0."""
        return max(0, amount * self.quarters // 4 + self.more)


one_off = mostly(st.just(0), st.sampled_from((0, 0, -1, 1)))
shares = st.sampled_from(
    (*[Share(1), Share(2)] * 3, *[Share(4)] * 2, Share(4, 1), Share(4, -1), Share(0)),
)

some_goods = st.builds(make_line, st.sampled_from(("A12345", "B24680")), amounts)
goods = mostly(st.lists(some_goods, min_size=1, max_size=2), st.just([])).map(tuple)
odd_goods = st.lists(
    some_goods
    | st.builds(make_line, st.sampled_from(("A1234", "", None)), amounts)
    | st.builds(make_line, st.none(), st.integers(-5, 0), type=st.just("return_fee")),
    min_size=1,
    max_size=3,
).map(tuple)

parcels = st.lists(st.just({"tracking_number": "T1"}), min_size=1, max_size=2).map(tuple)
cities = st.sampled_from(("Uppsala", "Lund", ""))
changes: SearchStrategy[Command] = mostly(
    st.one_of(
        st.just(Acknowledge()),
        st.just(ExtendAuthorizationTime()),
        st.builds(UpdateCustomerDetails, st.fixed_dictionaries({"city": cities})),
        st.builds(UpdateMerchantReferences, st.none() | st.sampled_from("12"), st.none()),
        st.builds(AddOrderShippingInfo, parcels),
    ),
    st.sampled_from((ReleaseRemainingAuthorization(), Cancel(), ExtendAuthorizationTime())),
)


rivals: SearchStrategy[Command] = mostly(
    st.one_of(
        st.builds(CaptureOrder, amounts, order_lines=goods),
        st.builds(RefundOrder, amounts),
        goods.map(lambda lines: RefundOrder(sum_totals(lines), order_lines=lines)),
    ),
    st.builds(UpdateAuthorization, totals, st.just(())) | changes,
)
"""Commands that conflict when they are sent at the same time."""


# Commands that depend on the state: a CommandFor builds the command for an order of a model.


def ship(share: Share, lines: Lines) -> CommandFor:
    """Capture a part of what remains, or one more than that."""
    return lambda model, order: CaptureOrder(
        share.of(model.order_of(order).remaining), order_lines=lines
    )


def refund_shipment(number: int, share: Share, off: int, odd: Lines) -> CommandFor:
    """Refund a part of what is not yet refunded of a shipment, rarely with wrong lines."""

    def build(model: MerchantModel, order: str) -> Command:
        shipped = model.shipment_of(order, number)[1]
        amount = share.of(shipped.captured - shipped.returned)
        line = make_line(min(shipped.goods, default="?"), amount + off)
        return RefundOrder(amount, order_lines=odd or (line,))

    return build


def refund_amount(share: Share) -> CommandFor:
    """Refund a part of everything that can be refunded, without lines."""

    def build(model: MerchantModel, order: str) -> Command:
        model_order = model.order_of(order)
        return RefundOrder(share.of(model_order.captured - model_order.refunded))

    return build


def authorize(more: int, *, from_authorized: bool) -> CommandFor:
    """Authorize more or less than before, or than captured."""

    def build(model: MerchantModel, order: str) -> Command:
        model_order = model.order_of(order)
        total = more + (model_order.authorized if from_authorized else model_order.captured)
        return UpdateAuthorization(max(0, total), ())

    return build


def track(number: int) -> CommandFor:
    parcel = {"tracking_number": "T2"}
    return lambda model, order: AddCaptureShippingInfo(
        model.shipment_of(order, number)[0], (parcel,)
    )


def send_out(number: int) -> CommandFor:
    return lambda model, order: TriggerSendOut(model.shipment_of(order, number)[0])


def grant(number: int, days: int) -> CommandFor:
    return lambda model, order: ExtendDueDate(model.shipment_of(order, number)[0], days)


numbers = st.integers(0, 3)
shippings = st.builds(ship, shares, goods)
returns = st.builds(
    refund_shipment, numbers, shares, one_off, nearly_always(st.just(()), odd_goods)
)
repayments = st.builds(refund_amount, shares)
authorizations = st.builds(
    authorize, st.sampled_from((0, 40, -1)), from_authorized=st.booleans()
)
shipment_changes = st.one_of(
    st.builds(track, numbers),
    st.builds(send_out, numbers),
    st.builds(grant, numbers, st.sampled_from((14, 15, 30))),
)


Moment: TypeAlias = Callable[[MerchantModel], list[datetime]]


def later(by: timedelta) -> Moment:
    return lambda model: [model.now + by]


def ends_of_keys(short: timedelta) -> Moment:
    return lambda model: [used + KEY_LASTS - short for used, *_ in model.used_keys.values()]


def ends_of_orders(short: timedelta) -> Moment:
    return lambda model: [order.expires - short for order in model.orders_by_id.values()]


stays = mostly(st.just(timedelta(hours=1)), st.just(timedelta(days=9)))
early = st.sampled_from((timedelta(), timedelta(microseconds=1)))
moments = nearly_always(
    st.builds(later, stays) | st.builds(ends_of_keys, early),
    st.builds(ends_of_orders, early),
)
"""Times to advance to: after a while, or when something ends, or just before."""
