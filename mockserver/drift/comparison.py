"""Compare a predicted response with a received one, without personal data.

Ids, times and free texts cannot be equal, so only their presence, type and form is compared.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from mockserver.drift.exchanges import RecordedExchange, json_body
from mockserver.drift.masking import TIME_FORM, show, show_key
from mockserver.scenario.diagnostics import pluralize

COMPARED_HEADERS = ("Content-Type", "Location", "Capture-Id", "Refund-Id", "Retry-After")
ORDER_OF_KEYS = "order of keys"


class FieldDifference(Struct, frozen=True):
    """A place of a response where prediction and response differ."""

    place: str
    predicted: str
    seen: str

    @property
    def kind(self) -> str:
        """Return the kind of this difference.

        ``unknown_field`` for a field that was not predicted; ``form`` if only the spelling,
        the format of a time or the order of keys differs; otherwise ``value``.
        """
        if self.predicted == "absent":
            return "unknown_field"
        is_spelling = self.predicted.casefold() == self.seen.casefold()
        is_time = self.predicted.startswith(TIME_FORM) and self.seen.startswith(TIME_FORM)
        if is_spelling or is_time or self.place.endswith(ORDER_OF_KEYS):
            return "form"
        return "value"


def compare(
    predicted: RecordedExchange,
    seen: RecordedExchange,
    predicted_ids: Mapping[str, str],
    seen_ids: Mapping[str, str],
) -> Iterator[FieldDifference]:
    """Yield every difference of two responses."""
    responses = predicted.response, seen.response
    statuses = [str(response.status) for response in responses]
    if statuses[0] != statuses[1]:
        yield FieldDifference("status", *statuses)
    headers = [{name.lower() for name in response.headers} for response in responses]
    for name in COMPARED_HEADERS:
        values = ["present" if name.lower() in names else "absent" for names in headers]
        if values[0] != values[1]:
            yield FieldDifference(f"header {name}", *values)
    predicted_body, seen_body = (json_body(response) for response in responses)
    yield from _compare_values("body", predicted_body, seen_body, predicted_ids, seen_ids)


def _compare_values(
    place: str,
    predicted: object,
    seen: object,
    predicted_ids: Mapping[str, str],
    seen_ids: Mapping[str, str],
) -> Iterator[FieldDifference]:
    if isinstance(predicted, dict) and isinstance(seen, dict):
        for key in dict.fromkeys([*predicted, *seen]):
            if key not in predicted or key not in seen:
                present = [
                    show(key, side[key], ids) if key in side else "absent"
                    for side, ids in ((predicted, predicted_ids), (seen, seen_ids))
                ]
                yield FieldDifference(f"{place}.{show_key(key)}", *present)
            else:
                yield from _compare_values(
                    f"{place}.{show_key(key)}",
                    predicted[key],
                    seen[key],
                    predicted_ids,
                    seen_ids,
                )
        yield from _compare_order(place, predicted, seen)
    elif isinstance(predicted, list) and isinstance(seen, list):
        if len(predicted) != len(seen):
            counts = [pluralize(len(items), "item") for items in (predicted, seen)]
            yield FieldDifference(f"{place}[]", *counts)
        for number, (one, other) in enumerate(zip(predicted, seen, strict=False)):
            yield from _compare_values(
                f"{place}[{number}]", one, other, predicted_ids, seen_ids
            )
    else:
        key = re.sub(r"\[\d+\]$", "", place).rpartition(".")[2]
        shown = show(key, predicted, predicted_ids), show(key, seen, seen_ids)
        if shown[0] != shown[1]:
            yield FieldDifference(place, *shown)


def _compare_order(
    place: str, predicted: Mapping[str, object], seen: Mapping[str, object]
) -> Iterator[FieldDifference]:
    """Yield the order of the keys that both have, if it differs."""
    orders = [
        ", ".join(show_key(key) for key in one if key in other)
        for one, other in ((predicted, seen), (seen, predicted))
    ]
    if orders[0] != orders[1]:
        yield FieldDifference(f"{place}: {ORDER_OF_KEYS}", *orders)
