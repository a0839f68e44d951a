"""What the merchant's response to a callback means for the purchase."""

from enum import StrEnum

from msgspec import Struct

from mockserver.domain.assumptions import Assumptions

REDIRECTS = (301, 302, 303, 307)  # documented by Kustom
OK, BAD_REQUEST = 200, 400
FAILURE = "validation_service_failed"
"""Error type when the merchant does not response as documented (recorded)."""

UNSUPPORTED_ADDRESS = "unsupported_shipping_address"

OPTIONAL_TIMEOUT, REQUIRED_TIMEOUT = 3.0, 10.0  # seconds, documented by Kustom
REQUIRED_OPTION = "require_validate_callback_success"


class ValidationResult(StrEnum):
    """How the purchase goes on."""

    SKIPPED = "skipped"
    PASSED = "passed"
    NOT_ANSWERED = "not_answered"
    REFUSED = "refused"
    REDIRECTED = "redirected"
    FAILED = "failed"


class CallbackResponse(Struct, frozen=True):
    """The merchant's response; ``status`` is ``None`` without one.

    Attributes:
        error_type: of the body of a 400.
        error_text: of the body of a 400, for the shopper.
    """

    status: int | None
    location: str = ""
    error_type: str = ""
    error_text: str = ""


class Validation(Struct, frozen=True):
    """The result, with what the shopper is shown or where the shopper is sent."""

    result: ValidationResult
    error_type: str = ""
    error_text: str = ""
    redirect_url: str = ""

    @property
    def lets_pass(self) -> bool:
        """Whether the purchase goes on to the payment."""
        return self.result in PASSING_RESULTS


PASSING_RESULTS = (
    ValidationResult.SKIPPED, ValidationResult.PASSED, ValidationResult.NOT_ANSWERED,
)  # fmt: skip
"""Results with which the purchase goes on."""

PASSED = Validation(ValidationResult.PASSED)
NOT_ANSWERED = Validation(ValidationResult.NOT_ANSWERED)
SKIPPED = Validation(ValidationResult.SKIPPED)
FAILED = Validation(ValidationResult.FAILED, FAILURE)
UPDATE_FAILED = Validation(ValidationResult.FAILED, "shipping_address_update_error")


def interpret_validation_response(
    response: CallbackResponse, *, is_required: bool, assumptions: Assumptions
) -> Validation:
    """Decide how the purchase goes on.

    Args:
        response: the merchant's response.
        is_required: the option ``require_validate_callback_success``.
        assumptions: those in force.
    """
    if response.status == OK:
        return PASSED
    if response.status == BAD_REQUEST:
        error_type = response.error_type or "approval_failed"
        return Validation(ValidationResult.REFUSED, error_type, response.error_text)
    if response.status in REDIRECTS and response.location:
        return Validation(ValidationResult.REDIRECTED, redirect_url=response.location)
    if response.status in REDIRECTS:
        return PASSED if assumptions.redirect_without_location == "goes_on" else FAILED
    if response.status is not None and assumptions.validation_other_status == "fail":
        return FAILED
    return FAILED if is_required else NOT_ANSWERED


def interpret_update_response(response: CallbackResponse) -> Validation:
    """Decide how the purchase goes on after an address, country or shipping callback.

    Everything but a 200, a 400 and a redirect with ``Location`` fails (assumed).
    """
    if response.status == OK:
        return PASSED
    if response.status == BAD_REQUEST:
        error_type = response.error_type or UNSUPPORTED_ADDRESS
        return Validation(ValidationResult.REFUSED, error_type, response.error_text)
    if response.status in REDIRECTS and response.location:
        return Validation(ValidationResult.REDIRECTED, redirect_url=response.location)
    return UPDATE_FAILED
