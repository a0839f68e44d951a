"""Types with the documented bounds of amounts and texts.

The values say so in their types, so that a body in which all is as documented can be read
in one step. ``schemas/`` says it again to everybody else, and finds the words where a
body is refused; a test holds the two to each other.
"""

from typing import Annotated, Literal, TypeAlias, TypeVar

from msgspec import Meta

ContainerT = TypeVar("ContainerT")

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

MustBeEmpty: TypeAlias = Annotated[ContainerT, Meta(max_length=0)]
"""What is empty in a body that is read in one step; what fills it has to be looked into."""
