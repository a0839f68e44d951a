"""Complete a checkout order in place of a shopper, from a few options.

What is left out is filled in: addresses from what the shopper entered before, from what
the merchant prefilled, or from a generated shopper; the outcome from the e-mail address.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from mockserver.domain.checkout.checkout import Checkout, Fields
from mockserver.domain.checkout.completion import Completion, Outcome, outcome_for_email
from mockserver.domain.order import Address
from mockserver.scenario.order_builder import parse_payment_method
from mockserver.scenario.shoppers import COUNTRIES, DEFAULT_COUNTRY, generate_shopper

Spec: TypeAlias = Mapping[str, Any]


def build_completion(checkout: Checkout, spec: Spec, seed: str) -> Completion:
    """Build what the shopper does at a checkout order.

    Args:
        checkout: the checkout order.
        spec: keys ``outcome``, ``payment_method``, ``billing_address``,
            ``shipping_address``, ``shipping_option``, ``checkboxes``; all optional.
        seed: equal seeds generate equal shoppers.
    """
    billing = _billing_address(checkout, _texts(spec, "billing_address"), seed)
    shipping = {
        **billing,
        **_known_address(checkout, "shipping_address"),
        **_texts(spec, "shipping_address"),
    }
    outcome = spec.get("outcome") or outcome_for_email(billing.get("email", ""))
    return Completion(
        outcome=Outcome(outcome),
        payment_method=parse_payment_method(spec),
        billing_address=billing,
        shipping_address=shipping,
        shipping_option=spec.get("shipping_option"),
        checkboxes=spec.get("checkboxes", {}),
    )


def _billing_address(checkout: Checkout, given: Address, seed: str) -> dict[str, str]:
    known = {**_known_address(checkout, "billing_address"), **given}
    country = known.get("country", str(checkout.fields["purchase_country"])).upper()
    shopper = generate_shopper(
        country if country in COUNTRIES else DEFAULT_COUNTRY,
        f"{seed}/people/{checkout.order_id}",
    )
    return {**shopper.address, **known, "country": country}


def _known_address(checkout: Checkout, name: str) -> dict[str, str]:
    """Return what the shopper entered before, or what the merchant prefilled."""
    return _texts(checkout.shopper, name) or _texts(checkout.fields, name)


def _texts(values: Fields, name: str) -> dict[str, str]:
    return {key: str(value) for key, value in values.get(name, {}).items() if value}
