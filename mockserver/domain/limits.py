"""Types with the documented bounds of amounts and texts.

A valid body is decoded into these types in one step. ``schemas/`` documents the same bounds
and words the validation errors; a test compares the two.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

MAX_AMOUNT = 200_000_000  # minor units

Amount: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
"""A total that a merchant asks for (minor units)."""

LineAmount: TypeAlias = Annotated[int, Meta(ge=1 - 2**53, le=MAX_AMOUNT)]
"""An amount of a line, less than 0 for discounts (the lower bound is ours)."""

Discount: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
TaxAmount: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=MAX_AMOUNT)]
TaxRate: TypeAlias = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Quantity: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Text: TypeAlias = Annotated[str, Meta(max_length=255)]
Unit: TypeAlias = Annotated[str, Meta(max_length=10)]

LineType: TypeAlias = Literal[
    "physical", "discount", "shipping_fee", "sales_tax", "store_credit", "gift_card",
    "digital", "surcharge", "return_fee", "package",
]  # fmt: skip
