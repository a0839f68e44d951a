"""Compare a predicted response with a received one, without personal data.

Ids, times and free texts cannot be equal, so only their presence and type is compared.
Values that are written to a report are amounts, enumerations and messages; everything else
is named by its type.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from mockserver.drift.exchanges import RecordedExchange, json_body
from mockserver.sandbox.recordings import MASKED_KEYS

COMPARED_TEXTS = frozenset(
    {
        "status", "fraud_status", "type", "error_code", "purchase_country",
        "purchase_currency", "klarna_order_validation",
    }
)  # fmt: skip
"""Keys of texts whose values are compared: enumerations."""

COMPARED_HEADERS = ("Content-Type", "Location", "Capture-Id", "Refund-Id", "Retry-After")
_MAIL = re.compile(r"[^\s@\"']+@[^\s@\"']+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")


class FieldDifference(Struct, frozen=True):
    """A place of a response where prediction and response differ."""

    place: str
    predicted: str
    seen: str

    @property
    def kind(self) -> str:
        """``unknown_field`` for a field that was not predicted, otherwise ``value``."""
        return "unknown_field" if self.predicted == "absent" else "value"


def compare(
    predicted: RecordedExchange,
    seen: RecordedExchange,
    predicted_ids: Mapping[str, str],
    seen_ids: Mapping[str, str],
) -> Iterator[FieldDifference]:
    """Yield every difference of two responses."""
    here, there = predicted.response, seen.response
    if here.status != there.status:
        yield FieldDifference("status", str(here.status), str(there.status))
    here_headers = {name.lower() for name in here.headers}
    there_headers = {name.lower() for name in there.headers}
    for name in COMPARED_HEADERS:
        values = [
            "present" if name.lower() in names else "absent"
            for names in (here_headers, there_headers)
        ]
        if values[0] != values[1]:
            yield FieldDifference(f"header {name}", *values)
    yield from _compare_values(
        "body", json_body(here), json_body(there), predicted_ids, seen_ids
    )


def _compare_values(
    place: str,
    here: object,
    there: object,
    here_ids: Mapping[str, str],
    there_ids: Mapping[str, str],
) -> Iterator[FieldDifference]:
    if isinstance(here, dict) and isinstance(there, dict):
        for key in dict.fromkeys([*here, *there]):
            if key not in here or key not in there:
                present = [
                    show(key, side[key], ids) if key in side else "absent"
                    for side, ids in ((here, here_ids), (there, there_ids))
                ]
                yield FieldDifference(f"{place}.{key}", *present)
            else:
                yield from _compare_values(
                    f"{place}.{key}", here[key], there[key], here_ids, there_ids
                )
    elif isinstance(here, list) and isinstance(there, list):
        if len(here) != len(there):
            yield FieldDifference(f"{place}[]", f"{len(here)} items", f"{len(there)} items")
        for number, (one, other) in enumerate(zip(here, there, strict=False)):
            yield from _compare_values(f"{place}[{number}]", one, other, here_ids, there_ids)
    else:
        key = re.sub(r"\[\d+\]$", "", place).rpartition(".")[2]
        shown = show(key, here, here_ids), show(key, there, there_ids)
        if shown[0] != shown[1]:
            yield FieldDifference(place, *shown)


def show(key: str, value: object, ids: Mapping[str, str]) -> str:
    """Return a value as it may be written to a report."""
    if key in MASKED_KEYS or key in ("customer", "billing_address", "shipping_address"):
        return f"a {_type_name(value)}, masked"
    if isinstance(value, str):
        if key in COMPARED_TEXTS:
            return value
        return mask_text(value, ids) if key == "error_messages" else "a text"
    if isinstance(value, bool | int | float) or value is None:
        return str(value).lower() if isinstance(value, bool) else str(value)
    return f"a {_type_name(value)}"


def mask_text(text: str, ids: Mapping[str, str]) -> str:
    """Replace ids by names, and addresses by placeholders."""
    named = _UUID.sub(lambda match: ids.get(match.group(), "(id)"), text)
    return _ADDRESS.sub("(address)", _MAIL.sub("(mail)", named))


def _type_name(value: object) -> str:
    names = {dict: "object", list: "list", str: "text", int: "number", float: "number"}
    return names.get(type(value), "value")
