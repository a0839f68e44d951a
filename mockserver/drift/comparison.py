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
                yield FieldDifference(f"{place}.{show_key(key)}", *present)
            else:
                yield from _compare_values(
                    f"{place}.{show_key(key)}", here[key], there[key], here_ids, there_ids
                )
        yield from _compare_order(place, here, there)
    elif isinstance(here, list) and isinstance(there, list):
        if len(here) != len(there):
            counts = [pluralize(len(items), "item") for items in (here, there)]
            yield FieldDifference(f"{place}[]", *counts)
        for number, (one, other) in enumerate(zip(here, there, strict=False)):
            yield from _compare_values(f"{place}[{number}]", one, other, here_ids, there_ids)
    else:
        key = re.sub(r"\[\d+\]$", "", place).rpartition(".")[2]
        shown = show(key, here, here_ids), show(key, there, there_ids)
        if shown[0] != shown[1]:
            yield FieldDifference(place, *shown)


def _compare_order(
    place: str, here: Mapping[str, object], there: Mapping[str, object]
) -> Iterator[FieldDifference]:
    """Yield the order of the keys that both have, if it differs."""
    orders = [
        ", ".join(show_key(key) for key in one if key in other)
        for one, other in ((here, there), (there, here))
    ]
    if orders[0] != orders[1]:
        yield FieldDifference(f"{place}: {ORDER_OF_KEYS}", *orders)
