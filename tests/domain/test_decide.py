from copy import deepcopy
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import (
    Acknowledge,
    AddCaptureShippingInfo,
    AddOrderShippingInfo,
    Cancel,
    CaptureOrder,
    Command,
    ExtendDueDate,
    RefundOrder,
    TriggerSendOut,
    UpdateAuthorization,
    UpdateCustomerDetails,
    UpdateMerchantReferences,
)
from mockserver.domain.decide import decide
from mockserver.domain.decision import MAX_MOVEMENTS, Context
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.refunds import check_refundable
from mockserver.domain.refusal import Refusal
from tests.support.builders import (
    NOW,
    ORDER_ID,
    SWEDEN,
    capture_of,
    drive,
    make_context,
    make_line,
    make_order,
    paid_by,
    refund_of,
    shipped_order,
)
from tests.support.case_tables import Case, every_case
from tests.support.order_history import COMMANDS, OrderHistory
from tests.support.strategies import assumptions, commands

LATER = NOW + timedelta(days=1)


FULL = make_order(
    order_amount=2 * MAX_MOVEMENTS,
    captures=drive(make_order(), CaptureOrder(5000)).captures * MAX_MOVEMENTS,
    refunds=drive(make_order(), CaptureOrder(1), RefundOrder(1)).refunds * MAX_MOVEMENTS,
    shipping_info=({"tracking_number": "1"},) * MAX_MOVEMENTS,
)


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (CaptureOrder(0), "CAPTURE_NOT_ALLOWED", "captures. Capture not possible."),
        (RefundOrder(0), "REFUND_NOT_ALLOWED", "refunds. Refund not possible."),
        (
            AddOrderShippingInfo(({},)),
            "NOT_ALLOWED",
            f"parcels. Shipping info cannot be added to order {ORDER_ID}.",
        ),
        (
            AddCaptureShippingInfo("last", ({},)),
            "NOT_ALLOWED",
            "parcels. Shipping info cannot be added to capture last.",
        ),
    ],
)
def test_order_holds_a_bounded_number_of_everything(
    command: Command,
    code: str,
    message: str,
) -> None:
    last = replace(FULL.captures[0], capture_id="last", shipping_info=FULL.shipping_info)
    captures = (*FULL.captures[1:], last)
    order = replace(FULL, captures=captures, order_amount=FULL.captured_amount + 1)
    with pytest.raises(Refusal) as refused:
        drive(order, command)
    assert refused.value.reason is Reason.ORDER_IS_FULL
    assert refused.value.code == code
    assert refused.value.message == f"The order reached its limit of 5000 {message}"
    assert refused.value.facts["order_id"] == ORDER_ID


def test_order_is_not_full_before_its_bound() -> None:
    order = replace(FULL, captures=FULL.captures[1:], refunds=FULL.refunds[1:])
    order = replace(order, order_amount=order.captured_amount + 1)
    assert len(drive(order, RefundOrder(0)).refunds) == MAX_MOVEMENTS
    assert len(drive(order, CaptureOrder(0)).captures) == MAX_MOVEMENTS


def test_parcels_beyond_the_limit_are_refused() -> None:
    order = drive(make_order(), CaptureOrder(1), AddOrderShippingInfo(({},)))
    most = AddOrderShippingInfo(({},) * (MAX_MOVEMENTS - 1))
    assert len(drive(order, most).shipping_info) == MAX_MOVEMENTS
    with pytest.raises(Refusal):
        drive(order, AddOrderShippingInfo(({},) * MAX_MOVEMENTS))


@every_case("domain", "amounts")
def test_amounts_and_status_match_the_case_table(case: Case) -> None:
    history = OrderHistory(case.get("order", {}), case.get("assume")).run(case["steps"])
    order, expected = history.order, case["expect"]
    assert history.status == expected["status"]
    assert {
        "order_amount": order.order_amount,
        "captured": order.captured_amount,
        "refunded": order.refunded_amount,
        "remaining": order.remaining_authorized_amount,
        "released": order.released_amount,
    } == {
        name: expected.get(name, 0)
        for name in ("order_amount", "captured", "refunded", "remaining", "released")
    }


@every_case("domain", "amounts")
def test_original_amount_never_moves(case: Case) -> None:
    history = OrderHistory(case.get("order", {}), case.get("assume"))
    placed = history.order.order_amount
    assert history.run(case["steps"]).order.original_order_amount == placed


@every_case("domain", "refusals")
def test_refusals_match_the_case_table(case: Case) -> None:
    history = OrderHistory(case.get("order", {}), case.get("assume")).run(case["steps"])
    with pytest.raises(Refusal) as refused:
        history.run([case["then"]])
    status, code, message = case["answer"]
    refusal = refused.value
    assert (refusal.status, refusal.code) == (status, code)
    assert refusal.message == message.replace("{id}", history.order.order_id)


@given(assumptions, st.lists(commands, max_size=8))
def test_money_adds_up_after_any_commands(
    assumed: Assumptions,
    commands: list[Command],
) -> None:
    """Count along with a till that knows nothing of orders."""
    order = make_order(1000)
    captured, refunded = 0, 0
    for number, command in enumerate(commands):
        context = make_context(f"id-{number}", assumptions=assumed)
        try:
            order = decide(order, command, context).order
        except Refusal:
            continue
        captured += command.captured_amount if isinstance(command, CaptureOrder) else 0
        refunded += command.refunded_amount if isinstance(command, RefundOrder) else 0
    assert (order.captured_amount, order.refunded_amount) == (captured, refunded)
    assert 0 <= refunded <= captured <= order.order_amount
    if order.released_at is None:
        assert order.remaining_authorized_amount == order.order_amount - captured
    else:
        assert order.remaining_authorized_amount == 0
    assert order.original_order_amount == 1000


@given(assumptions, st.lists(commands, max_size=4), commands)
def test_deciding_again_gives_the_same_answer(
    assumed: Assumptions,
    history: list[Command],
    command: Command,
) -> None:
    order = make_order(1000)
    context = make_context(assumptions=assumed)

    def answer(command: Command) -> object:
        try:
            return decide(order, command, context)
        except Refusal as refusal:
            return (refusal.reason, refusal.facts)

    for earlier in history:
        try:
            order = decide(order, earlier, context).order
        except Refusal:
            continue
    assert answer(command) == answer(command)


@pytest.mark.parametrize("name", COMMANDS)
def test_command_makes_a_new_order_and_leaves_the_old_one_as_it_was(name: str) -> None:
    history = OrderHistory({}).run(
        [] if name in {"cancel", "acknowledge"} else [{"capture": 3000}]
    )
    before, copy = history.order, deepcopy(history.order)
    history.run([{name: {"update": 9000, "capture": 1, "refund": 1}.get(name)}])
    assert before == copy
    assert history.order != before


def test_acknowledgement_notes_the_time() -> None:
    assert drive(make_order(), Acknowledge()).acknowledged_at == NOW


def test_acknowledgement_keeps_the_time_of_the_first() -> None:
    order = drive(make_order(), Acknowledge())
    assert drive(order, Acknowledge(), now=LATER).acknowledged_at == NOW


def test_acknowledgement_happens_with_the_first_capture() -> None:
    order = drive(make_order(), CaptureOrder(1))
    assert order.acknowledged_at == NOW
    assert drive(order, CaptureOrder(1), now=LATER).acknowledged_at == NOW


def test_acknowledgement_does_not_happen_by_other_commands() -> None:
    order = drive(make_order(), UpdateAuthorization(9000, ()))
    assert order.acknowledged_at is None


def test_update_replaces_all_lines() -> None:
    order = make_order(3000, order_lines=(make_line("A12345", 3000),))
    lines = (make_line("B24680", 2000),)
    updated = drive(order, UpdateAuthorization(2000, lines))
    assert updated.order_lines == lines
    assert updated.authorization_updated_at == NOW


def test_update_may_lower_the_total_of_an_order_paid_by_card() -> None:
    order = make_order(payment_method=paid_by("CARD"))
    assert drive(order, UpdateAuthorization(9999, ())).order_amount == 9999


def test_update_may_keep_the_total_of_an_order_paid_by_card() -> None:
    order = make_order(payment_method=paid_by("CARD"))
    assert drive(order, UpdateAuthorization(10_000, ())).order_amount == 10_000


@pytest.mark.parametrize(
    "method",
    [
        "ACCOUNT",
        "B2B_INVOICE",
        "BASE_ACCOUNT",
        "DEFERRED_INTEREST",
        "DIRECT_DEBIT",
        "FIXED_AMOUNT",
        "INVOICE",
        "INVOICE_BUSINESS",
    ],
)
def test_update_may_raise_the_total_of_the_documented_methods(method: str) -> None:
    order = make_order(payment_method=paid_by(method))
    assert drive(order, UpdateAuthorization(10_001, ())).order_amount == 10_001


def test_capture_is_numbered_after_the_order() -> None:
    order = drive(make_order(), CaptureOrder(1), CaptureOrder(1))
    references = [capture.klarna_reference for capture in order.captures]
    assert references == ["1VHSHK1Q-1", "1VHSHK1Q-2"]


def test_capture_keeps_the_sent_fields() -> None:
    parcel = {"tracking_number": "7"}
    command = CaptureOrder(3000, "shirts", (make_line(),), "ref-1", (parcel,))
    decision = decide(make_order(), command, make_context("c1"))
    capture = decision.order.captures[0]
    assert decision.acceptance.created_id == capture.capture_id == "c1"
    assert capture.captured_amount == 3000
    assert capture.captured_at == NOW
    assert capture.description == "shirts"
    assert capture.order_lines == (make_line(),)
    assert capture.reference == "ref-1"
    assert capture.shipping_info == (parcel,)


def test_capture_copies_the_addresses_of_the_order() -> None:
    changed = UpdateCustomerDetails({"city": "Umeå"})
    order = drive(make_order(), CaptureOrder(1), changed, CaptureOrder(1))
    cities = [capture.shipping_address["city"] for capture in order.captures]
    assert cities == ["Ankeborg", "Umeå"]
    assert order.captures[1].billing_address == SWEDEN


@pytest.mark.parametrize(
    ("command", "valid"),
    [
        pytest.param(capture_of(make_line()), True, id="adding up"),
        pytest.param(capture_of(make_line(), amount=2999), False, id="off by one"),
        pytest.param(capture_of(amount=0), False, id="none"),
    ],
)
def test_capture_acceptance_has_the_validity_of_its_lines(
    command: CaptureOrder,
    valid: bool,  # noqa: FBT001  # the row's expectation
) -> None:
    outcome = decide(make_order(), command, make_context()).acceptance
    assert outcome.lines_valid is valid


def test_acceptance_without_created_id_has_only_the_operation() -> None:
    outcome = decide(make_order(), Cancel(), make_context()).acceptance
    assert outcome.operation is Operation.CANCEL
    assert (outcome.created_id, outcome.lines_valid, outcome.allocation) == (None, False, None)


def test_allocation_failure_is_injected_only_on_request() -> None:
    order = shipped_order([capture_of(make_line())])
    decision = decide(order, refund_of(make_line()), Context(NOW, "r1", Assumptions()))
    assert decision.order.refunds[0].allocation.outcome is AllocationOutcome.ALLOCATED


def test_capture_is_refused_with_the_amounts_behind_it() -> None:
    order = drive(make_order(), CaptureOrder(3000))
    with pytest.raises(Refusal) as refused:
        drive(order, CaptureOrder(7001))
    assert refused.value.facts == {
        "requested": 7001,
        "remaining": 7000,
        "captured": 3000,
        "order_amount": 10_000,
    }


def test_refund_keeps_the_sent_fields_and_its_allocation() -> None:
    order = shipped_order([capture_of(make_line())])
    command = RefundOrder(3000, "too small", (make_line(),), "ref-2")
    decision = decide(order, command, make_context("r1"))
    refund = decision.order.refunds[0]
    assert decision.acceptance.created_id == refund.refund_id == "r1"
    assert refund.refunded_amount == 3000
    assert refund.refunded_at == NOW
    assert refund.description == "too small"
    assert refund.order_lines == (make_line(),)
    assert refund.reference == "ref-2"
    assert decision.acceptance.allocation is refund.allocation
    assert decision.acceptance.lines_valid


def test_refund_is_accepted_even_if_its_allocation_fails() -> None:
    order = shipped_order([capture_of(make_line())])
    refunded = drive(order, refund_of(make_line("misspelt")))
    assert refunded.refunded_amount == 3000
    assert refunded.refunds[0].allocation.outcome is AllocationOutcome.FAILED


def test_refund_is_refused_with_the_amounts_behind_it() -> None:
    order = drive(make_order(), CaptureOrder(3000), RefundOrder(1000))
    with pytest.raises(Refusal) as refused:
        drive(order, RefundOrder(2001))
    assert refused.value.facts == {
        "requested": 2001,
        "refundable": 2000,
        "captured": 3000,
        "refunded": 1000,
        "earlier_refunds": "1000 by refund 1 (change-2)",
    }


FEE = make_line(None, -500, type="return_fee")


@pytest.mark.parametrize(
    ("country", "captures", "amount", "cause"),
    [
        pytest.param("SE", [10_000], 9500, None, id="one capture of the whole order"),
        pytest.param(
            "US",
            [10_000],
            9500,
            "A return fee is not offered in US.",
            id="another country",
        ),
        pytest.param(
            "SE",
            [9000, 1000],
            9500,
            "A return fee needs an order that is fully captured in one capture.",
            id="two captures",
        ),
        pytest.param(
            "SE",
            [9999],
            9500,
            "A return fee needs an order that is fully captured in one capture.",
            id="a rest that is not captured",
        ),
        pytest.param(
            "SE",
            [10_000],
            9499,
            "A return fee needs lines that add up to refunded_amount.",
            id="lines that do not add up",
        ),
    ],
)
def test_return_fee_has_documented_conditions(
    country: str, captures: list[int], amount: int, cause: str | None
) -> None:
    captured = drive(make_order(purchase_country=country), *map(CaptureOrder, captures))
    refund = refund_of(make_line("A", 10_000), FEE, amount=amount)
    drive(captured, refund, assumptions=Assumptions(return_fee_rules="ignored"))
    drive(captured, replace(refund, order_lines=(replace(FEE, total_amount=0),)))
    if cause is None:
        drive(captured, refund)
        return
    with pytest.raises(Refusal) as refused:
        drive(captured, refund)
    assert (refused.value.status, refused.value.code) == (403, "REFUND_NOT_ALLOWED")
    assert refused.value.message == f"{cause} Refund not possible."


def test_refund_before_any_capture_is_refused_with_the_order() -> None:
    order = make_order()
    with pytest.raises(Refusal) as refused:
        check_refundable(order, 1)
    assert refused.value.facts == {"order_id": order.order_id}


def test_raise_is_refused_with_the_amounts_and_the_method_behind_it() -> None:
    order = make_order(payment_method=paid_by("CARD"))
    with pytest.raises(Refusal) as refused:
        drive(order, UpdateAuthorization(10_001, ()))
    assert refused.value.facts == {
        "requested": 10_001,
        "order_amount": 10_000,
        "payment_method": "CARD",
    }


def test_customer_details_change_the_fields_given_and_no_others() -> None:
    order = drive(make_order(), UpdateCustomerDetails({"city": "Umeå"}))
    assert order.shipping_address == {**SWEDEN, "city": "Umeå"}
    assert order.billing_address == SWEDEN


def test_customer_details_clear_a_field_with_an_empty_text() -> None:
    order = drive(make_order(), UpdateCustomerDetails({"given_name": ""}))
    assert order.shipping_address["given_name"] == ""


@pytest.mark.parametrize("name", ["street_address", "postal_code", "city", "country"])
def test_customer_details_cannot_clear_fields_needed_for_delivery(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        drive(make_order(), UpdateCustomerDetails({name: ""}))
    assert refused.value.reason is Reason.INVALID_ADDRESS
    assert refused.value.facts == {"cleared_fields": name}


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        pytest.param(("1", "2"), ("1", "2"), id="both"),
        pytest.param(("1", None), ("1", "old2"), id="the first"),
        pytest.param((None, "2"), ("old1", "2"), id="the second"),
        pytest.param((None, None), ("old1", "old2"), id="none"),
        pytest.param(("", None), ("", "old2"), id="cleared"),
    ],
)
def test_merchant_references_are_overwritten_only_where_given(
    references: tuple[str | None, str | None],
    expected: tuple[str, str],
) -> None:
    order = make_order(merchant_reference1="old1", merchant_reference2="old2")
    updated = drive(order, UpdateMerchantReferences(*references))
    assert (updated.merchant_reference1, updated.merchant_reference2) == expected


def test_shipping_info_is_appended_to_the_order() -> None:
    first, second = {"tracking_number": "1"}, {"tracking_number": "2"}
    order = drive(
        make_order(),
        AddOrderShippingInfo((first,)),
        AddOrderShippingInfo((second, first)),
    )
    assert order.shipping_info == (first, second, first)


def test_shipping_info_is_appended_to_the_capture_it_names() -> None:
    first, second = {"tracking_number": "1"}, {"tracking_number": "2"}
    order = drive(make_order(), CaptureOrder(1), CaptureOrder(1))
    named = order.captures[1].capture_id
    order = drive(
        order,
        AddCaptureShippingInfo(named, (first,)),
        AddCaptureShippingInfo(named, (second,)),
    )
    assert [capture.shipping_info for capture in order.captures] == [(), (first, second)]


def test_send_out_notes_the_time_on_its_capture() -> None:
    order = drive(make_order(), CaptureOrder(1), CaptureOrder(1))
    order = drive(order, TriggerSendOut(order.captures[0].capture_id), now=LATER)
    assert [capture.sent_out_at for capture in order.captures] == [LATER, None]


def test_due_date_extensions_add_up_on_their_capture() -> None:
    order = drive(make_order(), CaptureOrder(1), CaptureOrder(1))
    named = order.captures[1].capture_id
    order = drive(order, ExtendDueDate(named, 14), ExtendDueDate(named, 30))
    assert [capture.due_date_extended_by for capture in order.captures] == [0, 44]


@pytest.mark.parametrize("method", ["INVOICE", "INVOICE_BUSINESS", "PAY_LATER_IN_PARTS"])
@pytest.mark.parametrize("days", [14, 30, 60])
def test_due_dates_are_extended_for_pay_later_methods(
    method: str,
    days: int,
) -> None:
    order = make_order(payment_method=paid_by(method))
    order = drive(order, CaptureOrder(1), ExtendDueDate("change-1", days))
    assert order.captures[0].due_date_extended_by == days


def test_cancellation_notes_the_time() -> None:
    assert drive(make_order(), Cancel()).cancelled_at == NOW
