"""Rules that are implemented in code, listed with their provenance for the fidelity page."""

from msgspec import Struct

from mockserver.domain.provenance import (
    Provenance,
    assumed,
    klarna_docs,
    kustom_docs,
    read_off_clients,
    recorded,
)


class BehaviourRule(Struct, frozen=True):
    """One behaviour of the server, with its provenance."""

    text: str
    provenance: Provenance


BEHAVIOUR_RULES: tuple[BehaviourRule, ...] = (
    BehaviourRule(
        "Refund lines are matched to a capture by reference; their totals must add up to"
        " refunded_amount, which must fit the capture; no refund of the order may have"
        " failed to be allocated before.",
        kustom_docs("refund allocation"),
    ),
    BehaviourRule(
        "A refund whose allocation fails is accepted all the same, and every later allocation"
        " of the order fails.",
        assumed("the page lists conditions of a correct allocation, not of acceptance"),
    ),
    BehaviourRule(
        "If several captures fit a refund, the oldest with room is chosen and the"
        " allocation is reported as ambiguous.",
        assumed("ties are not mentioned"),
    ),
    BehaviourRule(
        "Lines of type return_fee count for the sum of a refund, not for the matching.",
        assumed("they carry no reference in the documented example"),
    ),
    BehaviourRule(
        "remaining_authorized_amount is order_amount less captured_amount, also of a"
        " cancelled order.",
        recorded("every recorded order, the cancelled one included"),
    ),
    BehaviourRule(
        "Refunds are allowed up to the captured amount.", klarna_docs("refund an order")
    ),
    BehaviourRule(
        "Captures are allowed up to the remaining authorized amount.",
        klarna_docs("capture an order"),
    ),
    BehaviourRule("A capture acknowledges the order.", klarna_docs("capture and track orders")),
    BehaviourRule(
        "A capture's klarna_reference is the order's, a hyphen and a running number.",
        recorded("EU playground, 2020"),
    ),
    BehaviourRule(
        "Captures copy both addresses of the order.", klarna_docs("capture and track orders")
    ),
    BehaviourRule(
        "The totals of lines are not checked against captured_amount, refunded_amount or"
        " order_amount, nor are captured lines compared with the order's.",
        assumed("no refusal of this kind is known; amount-only calls are recorded"),
    ),
    BehaviourRule(
        "Klarna-Order-Validation: Valid is sent when the lines given add up to the amount;"
        " no other value is known, so none is sent.",
        recorded("captures and refunds with lines; the condition is assumed"),
    ),
    BehaviourRule(
        "A capture or refund of 0 is accepted.", assumed("the schema's minimum is 0")
    ),
    BehaviourRule(
        "The authorization ends at midnight UTC, authorization_days after the day of creation.",
        recorded("expires_at of every recorded order"),
    ),
    BehaviourRule(
        "An extension sets the expiry to today plus the account's days, at most 180 days"
        " after creation; a second one on the same day changes nothing.",
        klarna_docs("extend order authorization time"),
    ),
    BehaviourRule(
        "Only orders paid with Klarna, created on or after 2025-09-25, not in ES, FR, IT or"
        " PT, and expiring in less than 90 days can be extended.",
        kustom_docs("extend authorization"),
    ),
    BehaviourRule(
        "An extension never moves the expiry to an earlier date.", assumed("it extends")
    ),
    BehaviourRule(
        "After its expiry an order with captures can still be refunded.",
        assumed("goods may be returned later than 28 days after the order"),
    ),
    BehaviourRule(
        "order_lines are required in an authorization update; total and lines are replaced.",
        kustom_docs("update authorization; optional at Klarna"),
    ),
    BehaviourRule(
        "The authorization can be raised only for some payment methods.",
        klarna_docs("view and change orders"),
    ),
    BehaviourRule(
        "Street address, postal code, city and country cannot be cleared; other address"
        " fields can, with an empty text.",
        assumed("that mandatory fields cannot is documented, which they are is not"),
    ),
    BehaviourRule(
        "A key in Klarna-Idempotency-Key counts for 24 hours; the first response is given"
        " again, whatever the body of the repetition.",
        klarna_docs("escalation and retry policy"),
    ),
    BehaviourRule("Unknown fields are ignored.", recorded("checkout create")),
    BehaviourRule(
        "A refusal of a checkout order names one bad value, the first that is found.",
        assumed("which of several bad values is named first is not documented"),
    ),
    BehaviourRule(
        "Completing a checkout order with recurring creates a customer token.",
        kustom_docs("recurring"),
    ),
    BehaviourRule(
        "An order with a customer token has the payment method, addresses, country and locale"
        " of the first order; it causes order.created, but no push.",
        assumed("the request has none of them, and no push is mentioned"),
    ),
    BehaviourRule(
        "A customer token may be cancelled again; an order with a cancelled one is refused"
        " with TOKEN_SUSPENDED.",
        assumed("only the code for a suspended token is documented"),
    ),
    BehaviourRule(
        "An order shows the shipping option chosen at checkout, with the member names of order"
        " management.",
        assumed("both lists of members are documented, which becomes which is not"),
    ),
    BehaviourRule(
        "In checkbox_change events the single additional_checkbox has the key"
        " additional_checkbox.",
        assumed("the event is documented with a key, which only the listed checkboxes have"),
    ),
    BehaviourRule(
        "E-mail addresses name+denied@… and name+red@… are declined; name+pend-accept-05@… and"
        " name+pend-reject-05@… are reviewed for that many minutes.",
        klarna_docs("test scenarios of the playground; whether Kustom has them is not known"),
    ),
    BehaviourRule(
        "Case and further parts of such addresses, as in name+DENIED+2@…, make no difference.",
        assumed("the documentation has lower case and one part only"),
    ),
    BehaviourRule(
        "name+require_signup@… is approved like any other address.",
        assumed("documented for the playground; there is no account to sign up for here"),
    ),
    BehaviourRule(
        "A checkout order may have any currency in any country.",
        assumed(
            "the provider refuses what the merchant has not agreed on, which is unknown here"
        ),
    ),
    BehaviourRule(
        "A hosted session belongs to its checkout order: opening another one replaces its"
        " merchant_urls, and the session_id stays.",
        assumed("no second session of an order is recorded"),
    ),
    BehaviourRule(
        "Hosted sessions have no qr_code_url, distribution_url or"
        " manual_identification_check_url, and cannot be distributed or deleted.",
        assumed("they lead to pages and messages of the provider"),
    ),
    BehaviourRule(
        "After a decline the hosted page stays; failure, cancel and back are never opened.",
        assumed("a shopper who tries again needs the page"),
    ),
    BehaviourRule(
        "Render-Time is recorded with responses of the checkout API, but not sent.",
        assumed("a duration of the provider's service, which no client reads"),
    ),
    BehaviourRule(
        "With auto_capture the whole order is captured at once, unless a fraud review is"
        " pending.",
        assumed("the option is documented, the moment is not"),
    ),
    BehaviourRule(
        "null is treated like a missing field.", assumed("the provider leaves unset fields out")
    ),
    BehaviourRule(
        "Numbers are accepted as references and tracking numbers.",
        read_off_clients("today's WooCommerce plugin sends merchant_reference2 as a number"),
    ),
    BehaviourRule(
        "Operations without input ignore any body and Content-Type.",
        read_off_clients("fourteen clients send nothing, {}, [], null, with four media types"),
    ),
    BehaviourRule(
        "Repeated and trailing slashes are ignored.", recorded("double slash, NA playground")
    ),
    BehaviourRule(
        "Of a key that a JSON body repeats, the last value counts.",
        assumed("JSON libraries mostly do this; the journal notes such keys"),
    ),
    BehaviourRule("An empty body counts as {}.", assumed("its missing fields are then named")),
    BehaviourRule("Bodies over 1 MiB are refused.", klarna_docs("errors: 1 MB")),
    BehaviourRule(
        "Missing or unreadable credentials are answered with an HTML page and 401.",
        recorded("EU playground, 2020"),
    ),
    BehaviourRule(
        "The user name of the credentials is the merchant; others' orders are not visible.",
        assumed("plausible; no recording of another merchant's order is known"),
    ),
    BehaviourRule(
        "The options for extending a due date are 14, 30 and 60 days for a fee of 1900,"
        " 2900 and 4900 minor units.",
        assumed("options and fees are the provider's business"),
    ),
    BehaviourRule(
        "Strict-Transport-Security is recorded with every response, but not sent.",
        assumed("on localhost it would also apply to the developer's other ports"),
    ),
)
