"""Rules that are carried out in code rather than listed in a table of their own.

Each names what is done and where it comes from, for the fidelity page.
"""

from msgspec import Struct

from mockserver.domain.source import Source, assumed, clients, klarna, kustom, recorded


class Rule(Struct, frozen=True):
    """One sentence of behaviour, and its source."""

    text: str
    source: Source


RULES: tuple[Rule, ...] = (
    Rule(
        "Refund lines are matched to a capture by reference; their totals must add up to"
        " refunded_amount, which must fit the capture; no refund of the order may have"
        " failed to be allocated before.",
        kustom("refund allocation"),
    ),
    Rule(
        "A refund whose allocation fails is accepted all the same, and spoils every later"
        " allocation of the order.",
        assumed("the page lists conditions of a correct allocation, not of acceptance"),
    ),
    Rule(
        "Of several captures that fit a refund, the oldest with room is taken and the"
        " allocation is reported as ambiguous.",
        assumed("ties are not mentioned"),
    ),
    Rule(
        "Lines of type return_fee count for the sum of a refund, not for the matching.",
        assumed("they carry no reference in the documented example"),
    ),
    Rule(
        "remaining_authorized_amount is order_amount less captured_amount, also of a"
        " cancelled order.",
        recorded("every recorded order, the cancelled one included"),
    ),
    Rule("A refund may be made up to what was captured.", klarna("refund an order")),
    Rule("A capture may take up to the remaining authorization.", klarna("capture an order")),
    Rule("A capture acknowledges the order.", klarna("capture and track orders")),
    Rule(
        "A capture's klarna_reference is the order's, a hyphen and a running number.",
        recorded("EU playground, 2020"),
    ),
    Rule("Captures copy both addresses of the order.", klarna("capture and track orders")),
    Rule(
        "The totals of lines are not checked against captured_amount, refunded_amount or"
        " order_amount, nor are captured lines compared with the order's.",
        assumed("no refusal of this kind is known; amount-only calls are recorded"),
    ),
    Rule(
        "Klarna-Order-Validation: Valid is sent when the lines given add up to the amount;"
        " no other value is known, so none is sent.",
        recorded("captures and refunds with lines; the condition is assumed"),
    ),
    Rule("A capture or refund of 0 is accepted.", assumed("the schema's minimum is 0")),
    Rule(
        "The authorization ends at midnight UTC, so many days after the day of creation.",
        recorded("expires_at of every recorded order"),
    ),
    Rule(
        "An extension sets the expiry to today plus the account's days, at most 180 days"
        " after creation; a second one on the same day changes nothing.",
        klarna("extend order authorization time"),
    ),
    Rule(
        "Only orders paid with Klarna, created on or after 2025-09-25, not in ES, FR, IT or"
        " PT, and expiring in less than 90 days can be extended.",
        kustom("extend authorization"),
    ),
    Rule("An extension never moves the expiry to an earlier date.", assumed("it extends")),
    Rule(
        "After its expiry an order with captures can still be refunded.",
        assumed("goods come back later than 28 days after the order"),
    ),
    Rule(
        "order_lines are required in an authorization update; total and lines are replaced.",
        kustom("update authorization; optional at Klarna"),
    ),
    Rule(
        "Only some payment methods allow the authorization to be raised.",
        klarna("view and change orders"),
    ),
    Rule(
        "Street address, postal code, city and country cannot be cleared; other address"
        " fields can, with an empty text.",
        assumed("that mandatory fields cannot is documented, which they are is not"),
    ),
    Rule(
        "A key in Klarna-Idempotency-Key counts for 24 hours; the first answer is given"
        " again, whatever the body of the repetition.",
        klarna("escalation and retry policy"),
    ),
    Rule("Unknown fields are ignored.", recorded("checkout create")),
    Rule("null counts as left out.", assumed("the provider leaves unset fields out")),
    Rule(
        "Numbers are taken for references and tracking numbers.",
        clients("today's WooCommerce plugin sends merchant_reference2 as a number"),
    ),
    Rule(
        "Operations without input ignore any body and Content-Type.",
        clients("fourteen clients send nothing, {}, [], null, with four media types"),
    ),
    Rule("Repeated and trailing slashes are ignored.", recorded("double slash, NA playground")),
    Rule("An empty body counts as {}.", assumed("its missing fields are then named")),
    Rule("Bodies over 1 MiB are refused.", klarna("errors: 1 MB")),
    Rule(
        "Missing or unreadable credentials are answered with an HTML page and 401.",
        recorded("EU playground, 2020"),
    ),
    Rule(
        "The user name of the credentials is the merchant; orders of others do not exist.",
        assumed("a natural reading; no recording of a foreign order is known"),
    ),
    Rule(
        "The options for extending a due date are 14, 30 and 60 days for a fee of 1900,"
        " 2900 and 4900 minor units.",
        assumed("options and fees are the provider's business"),
    ),
    Rule(
        "Strict-Transport-Security is recorded with every answer and not sent.",
        assumed("on localhost it would follow the developer to other ports"),
    ),
)
