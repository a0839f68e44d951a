"""Codes of lint findings and their meaning; source of ``docs/lint.md``."""

from collections.abc import Mapping
from types import MappingProxyType

LINT_CODES: Mapping[str, str] = MappingProxyType(
    {
        "E000": "The file cannot be read.",
        "E001": "The file is not a single, sensible YAML document.",
        "E002": "A key stands twice in one mapping, or a name in two files of one world.",
        "E101": "A key that the language does not know.",
        "E102": "A key that is needed is missing.",
        "E103": "A value of the wrong kind, such as a text where a number belongs.",
        "E104": "A value that is none of those allowed.",
        "E105": "A number, text or list outside its bounds.",
        "E106": "A time or duration that cannot be understood.",
        "E107": "An assumption that does not exist, or a value it does not take.",
        "E201": "A capture or refund of a line that the order does not have.",
        "E202": "Two orders with the same id or name.",
        "E203": "A capture or refund that could not have come about, with the numbers.",
        "E204": "A fault or expectation for an order or fault that does not exist.",
        "W301": "A refund that will not be allocated, and why. Expecting it in `expect` (as"
        " `outcome: failed` or `allocated_to: null`) says that it is meant.",
        "W302": "A reference that stands in two captures, so that its refund is ambiguous.",
        "W303": "Lines that do not add up to the amount beside them.",
        "W304": "A line whose total does not follow from price and quantity, or whose tax is"
        " more than one minor unit off its rate.",
        "W305": "An order that expired before the scenario begins, and is not expected to.",
        "W306": "A fault that can never fire.",
        "W307": "An expectation that the seeded orders contradict from the start.",
    },
)
