"""Rules behind ``BAD_VALUE``: sums of a checkout order and its URLs, as a table.

Bounds and required fields of single values are in ``schemas/requests``; here is what
compares several values. Every rule is exact, but for the tax of a line.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.checkout import ORDER_ID_PLACEHOLDER, Fields
from mockserver.domain.errors import Reason
from mockserver.domain.money import line_tax, line_total
from mockserver.domain.operation import Operation
from mockserver.domain.provenance import (
    Provenance,
    klarna_docs,
    read_off_clients,
    recorded,
)
from mockserver.domain.refusal import MAX_MESSAGES, Refusal

Line: TypeAlias = Fields
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
URI_NOTE = "must be a valid http or https URI"  # quoted by clients


class BadValue(Struct, frozen=True):
    """A field whose value is wrong, and what is expected where more can be said.

    Attributes:
        path: names and indices that lead to the field.
        note: the provider's note behind the field's name.
        expected: the expected value, for the journal.
        actual: the value found.
    """

    path: tuple[str | int, ...]
    note: str = ""
    expected: Any = None
    actual: Any = None

    def message(self, *, with_index: bool) -> str:
        """Word the message; without an index it starts behind the last one."""
        steps: tuple[str | int, ...] = self.path
        if not with_index:
            last = max((i for i, s in enumerate(steps) if isinstance(s, int)), default=-1)
            steps = steps[last + 1 :] or steps
        name = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)
        return f"Bad value: {name.lstrip('.')}" + (f" ({self.note})" if self.note else "")


class ValueRule(Struct, frozen=True):
    """One rule: the field it is about, what must hold, where that is known from."""

    field: str
    formula: str
    source: Provenance
    find: Callable[[Fields, Assumptions], Iterator[BadValue]]


def _line_totals(fields: Fields, _assumptions: Assumptions) -> Iterator[BadValue]:
    for index, line in enumerate(fields["order_lines"]):
        discount = line.get("total_discount_amount", 0)
        expected = line_total(line["quantity"], line["unit_price"], discount)
        if line["total_amount"] != expected:
            path = ("order_lines", index, "total_amount")
            yield BadValue(path, "", expected, line["total_amount"])


def _line_taxes(fields: Fields, assumptions: Assumptions) -> Iterator[BadValue]:
    for index, line in enumerate(fields["order_lines"]):
        expected = line_tax(line["total_amount"], line["tax_rate"])
        if abs(line["total_tax_amount"] - expected) > assumptions.tax_tolerance:
            path = ("order_lines", index, "total_tax_amount")
            yield BadValue(path, "", expected, line["total_tax_amount"])


def _order_amount(fields: Fields, _assumptions: Assumptions) -> Iterator[BadValue]:
    expected = sum(line["total_amount"] for line in fields["order_lines"])
    if fields["order_amount"] != expected:
        yield BadValue(("order_amount",), "", expected, fields["order_amount"])


def _order_tax_amount(fields: Fields, _assumptions: Assumptions) -> Iterator[BadValue]:
    expected = sum(map(_tax_of_line, fields["order_lines"]))
    if fields["order_tax_amount"] != expected:
        yield BadValue(("order_tax_amount",), "", expected, fields["order_tax_amount"])


def _tax_of_line(line: Line) -> int:
    is_tax = line.get("type") == "sales_tax"
    return int(line["total_tax_amount"] + (line["total_amount"] if is_tax else 0))


def _merchant_urls(fields: Fields, assumptions: Assumptions) -> Iterator[BadValue]:
    urls = fields.get("merchant_urls", {})
    yield from _bad_urls(tuple(urls.items()), assumptions.local_urls)


@lru_cache(maxsize=1000)  # a shop sends the same ones again and again
def _bad_urls(urls: tuple[tuple[str, str], ...], local_urls: str) -> tuple[BadValue, ...]:
    notes = {
        name: url_note(url, (ORDER_ID_PLACEHOLDER,), refuses_local=local_urls == "refused")
        for name, url in urls
    }
    return tuple(
        BadValue(("merchant_urls", name), notes[name], actual=url)
        for name, url in urls
        if notes[name]
    )


def url_note(
    url: str, placeholders: Collection[str] = (), *, refuses_local: bool = False
) -> str:
    """Return what is wrong with a URL, or an empty text."""
    for placeholder in placeholders:
        url = url.replace(placeholder, "id")
    if "{" in url or "}" in url:
        return _placeholder_note(placeholders)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return URI_NOTE
    is_text = url.isprintable() and " " not in url
    if parts.scheme not in ("http", "https") or not host or not is_text:
        return URI_NOTE
    if refuses_local and host in LOCAL_HOSTS:
        return "must not be a local URI"
    return ""


def _placeholder_note(placeholders: Collection[str]) -> str:
    if not placeholders:
        return "has no placeholders"
    verb = "placeholder is" if len(placeholders) == 1 else "placeholders are"
    return f"the only {verb} {' and '.join(placeholders)}"


VALUE_RULES: tuple[ValueRule, ...] = (
    ValueRule(
        "order_lines[].total_amount", "quantity * unit_price - total_discount_amount",
        recorded("a line whose discount was not taken off"), _line_totals,
    ),
    ValueRule(
        "order_lines[].total_tax_amount",
        "total_amount - total_amount * 10000 / (10000 + tax_rate), within `tax_tolerance`",
        klarna_docs("checkout schema"), _line_taxes,
    ),
    ValueRule(
        "order_amount", "the sum of the lines' total_amount",
        read_off_clients("WooCommerce's own tests buy carts only to prove it"), _order_amount,
    ),
    ValueRule(
        "order_tax_amount",
        "the sum of the lines' total_tax_amount and of the total_amount of sales_tax lines",
        read_off_clients("WooCommerce's orders in the US"), _order_tax_amount,
    ),
    ValueRule(
        "merchant_urls", "http or https; `{checkout.order.id}` is the only placeholder",
        read_off_clients("message quoted for terms; unknown placeholders are assumed"),
        _merchant_urls,
    ),
)  # fmt: skip
"""Rules in the order in which bad values are named; the order is assumed."""


def check_values(fields: Fields, operation: Operation, assumptions: Assumptions) -> None:
    """Check sums and URLs.

    Raises:
        Refusal: ``BAD_VALUE`` with the first bad value, or all of them.
    """
    bad_values = [bad for rule in VALUE_RULES for bad in rule.find(fields, assumptions)]
    if bad_values:
        raise bad_value_refusal(bad_values, operation, assumptions)


def bad_value_refusal(
    bad_values: Iterable[BadValue], operation: Operation, assumptions: Assumptions
) -> Refusal:
    """Build the refusal for bad values, as many as the assumptions list."""
    named: Sequence[BadValue] = list(bad_values)[:MAX_MESSAGES]
    if assumptions.bad_value_lists == "first":
        named = named[:1]
    with_index = assumptions.bad_value_path == "indexed"
    first = named[0]
    facts = {"expected": first.expected, "actual": first.actual}
    return Refusal(
        Reason.BAD_VALUE,
        operation,
        violations=[bad.message(with_index=with_index) for bad in named],
        paths=", ".join("/".join(map(str, bad.path)) for bad in named),
        **{name: value for name, value in facts.items() if value is not None},
    )


def describe_refusal(refusal: Refusal) -> str:
    """Return the message of a refusal, with expected and actual value where they are known."""
    facts = refusal.known_facts
    if "expected" not in facts:
        return refusal.message
    found = f", got {facts['actual']}" if "actual" in facts else ""
    return f"{refusal.message}: expected {facts['expected']}{found}"
