"""Refusal: the exception for every request that is refused, worded by the error catalogue."""

from collections.abc import Mapping

from mockserver.domain.errors import (
    MESSAGE_ENDINGS,
    NOT_ALLOWED_CODES,
    ErrorDefinition,
    Reason,
    find_error_definition,
)
from mockserver.domain.operation import Operation

MAX_MESSAGES = 100  # of one refusal; bounded because the journal keeps refusals

UNKNOWN_FACT = "…"
"""Placeholder for a fact that an injected refusal does not know."""

OMITTED_FACTS = frozenset(("violations", "cause", "detail", "earlier_refunds"))
"""Facts that are part of the message, or long."""


class Refusal(Exception):  # noqa: N818  # the term of the glossary
    """Raised when a request is refused; carries the reason and its facts."""

    def __init__(
        self,
        reason: Reason,
        operation: Operation | None = None,
        **facts: object,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.operation = operation
        self.facts = facts

    @property
    def definition(self) -> ErrorDefinition:
        """The row of the catalogue for this refusal."""
        return find_error_definition(self.reason, self.operation)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.definition.status

    @property
    def code(self) -> str:
        """The provider's ``error_code``."""
        operation_code = NOT_ALLOWED_CODES.get(self.operation) if self.operation else None
        return self.definition.code or operation_code or "NOT_ALLOWED"

    @property
    def message(self) -> str:
        """The provider's message with the facts filled in."""
        ending = MESSAGE_ENDINGS.get(self.operation, "") if self.operation else ""
        template = self.definition.message.replace("{consequence}", ending)
        facts = {
            name: "; ".join(map(str, value)) if isinstance(value, list) else value
            for name, value in self.facts.items()
        }
        return template.format_map(facts).strip()

    @property
    def known_facts(self) -> Mapping[str, object]:
        """The facts with a value, without the placeholders of an injected refusal."""
        return {
            name: value for name, value in self.facts.items() if value not in ("", UNKNOWN_FACT)
        }

    def __str__(self) -> str:
        """Read as ``reason: message (fact=value, …)``."""
        facts = ", ".join(
            f"{name}={value}"
            for name, value in self.known_facts.items()
            if name not in OMITTED_FACTS
        )
        return f"{self.reason}: {self.message}" + (f" ({facts})" if facts else "")
