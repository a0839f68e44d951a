"""Table of all audit rules."""

from collections.abc import Iterable, Mapping

from mockserver.audit.audit_rule import AuditRule
from mockserver.audit.capture_rules import CAPTURE_RULES
from mockserver.audit.key_rules import KEY_RULES
from mockserver.audit.order_life_rules import ORDER_LIFE_RULES
from mockserver.audit.push_rules import PUSH_RULES
from mockserver.audit.refund_rules import REFUND_RULES
from mockserver.audit.retry_rules import RETRY_RULES
from mockserver.audit.traffic_rules import TRAFFIC_RULES
from mockserver.audit.webhook_rules import WEBHOOK_RULES
from mockserver.domain.wording import did_you_mean

_RULES = (
    *KEY_RULES,
    *RETRY_RULES,
    *CAPTURE_RULES,
    *REFUND_RULES,
    *ORDER_LIFE_RULES,
    *PUSH_RULES,
    *WEBHOOK_RULES,
    *TRAFFIC_RULES,
)
AUDIT_RULES: Mapping[str, AuditRule] = {
    rule.code: rule for rule in sorted(_RULES, key=lambda rule: rule.code)
}
"""Rules by code."""


class UnknownRuleError(ValueError):
    """Raised when a code to silence names no rule."""


def nearest_codes(code: str) -> list[str]:
    """Return all codes, those with the nearest number first."""
    digits = code[1:6]
    number = int(digits) if digits.isdecimal() else 0
    return sorted(AUDIT_RULES, key=lambda known: abs(int(known[1:]) - number))


def check_codes(codes: Iterable[str]) -> None:
    """Check that every code names a rule.

    Raises:
        UnknownRuleError: with the nearest code.
    """
    for code in codes:
        if code not in AUDIT_RULES:
            hint = did_you_mean(code, nearest_codes(code))
            raise UnknownRuleError(f"unknown audit code '{code}', {hint}")
