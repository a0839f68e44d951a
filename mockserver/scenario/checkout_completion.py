"""Complete a checkout order in place of a shopper, from a few options.

What is left out is filled in: addresses from what the shopper entered before, from what
the merchant prefilled, or from a generated shopper; the outcome from the e-mail address.
"""

from mockserver.domain.checkout.checkout import CHECKOUT_ADDRESSES, Checkout
from mockserver.domain.checkout.completion import Completion, ShopperOutcome, outcome_for_email
from mockserver.domain.checkout.streets import replace_address_fields
from mockserver.domain.order import Address
from mockserver.scenario.order_builder import parse_payment_method
from mockserver.scenario.shoppers import COUNTRIES, DEFAULT_COUNTRY, generate_shopper
from mockserver.scenario.spec import Spec


def build_completion(checkout: Checkout, spec: Spec, seed: str) -> Completion:
    """Build what the shopper does at a checkout order.

    Args:
        checkout: the checkout order.
        spec: keys ``outcome``, ``payment_method``, ``billing_address``,
            ``shipping_address``, ``customer``, ``shipping_option``, ``checkbox``,
            ``checkboxes``; all optional.
        seed: equal seeds generate equal shoppers.
    """
    entered = entered_addresses(checkout, spec)
    billing = entered["billing_address"]
    generated = generate_address(checkout, billing["country"], seed)
    billing = replace_address_fields(generated, billing)
    shipping = replace_address_fields(billing, entered["shipping_address"])
    outcome = spec.get("outcome") or outcome_for_email(billing.get("email", ""))
    return Completion(
        outcome=ShopperOutcome(outcome),
        payment_method=parse_payment_method(spec),
        billing_address=billing,
        shipping_address=shipping,
        customer=spec.get("customer", {}),
        shipping_option=spec.get("shipping_option"),
        checkbox=spec.get("checkbox"),
        checkboxes=spec.get("checkboxes", {}),
    )


def entered_addresses(checkout: Checkout, spec: Spec) -> dict[str, Address]:
    """Return both addresses with what is known: entered now, before, or prefilled.

    Args:
        checkout: the checkout order.
        spec: keys ``billing_address`` and ``shipping_address``, both optional; an empty
            text clears a field. Where the shopper has no separate shipping address,
            the shipping address follows a billing address that is entered now.
    """
    country = str(checkout.fields["purchase_country"]).upper()
    billing = {"country": country, **_known_address(checkout, "billing_address", spec)}
    if spec.get("billing_address") and not _ships_elsewhere(checkout):
        known_shipping = _texts(spec.get("shipping_address", {}))
    else:
        known_shipping = _known_address(checkout, "shipping_address", spec)
    shipping = replace_address_fields(billing, known_shipping)
    return {"billing_address": billing, "shipping_address": shipping}


def generate_address(checkout: Checkout, country: str, seed: str) -> Address:
    """Generate the address of a shopper of a country, or of Sweden with that country."""
    known_country = country.upper() if country.upper() in COUNTRIES else DEFAULT_COUNTRY
    shopper = generate_shopper(known_country, f"{seed}/people/{checkout.order_id}")
    return {**shopper.address, "country": country.upper()}


def _known_address(checkout: Checkout, name: str, spec: Spec) -> Address:
    earlier = checkout.shopper.get(name) or checkout.fields.get(name, {})
    return _texts(replace_address_fields(earlier, spec.get(name, {})))


def _ships_elsewhere(checkout: Checkout) -> bool:
    """Return whether the shopper may have, and has not given up, a separate address."""
    if not checkout.options["allow_separate_shipping_address"]:
        return False
    billing, shipping = map(checkout.shopper.get, CHECKOUT_ADDRESSES)
    return billing is None or billing != shipping


def _texts(address: Address) -> Address:
    """Return the fields of an address that are not empty."""
    return {key: str(value) for key, value in address.items() if value}
