"""Valid and invalid request bodies, from a table and from Hypothesis."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from mockserver.domain.operation import ALL_OPERATIONS
from mockserver.schemas import shipped_schemas
from tests.support.request_examples import BODIES

REQUESTS = sorted(path for path in shipped_schemas() if path.startswith("requests/"))
LARGE = 2**63

AMOUNTS: list[Any] = [
    0, 1, 200_000_000, 200_000_001, -1, 1.0, 1.5, 1e5, 1e30, -0.0, True, False, None, "1", [],
    {}, LARGE, -LARGE, LARGE - 1, float(LARGE),
]  # fmt: skip
TEXTS: list[Any] = ["", "x" * 255, "x" * 256, "é" * 255, "😀" * 255, "😀" * 256, 1, 1.5, True]
TEXTS += [None, [], {}, LARGE, "a\nb"]
LINES: list[Any] = [None, [], {}, "x", [None], [{}], [[]], [1]]
LINE = {"name": "x", "quantity": 1, "unit_price": 1, "total_amount": 1}
LINES += [[{**LINE, name: value}] for name in ("quantity", "unit_price") for value in AMOUNTS]
LINES += [[{**LINE, name: value}] for name in ("reference", "type", "name") for value in TEXTS]
LINES += [[LINE] * 1000, [LINE] * 1001, [{**LINE, "type": "package"}]]
COUNTRIES: list[Any] = ["SE", "se", "", "S", "SWE", "S\n", "SE\n", "12", "ÅÄ", 1, None]
METHODS: list[Any] = ["Home", "", None, "home", 1]
SHIPPING: list[Any] = [[{"shipping_method": method}] for method in METHODS]
SHIPPING += [[{"tracking_number": text}] for text in TEXTS]
SHIPPING += [None, [], [None], [{}], [{}] * 500, [{}] * 501, {}]

TABLE: dict[str, list[Any]] = {
    "captured_amount": AMOUNTS,
    "refunded_amount": AMOUNTS,
    "order_amount": AMOUNTS,
    "number_of_days": AMOUNTS,
    "shipping_delay": AMOUNTS,
    "description": TEXTS,
    "reference": TEXTS,
    "merchant_reference1": TEXTS,
    "order_lines": LINES,
    "shipping_info": SHIPPING,
    "shipping_address": [
        None, {}, [], "x", *({"country": country} for country in COUNTRIES),
        *({"postal_code": text} for text in TEXTS),
    ],
}  # fmt: skip


def bodies(path: str) -> Iterator[Any]:
    """Vary every field of a good body; then bodies that are no objects."""
    name = path.removeprefix("requests/").removesuffix(".schema.json")
    good = next(BODIES[row.operation] for row in ALL_OPERATIONS if row.schema == name)
    yield good
    for field, values in TABLE.items():
        yield from ({**good, field: value} for value in values)
    yield from ({key: good[key] for key in good if key != missing} for missing in good)
    yield from [None, [], "", 0, True, {}]


def field_names() -> list[str]:
    """Find every field that a request can have."""

    def names(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value.get("properties", ())
            for item in value.values():
                yield from names(item)

    shared = shipped_schemas()["common.schema.json"]
    return sorted(
        {
            *names(shared),
            *(n for request in REQUESTS for n in names(shipped_schemas()[request])),
        }
    )


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-LARGE, LARGE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["physical", "SE", "Home", "DAY", 200_000_000, "x" * 256])
)
fields = st.sampled_from(field_names())
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=5),
    max_leaves=12,
)
requests = st.dictionaries(fields, json_values, max_size=6)
