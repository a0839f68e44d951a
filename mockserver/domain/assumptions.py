"""What the provider leaves open, as named choices that can be switched.

One row per open question: a default, its alternatives, what each means, and why the
default was chosen. The dataclass below *is* the table; the docs, the command line and
the scenario schema are printed from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from mockserver.domain.source import Source, assumed, clients, klarna, kustom, recorded
from mockserver.domain.wording import did_you_mean, yaml_scalar

Value = str | bool | int


def choice(
    default: Value,
    meanings: Mapping[Value, str],
    source: Source,
    numbers: range = range(0),
) -> Any:  # noqa: ANN401
    """Describe one assumption as a dataclass field."""
    row = {"meanings": meanings, "source": source, "numbers": numbers}
    return field(default=default, metadata=MappingProxyType(row))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """The choices in force for a sandbox."""

    unallocated_refund: str = choice(
        "oldest_first",
        {
            "oldest_first": "its money is booked on the oldest capture with room",
            "newest_first": "its money is booked on the newest capture with room",
            "none": "its money counts for the order, but is booked on no capture",
        },
        assumed("nothing is said of where a refund lands that is not allocated"),
    )
    amount_only_refund: str = choice(
        "not_attempted",
        {
            "not_attempted": "a refund without order lines is no failed allocation",
            "failed": "a refund without order lines fails and spoils later ones",
        },
        assumed("amount-only refunds are accepted (recorded); their effect is unknown"),
    )
    capture_capacity: str = choice(
        "remaining",
        {
            "remaining": "a refund fits a capture up to what is not yet refunded of it",
            "captured": "a refund fits a capture up to its captured amount",
        },
        assumed("the page names the captured amount; money cannot go back twice"),
    )
    fully_refunded_status: str = choice(
        "CAPTURED",
        {
            "CAPTURED": "a fully refunded order stays CAPTURED",
            "CLOSED": "a fully refunded order becomes CLOSED",
        },
        recorded("CAPTURED right after a full refund; the portal's help says Closed"),
    )
    capture_refunded_amount: str = choice(
        "updated",
        {
            "updated": "a capture's refunded_amount is the sum that landed on it",
            "stays_zero": "a capture's refunded_amount stays 0",
        },
        assumed("described as the capture's refunds; recorded 0 in the same second"),
    )
    release_keeps_order_amount: bool = choice(
        default=True,
        meanings={
            True: "a release only sets the remaining authorization to 0",
            False: "a release also lowers order_amount to what was captured",
        },
        source=assumed("no answer after a release was recorded"),
    )
    validation_error: str = choice(
        "UNPROCESSABLE_ENTITY",
        {
            "UNPROCESSABLE_ENTITY": "invalid fields answer 422 UNPROCESSABLE_ENTITY",
            "BAD_REQUEST": "invalid fields answer 400 BAD_REQUEST",
        },
        recorded("422 for a missing amount; Kustom's list of codes has BAD_REQUEST"),
    )
    idempotency_scope: str = choice(
        "operation",
        {
            "operation": "a key counts for one operation on one order",
            "order": "a key counts for all operations on one order",
            "sandbox": "a key counts for everything one merchant does",
        },
        assumed("documented: only the key matters, not the input; no scope is named"),
    )
    idempotent_errors: str = choice(
        "replayed",
        {
            "replayed": "a refusal is replayed for its key, like a success",
            "decided_again": "after a refusal the same key is decided anew",
        },
        klarna("retry policy: both requests get the same response; errors not named"),
    )
    deprecated_operations: str = choice(
        "answer",
        {
            "answer": "send-out and due-date operations work as they did at Klarna",
            "not_found": "send-out and due-date operations answer 404",
        },
        clients("announced as deprecated by Kustom, still called by today's plugins"),
    )
    expired_part_captured: str = choice(
        "EXPIRED",
        {
            "EXPIRED": "past its date a part-captured order is EXPIRED",
            "CAPTURED": "past its date a part-captured order counts as CAPTURED",
        },
        kustom("order status help: expired when not fully captured before the date"),
    )
    authorization_days: int = choice(
        28,
        {28: "days from creation (or extension) to expiry"},
        kustom("reservation time help: up to 28 days; an account may have another"),
        numbers=range(1, 181),
    )


@dataclass(frozen=True, slots=True)
class Assumption:
    """A row of the table: one open question and the answers to choose from."""

    name: str
    default: Value
    meanings: Mapping[Value, str]
    source: Source
    numbers: range

    @property
    def allowed(self) -> str:
        """The permitted values, in words."""
        if self.numbers:
            return f"a whole number from {self.numbers[0]} to {self.numbers[-1]}"
        return " or ".join(yaml_scalar(value) for value in self.meanings)

    def parse(self, value: object) -> Value:
        """Take a value as YAML, JSON or a flag gives it.

        Raises:
            AssumptionError: the value is not one of the alternatives.
        """
        known: Value
        for known in (*self.meanings, *self.numbers):
            if value == known and isinstance(value, bool) is isinstance(known, bool):
                return known
            if isinstance(value, str) and value.lower() == str(known).lower():
                return known
        message = f"assumption '{self.name}' takes {self.allowed}, got {value!r}"
        raise AssumptionError(message)


class AssumptionError(ValueError):
    """An unknown assumption, or a value it does not take."""


ASSUMPTIONS: Mapping[str, Assumption] = MappingProxyType(
    {
        each.name: Assumption(each.name, each.default, **each.metadata)  # type: ignore[arg-type]
        for each in fields(Assumptions)
    },
)


def assume(base: Assumptions, choices: Mapping[str, object]) -> Assumptions:
    """Switch some assumptions of a set.

    Raises:
        AssumptionError: a name is unknown (with the nearest one) or a value is not
            among its alternatives.
    """
    parsed: dict[str, Any] = {name: _find(name).parse(v) for name, v in choices.items()}
    return replace(base, **parsed)


def _find(name: str) -> Assumption:
    if name in ASSUMPTIONS:
        return ASSUMPTIONS[name]
    message = f"unknown assumption '{name}', {did_you_mean(name, ASSUMPTIONS)}"
    raise AssumptionError(message)
