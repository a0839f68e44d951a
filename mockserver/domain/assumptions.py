"""Named assumptions: switchable choices where the provider's behaviour is unknown.

One row per open question: a default, its alternatives, what each means, and why the
default was chosen. The dataclass below *is* the table; the docs, the command line and
the scenario schema are generated from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from mockserver.domain.provenance import (
    Provenance,
    assumed,
    klarna_docs,
    kustom_docs,
    read_off_clients,
    recorded,
)
from mockserver.domain.wording import did_you_mean, yaml_scalar

AssumptionValue = str | bool | int


def assumption_field(
    default: AssumptionValue,
    meanings: Mapping[AssumptionValue, str],
    source: Provenance,
    allowed_numbers: range = range(0),
) -> Any:  # noqa: ANN401
    """Describe one assumption as a dataclass field."""
    row = {"meanings": meanings, "source": source, "allowed_numbers": allowed_numbers}
    return field(default=default, metadata=MappingProxyType(row))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """The assumptions in force for a sandbox."""

    unallocated_refund: str = assumption_field(
        "oldest_first",
        {
            "oldest_first": "its money is booked on the oldest capture with room",
            "newest_first": "its money is booked on the newest capture with room",
            "none": "its money counts for the order, but is booked on no capture",
        },
        assumed("the documentation does not say where an unallocated refund is booked"),
    )
    amount_only_refund: str = assumption_field(
        "not_attempted",
        {
            "not_attempted": "a refund without order lines is not a failed allocation",
            "failed": "a refund without order lines fails, and so do all later ones",
        },
        assumed("amount-only refunds are accepted (recorded); their effect is unknown"),
    )
    fee_only_refund: str = assumption_field(
        "amount_only",
        {
            "amount_only": "a refund of nothing but return fees counts as one without lines",
            "failed": "a refund of nothing but return fees is a failed allocation",
        },
        assumed("sent by today's WooCommerce plugin for a bare amount; the effect is unknown"),
    )
    return_fee_rules: str = assumption_field(
        "documented",
        {
            "documented": "return fees need one capture of the whole order, in some countries",
            "ignored": "a return fee is accepted on every refund",
        },
        klarna_docs("refund with return fees; Kustom's portal offers the same"),
    )
    capture_capacity: str = assumption_field(
        "remaining",
        {
            "remaining": "a refund fits a capture up to what is not yet refunded of it",
            "captured": "a refund fits a capture up to its captured amount",
        },
        assumed("the page names the captured amount; the same money cannot be refunded twice"),
    )
    fully_refunded_status: str = assumption_field(
        "CAPTURED",
        {
            "CAPTURED": "a fully refunded order stays CAPTURED",
            "CLOSED": "a fully refunded order becomes CLOSED",
        },
        recorded("CAPTURED right after a full refund; the portal's help says Closed"),
    )
    capture_refunded_amount: str = assumption_field(
        "updated",
        {
            "updated": "a capture's refunded_amount is the sum booked on it",
            "stays_zero": "a capture's refunded_amount stays 0",
        },
        assumed("described as the capture's refunds; recorded 0 in the same second"),
    )
    refund_reference: str = assumption_field(
        "shown",
        {
            "shown": "the reference of a refund is shown when it is read",
            "left_out": "the reference of a refund is not shown",
        },
        kustom_docs("the schema of a refund has it; one recorded refund was shown without it"),
    )
    repeated_cancel: str = assumption_field(
        "accepted",
        {
            "accepted": "cancelling a cancelled order answers 204 and changes nothing",
            "refused": "cancelling a cancelled order is refused",
        },
        recorded("204 both times, one second apart; plugins handle a refusal as well"),
    )
    rejected_order: str = assumption_field(
        "refused",
        {
            "refused": "an order whose fraud review failed cannot be captured",
            "four_hours": "it can be captured for four hours, and is then cancelled",
        },
        klarna_docs("pending orders, US and UK: a capture in time takes the risk"),
    )
    release_keeps_order_amount: bool = assumption_field(
        default=True,
        meanings={
            True: "a release only sets the remaining authorization to 0",
            False: "a release also lowers order_amount to the captured amount",
        },
        source=assumed("no response after a release was recorded"),
    )
    validation_error: str = assumption_field(
        "UNPROCESSABLE_ENTITY",
        {
            "UNPROCESSABLE_ENTITY": "invalid fields answer 422 UNPROCESSABLE_ENTITY",
            "BAD_REQUEST": "invalid fields answer 400 BAD_REQUEST",
        },
        recorded("422 for a missing amount; Kustom's list of codes has BAD_REQUEST"),
    )
    idempotency_scope: str = assumption_field(
        "operation",
        {
            "operation": "a key counts for one operation on one order",
            "order": "a key counts for all operations on one order",
            "sandbox": "a key counts for all requests of one merchant",
        },
        assumed("documented: only the key matters, not the input; no scope is named"),
    )
    idempotent_errors: str = assumption_field(
        "replayed",
        {
            "replayed": "a refusal is replayed for its key, like a success",
            "decided_again": "after a refusal the same key is processed again",
        },
        klarna_docs("retry policy: both requests get the same response; errors not named"),
    )
    deprecated_operations: str = assumption_field(
        "answer",
        {
            "answer": "send-out and due-date operations work as they did at Klarna",
            "not_found": "send-out and due-date operations answer 404",
        },
        read_off_clients("announced as deprecated by Kustom, still called by today's plugins"),
    )
    expired_part_captured: str = assumption_field(
        "EXPIRED",
        {
            "EXPIRED": "past its date a part-captured order is EXPIRED",
            "CAPTURED": "past its date a part-captured order counts as CAPTURED",
        },
        kustom_docs("order status help: expired when not fully captured before the date"),
    )
    authorization_days: int = assumption_field(
        28,
        {28: "days from creation (or extension) to expiry"},
        kustom_docs("reservation time help: up to 28 days; an account may have another"),
        allowed_numbers=range(1, 181),
    )
    expired_checkout: str = assumption_field(
        "empty_404",
        {
            "empty_404": "an unknown or expired checkout order answers 404 without a body",
            "json_404": "an unknown or expired checkout order answers 404 with error_code",
        },
        read_off_clients("WooCommerce takes an empty body for an expired checkout order"),
    )
    completed_checkout_readable: str = assumption_field(
        "48h",
        {
            "48h": "a completed checkout order can be read for 48 hours",
            "2h": "a completed checkout order can be read for 2 hours",
            "forever": "a completed checkout order can always be read",
        },
        kustom_docs("48 hours is the only lifetime named; Klarna shows the snippet for 2"),
    )
    aborted_status: str = assumption_field(
        "checkout_incomplete",
        {
            "checkout_incomplete": "an aborted checkout order is read-only, still incomplete",
            "gone_404": "an aborted checkout order answers 404",
        },
        assumed("no client aborts; the documentation names no status"),
    )
    bad_value_path: str = assumption_field(
        "bare",
        {
            "bare": "BAD_VALUE names a field of a line without the line",
            "indexed": "BAD_VALUE names a field of a line with the index of the line",
        },
        recorded("'Bad value: total_amount' at checkout, indexed in the Payments API"),
    )
    bad_value_lists: str = assumption_field(
        "first",
        {
            "first": "BAD_VALUE names the first bad value",
            "all": "BAD_VALUE names every bad value",
        },
        assumed("recorded with one message, though error_messages is a list"),
    )
    tax_tolerance: int = assumption_field(
        1,
        {1: "minor units by which the tax of a checkout line may differ from the formula"},
        klarna_docs("checkout schema; the sums of an order are exact"),
        allowed_numbers=range(2),
    )
    country_echo: str = assumption_field(
        "lower",
        {
            "lower": "checkout orders show countries in lower case",
            "as_sent": "checkout orders show countries as they were sent",
            "upper": "checkout orders show countries in upper case",
        },
        recorded("lower case in 2020 and 2023; Kustom's sample has upper case"),
    )
    event_country_case: str = assumption_field(
        "lower",
        {
            "lower": "events of the checkout page name countries as swe",
            "upper": "events of the checkout page name countries as SWE",
        },
        kustom_docs("lower case in the page on events; OXID accepts upper case only"),
    )
    local_urls: str = assumption_field(
        "accepted",
        {
            "accepted": "merchant_urls may name localhost",
            "refused": "a merchant_url on localhost is a bad value",
        },
        read_off_clients("the real service refuses localhost; local tests need it"),
    )
    locale_in_order: str = assumption_field(
        "follows_country",
        {
            "follows_country": "the order's locale ends in the purchase country",
            "as_sent": "the order's locale is that of the checkout order",
        },
        recorded("a checkout with nl-NL in Belgium became an order with nl-BE"),
    )
    shipping_price: str = assumption_field(
        "added_unless_callback",
        {
            "added_unless_callback": "the chosen shipping option is added to the order's"
            " amount, unless merchant_urls has shipping_option_update",
            "never_added": "the chosen shipping option is not added to the order's amount",
        },
        klarna_docs("an answer of the support, quoted in an issue; seen with WooCommerce"),
    )
    street_parts: str = assumption_field(
        "joined",
        {
            "joined": "an address with street_name and street_number also gets street_address",
            "kept": "it gets none, and order management, which has no parts, shows no street",
        },
        read_off_clients("OXID reads street_address in every country and splits it itself"),
    )
    required_checkboxes: str = assumption_field(
        "enforced",
        {
            "enforced": "a shopper who leaves a required checkbox unticked cannot pay",
            "ignored": "a shopper may pay with a required checkbox unticked",
        },
        assumed("the schema of checkboxes has `required`; its effect is not described"),
    )
    push_schedule: str = assumption_field(
        "offsets",
        {
            "offsets": "pushes come 2, 5, 15, 30 and 60 minutes after completion, then every"
            " 4 hours, until 48 hours",
            "gaps": "the same numbers are the times between the pushes",
        },
        kustom_docs("the page on push; whether these are offsets or gaps is open"),
    )
    push_timeout: int = assumption_field(
        5,
        {5: "seconds within which the shop must answer a push"},
        recorded("a log of 2018: no response after 5131 ms"),
        allowed_numbers=range(1, 61),
    )
    order_visible_after: int = assumption_field(
        0,
        {0: "seconds after completion until order management knows the order"},
        read_off_clients("WooCommerce waits for the push if the order is not there yet"),
        allowed_numbers=range(601),
    )
    callback_timeout: int = assumption_field(
        10,
        {10: "seconds within which the shop must answer an address or shipping callback"},
        assumed("no limit is documented; that of a required validation"),
        allowed_numbers=range(1, 61),
    )
    push_after_acknowledge: str = assumption_field(
        "none",
        {
            "none": "an order acknowledged before its first push is not pushed",
            "first_still_sent": "the first push is sent although the order is acknowledged",
        },
        assumed("not documented; plugins cope with both"),
    )
    push_stops_on: str = assumption_field(
        "acknowledge",
        {
            "acknowledge": "pushes stop once the order is acknowledged",
            "acknowledge_or_2xx": "pushes also stop once the merchant answers 2xx",
        },
        kustom_docs("acknowledge stops pushes; two clients expect that any 2xx does"),
    )
    validation_other_status: str = assumption_field(
        "by_option",
        {
            "by_option": "a response with another status fails the purchase only if"
            " require_validate_callback_success is set",
            "fail": "a response with another status always fails the purchase",
        },
        recorded("failures with the option set; without it by the rule for no response"),
    )
    redirect_without_location: str = assumption_field(
        "goes_on",
        {
            "goes_on": "a redirect without Location lets the purchase go on",
            "fails": "a redirect without Location fails the purchase",
        },
        recorded("a shopper who ended on the confirmation page, in 2018"),
    )
    webhook_schedule: str = assumption_field(
        "svix_default",
        {
            "svix_default": "a webhook is repeated after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h"
            " and 10 h, until it is answered 2xx",
            "once": "a webhook is sent once, whatever the response",
        },
        assumed("repetitions are documented, their times are not; Svix's default"),
    )
    token_order_redirect_url: str = assumption_field(
        "left_out",
        {
            "left_out": "an order with a customer token is answered without redirect_url",
            "empty": "an order with a customer token is answered with an empty redirect_url",
        },
        recorded(
            "left out, though the schema requires it; a client's own answers have it empty"
        ),
    )
    webhook_id: str = assumption_field(
        "event_id",
        {
            "event_id": "the header webhook-id is the id of the event in the body",
            "own": "the header webhook-id is an id of the message of its own",
        },
        assumed("Standard Webhooks asks only for the same id in every repetition"),
    )
    order_created_at: str = assumption_field(
        "completion",
        {
            "completion": "order.created is sent when the checkout order is completed",
            "with_first_push": "order.created is sent at the time of the first push",
        },
        assumed("the moment relative to the push is not documented"),
    )


@dataclass(frozen=True, slots=True)
class Assumption:
    """Definition of one assumption: default, alternatives and provenance."""

    name: str
    default: AssumptionValue
    meanings: Mapping[AssumptionValue, str]
    source: Provenance
    allowed_numbers: range

    @property
    def allowed_text(self) -> str:
        """The permitted values as text for messages."""
        if self.allowed_numbers:
            return f"an integer from {self.allowed_numbers[0]} to {self.allowed_numbers[-1]}"
        return " or ".join(yaml_scalar(value) for value in self.meanings)

    def parse(self, value: object) -> AssumptionValue:
        """Parse a value from YAML, JSON or a flag.

        Raises:
            AssumptionError: the value is not one of the alternatives.
        """
        candidate: AssumptionValue
        for candidate in (*self.meanings, *self.allowed_numbers):
            if value == candidate and isinstance(value, bool) is isinstance(candidate, bool):
                return candidate
            if isinstance(value, str) and value.lower() == str(candidate).lower():
                return candidate
        message = f"assumption '{self.name}': expected {self.allowed_text}, got {value!r}"
        raise AssumptionError(message)


class AssumptionError(ValueError):
    """An unknown assumption, or a value it does not take."""


ASSUMPTIONS: Mapping[str, Assumption] = MappingProxyType(
    {
        option.name: Assumption(option.name, option.default, **option.metadata)  # type: ignore[arg-type]
        for option in fields(Assumptions)
    },
)


def switch_assumptions(base: Assumptions, choices: Mapping[str, object]) -> Assumptions:
    """Switch some assumptions of a set.

    Raises:
        AssumptionError: a name is unknown (with the nearest one) or a value is not
            among its alternatives.
    """
    parsed: dict[str, Any] = {
        name: _find_assumption(name).parse(v) for name, v in choices.items()
    }
    return replace(base, **parsed)


def _find_assumption(name: str) -> Assumption:
    if name in ASSUMPTIONS:
        return ASSUMPTIONS[name]
    message = f"unknown assumption '{name}', {did_you_mean(name, ASSUMPTIONS)}"
    raise AssumptionError(message)
