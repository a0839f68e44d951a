"""What the shopper chooses of what the merchant offers: a shipping option, checkboxes."""

import json
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.checkout import Checkout, Fields
from mockserver.domain.order import Address

MAX_LISTED_CHOICES = 10


class ChoiceError(ValueError):
    """The checkout order allows no such choice, or a required checkbox is not ticked."""


def option_ids(checkout: Checkout) -> list[str]:
    """Return the ids of the shipping options."""
    return [option["id"] for option in checkout.fields.get("shipping_options", [])]


def choose_shipping_option(checkout: Checkout, option_id: str | None = None) -> Fields:
    """Return the shipping option of this id, the one chosen before, or the preselected one.

    Without any of these it is the first; empty if there are no options.

    Raises:
        ChoiceError: no shipping option of this id.
    """
    options = checkout.fields.get("shipping_options", [])
    by_id = {option["id"]: option for option in options}
    if option_id is not None and option_id not in by_id:
        raise ChoiceError(_unknown_id("shipping option", option_id, by_id))
    earlier = checkout.shopper.get("selected_shipping_option", {}).get("id")
    chosen = by_id.get(option_id or earlier)
    if chosen:
        return dict(chosen)
    preselected = (option for option in options if option.get("preselected"))
    return dict(next(preselected, options[0] if options else {}))


def with_shipping_option(checkout: Checkout, option: Fields) -> Checkout:
    """Return the checkout order with this shipping option chosen; empty for none."""
    shopper = {**checkout.shopper, "selected_shipping_option": option}
    return replace(checkout, shopper={name: value for name, value in shopper.items() if value})


def check_countries(checkout: Checkout, addresses: Mapping[str, Address]) -> None:
    """Check that the merchant sells to the countries of the addresses.

    Without a list every country is allowed (assumed); ``billing_countries`` are by default
    the ``shipping_countries`` (documented by Klarna).

    Raises:
        ChoiceError: the merchant does not.
    """
    shipping = checkout.fields.get("shipping_countries")
    allowed = {
        "billing_address": checkout.fields.get("billing_countries") or shipping,
        "shipping_address": shipping,
    }
    for name, address in addresses.items():
        countries = [code.upper() for code in allowed[name] or ()]
        country = str(address.get("country", "")).upper()
        if country and countries and country not in countries:
            raise ChoiceError(
                f"{name} cannot be in '{country}'; the checkout allows {_listed(countries)}"
            )


def check_customer_type(checkout: Checkout) -> None:
    """Check that the merchant sells to this type of customer.

    Raises:
        ChoiceError: the merchant does not.
    """
    allowed = checkout.options.get("allowed_customer_types")
    customer_type = checkout.customer.get("type")
    if allowed and customer_type and customer_type not in allowed:
        raise ChoiceError(
            f"the customer cannot be of type '{customer_type}';"
            f" the checkout allows {_listed(allowed)}"
        )


def answer_checkboxes(
    checkout: Checkout, *, checkbox: bool | None, checkboxes: Mapping[str, bool]
) -> Fields:
    """Return ``merchant_requested``: every checkbox, as answered or as the merchant sent it.

    Args:
        checkout: the checkout order.
        checkbox: answer to ``options.additional_checkbox``, or ``None``.
        checkboxes: answers to ``options.additional_checkboxes`` by id.

    Returns:
        The members of ``merchant_requested``; empty if the merchant added no checkbox.

    Raises:
        ChoiceError: there is no such checkbox.
    """
    box, boxes = _checkboxes(checkout)
    known = [box["id"] for box in boxes]
    for box_id in checkboxes:
        if box_id not in known:
            raise ChoiceError(_unknown_id("checkbox", box_id, known))
    if checkbox is not None and not box:
        raise ChoiceError("no single checkbox; the checkout has no options.additional_checkbox")
    answers: dict[str, object] = {}
    if box:
        answers["additional_checkbox"] = box["checked"] if checkbox is None else checkbox
    if boxes:
        answers["additional_checkboxes"] = [
            {"id": box["id"], "checked": checkboxes.get(box["id"], box["checked"])}
            for box in boxes
        ]
    return answers


def check_required_checkboxes(
    checkout: Checkout, answers: Fields, assumptions: Assumptions
) -> None:
    """Check that the required checkboxes are ticked.

    Args:
        checkout: the checkout order.
        answers: as :func:`answer_checkboxes` returns them.
        assumptions: those in force.

    Raises:
        ChoiceError: one is not; the message has all, and what to send.
    """
    if assumptions.required_checkboxes == "ignored":
        return
    box, boxes = _checkboxes(checkout)
    needed: dict[str, object] = {}
    if box.get("required") and not answers["additional_checkbox"]:
        needed["checkbox"] = True
    checked = {
        answer["id"]: answer["checked"] for answer in answers.get("additional_checkboxes", ())
    }
    missing = {box["id"]: True for box in boxes if box["required"] and not checked[box["id"]]}
    if missing:
        needed["checkboxes"] = missing
    if needed:
        raise ChoiceError(
            f"a required checkbox is not ticked; complete with {json.dumps(needed)}"
        )


def _checkboxes(checkout: Checkout) -> tuple[Fields, list[Fields]]:
    """Return the single checkbox, empty if there is none, and the list of checkboxes."""
    options = checkout.fields.get("options", {})
    return options.get("additional_checkbox", {}), options.get("additional_checkboxes", [])


def _unknown_id(kind: str, unknown: str, known: Iterable[str]) -> str:
    return f"no {kind} '{unknown}'; the checkout has {', '.join(known) or 'none'}"


def _listed(allowed: Sequence[str]) -> str:
    """List what is allowed; shops may send all countries of the world."""
    more = ", …" if len(allowed) > MAX_LISTED_CHOICES else ""
    return ", ".join(allowed[:MAX_LISTED_CHOICES]) + more
