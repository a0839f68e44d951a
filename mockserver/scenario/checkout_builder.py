"""Build checkout orders from scenario syntax, with left-out values filled in.

Defaults: sums from the lines; country, currency and locale from the scenario; merchant
URLs at a shop that cannot exist, so that its deliveries wait in the inbox.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from msgspec.structs import replace

from mockserver.domain.checkout.bad_values import describe_refusal
from mockserver.domain.checkout.changes import start_checkout
from mockserver.domain.checkout.checkout import (
    CHECKOUT_ADDRESSES,
    KNOWN_MEMBERS,
    MERCHANT_FIELDS,
    ORDER_ID_PLACEHOLDER,
    Checkout,
    Fields,
)
from mockserver.domain.checkout.customer_token import CustomerToken, TokenStatus
from mockserver.domain.checkout.hosted_session import HostedSession
from mockserver.domain.order import OrderLine
from mockserver.domain.refusal import Refusal
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.memory_sizes import measure_value
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import Finding, FindingCollector, ScenarioError, ValuePath
from mockserver.scenario.order_builder import OrderDefaults
from mockserver.scenario.order_lines import complete_line
from mockserver.scenario.schema_errors import MAX_FINDINGS, describe_expected, quote_value
from mockserver.scenario.shoppers import COUNTRIES, DEFAULT_COUNTRY
from mockserver.scenario.spec import Spec
from mockserver.scenario.times import parse_time_or_offset
from mockserver.schemas import Violation, get_request_schema

DEFAULT_URLS: Mapping[str, str] = {
    "terms": "https://shop.example/terms",
    "checkout": "https://shop.example/checkout",
    "confirmation": f"https://shop.example/confirmation?order={ORDER_ID_PLACEHOLDER}",
    "push": f"https://shop.example/push?order={ORDER_ID_PLACEHOLDER}",
}
"""Merchant URLs that a scenario leaves out."""

STATE_TIMES = {
    "modified": "last_modified_at",
    "completed": "completed_at",
    "aborted": "aborted_at",
}
"""Times of ``state``, and the fields of a checkout order that they set."""

CHECKOUT_LINE_KEYS = (
    "type", "reference", "name", "quantity", "quantity_unit", "unit_price", "tax_rate",
    "total_amount", "total_discount_amount", "total_tax_amount",
)  # fmt: skip


def add_checkout(
    sandbox: Sandbox, name: str, spec: Spec, defaults: OrderDefaults, path: ValuePath = ()
) -> Checkout:
    """Build a checkout order from scenario syntax and add it to a sandbox.

    Raises:
        ScenarioError: it is invalid or impossible, or its id or name is taken; the sandbox
            is unchanged.
    """
    started = parse_time_or_offset(
        spec.get("started"), defaults.now, defaults.now, (*path, "started")
    )
    body = build_checkout_body(spec, defaults)
    _check_fields(body, path)
    order_id = str(spec.get("order_id") or sandbox.ids.new_order_id())
    _check_free(sandbox, name, sandbox.ids.reserve(order_id), path)
    try:
        checkout = start_checkout(order_id, body, started, sandbox.assumptions)
    except Refusal as refusal:
        finding = Finding("E203", (*path, *_place(refusal, spec)), describe_refusal(refusal))
        raise ScenarioError([finding]) from None
    checkout = _apply_state(checkout, spec.get("state", {}), started, (*path, "state"))
    size = measure_value(body)
    sandbox.check_room(size)
    sandbox.put_checkout(checkout, size)
    sandbox.order_names[name] = order_id
    return checkout


def build_checkout_body(spec: Spec, defaults: OrderDefaults) -> dict[str, Any]:
    """Build the body of a create request."""
    country = spec.get("country", defaults.country)
    usual = COUNTRIES.get(country, COUNTRIES[DEFAULT_COUNTRY])
    lines = _lines(spec)
    body: dict[str, Any] = {
        "purchase_country": country,
        "purchase_currency": spec.get("currency") or defaults.currency or usual.currency,
        "locale": spec.get("locale") or defaults.locale or usual.locale,
        **_sums(lines),
        "order_lines": lines,
        **_own_fields(spec),
        "merchant_urls": _add_default_urls(spec.get("merchant_urls", {})),
    }
    return {name: body[name] for name in MERCHANT_FIELDS if name in body}


def build_update_body(spec: Spec) -> dict[str, Any]:
    """Build the body of an update: only what the spec names."""
    renamed = {
        "country": "purchase_country",
        "currency": "purchase_currency",
        "locale": "locale",
    }
    body = {field: spec[key] for key, field in renamed.items() if key in spec}
    if "lines" in spec or "order_lines" in spec:
        lines = _lines(spec)
        body |= {**_sums(lines), "order_lines": lines}
    body |= _own_fields(spec)
    if "merchant_urls" in spec:
        body["merchant_urls"] = _add_default_urls(spec["merchant_urls"])
    return body


def _add_default_urls(urls: Mapping[str, str]) -> dict[str, str]:
    """Return the merchant URLs in their order, then those that are left out."""
    return {**urls, **DEFAULT_URLS, **urls}


def line_body(line: OrderLine) -> dict[str, Any]:
    """Write an order line as a merchant sends it."""
    fields = {key: getattr(line, key) for key in CHECKOUT_LINE_KEYS}
    non_empty = {key: value for key, value in fields.items() if value not in (None, "")}
    return {**non_empty, **(line.extra or {})}


def _lines(spec: Spec) -> list[Any]:
    if "order_lines" in spec:
        return list(spec["order_lines"])
    return [line_body(complete_line(line)) for line in spec.get("lines", ())]


def _sums(lines: Sequence[Fields]) -> dict[str, int]:
    return {
        "order_amount": sum(line.get("total_amount", 0) for line in lines),
        "order_tax_amount": sum(
            line.get("total_amount", 0)
            if line.get("type") == "sales_tax"
            else line.get("total_tax_amount", 0)
            for line in lines
        ),
    }


def _own_fields(spec: Spec) -> dict[str, Any]:
    """Return the fields that a scenario names as the API does."""
    own = {
        name: spec[name] for name in MERCHANT_FIELDS if name in spec and name != "order_lines"
    }
    for name in ("merchant_reference1", "merchant_reference2", "merchant_data"):
        if name in own:
            own[name] = str(own[name])
    for name in (*CHECKOUT_ADDRESSES, "customer"):
        if name in own:
            own[name] = {key: str(value) for key, value in own[name].items()}
    return own


def _check_fields(body: Fields, path: ValuePath) -> None:
    """Check a body by the schema of the API, and for members that it does not know.

    Raises:
        ScenarioError: with each violation.
    """
    findings = FindingCollector()
    findings += _unknown_members(body, path)
    schema = get_request_schema("create_checkout")
    if not schema.is_valid(body):
        findings += [
            Finding("E105", (*path, *violation.path), _describe(violation))
            for violation in islice(schema.violations(body), MAX_FINDINGS)
        ]
    findings.raise_if_any()


def _place(refusal: Refusal, spec: Spec) -> ValuePath:
    """Return where a scenario has the first bad value of a refusal."""
    first, *rest = str(refusal.facts["paths"]).partition(",")[0].split("/")
    name = "lines" if first == "order_lines" and "lines" in spec else first
    return (name, *(int(step) if step.isdecimal() else step for step in rest))


def _describe(violation: Violation) -> str:
    if violation.keyword == "required":
        return f"'{violation.constraint}' is missing"
    return f"expected {describe_expected(violation)}, got {quote_value(violation.value)}"


def _unknown_members(body: Fields, path: ValuePath) -> Iterator[Finding]:
    for name, members in KNOWN_MEMBERS.items():
        for key in body.get(name, {}):
            if key not in members:
                message = f"unknown key '{key}', {did_you_mean(key, members)}"
                yield Finding("E101", (*path, name, key), message)


def _check_free(sandbox: Sandbox, name: str, order_id: str, path: ValuePath) -> None:
    if name in sandbox.order_names:
        raise ScenarioError([Finding("E202", path, f"order '{name}' already exists")])
    if order_id in sandbox.orders or order_id in sandbox.checkouts:
        message = f"order_id {order_id} is taken"
        raise ScenarioError([Finding("E202", (*path, "order_id"), message)])


def _apply_state(
    checkout: Checkout, state: Spec, started: datetime, path: ValuePath
) -> Checkout:
    times = {
        field: parse_time_or_offset(state[key], started, started, (*path, key))
        for key, field in STATE_TIMES.items()
        if key in state
    }
    token = _token(state["token"]) if "token" in state else None
    session = _session(state["session"]) if "session" in state else None
    shopper = state.get("shopper", {})
    return replace(checkout, shopper=shopper, token=token, session=session, **times)


def _session(spec: Spec) -> HostedSession:
    return HostedSession(spec["id"], spec.get("merchant_urls", {}))


def _token(spec: Spec) -> CustomerToken:
    return CustomerToken(spec["id"], TokenStatus(spec.get("status", TokenStatus.ACTIVE)))
