"""What responses to the validation callback mean."""

from typing import Any

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.validation import (
    FAILED,
    NOT_ANSWERED,
    PASSED,
    UPDATE_FAILED,
    CallbackResponse,
    Validation,
    ValidationResult,
    interpret_update_response,
    interpret_validation_response,
)

LOCATION = "https://shop.example/cart"
REFUSED = Validation(ValidationResult.REFUSED, "approval_failed")
REDIRECTED = Validation(ValidationResult.REDIRECTED, redirect_url=LOCATION)


@pytest.mark.parametrize(
    ("response", "is_required", "assume", "validation"),
    [
        (CallbackResponse(200), True, {}, PASSED),
        (CallbackResponse(400), False, {}, REFUSED),
        (
            CallbackResponse(400, "", "address_error", "No such street"),
            False,
            {},
            Validation(ValidationResult.REFUSED, "address_error", "No such street"),
        ),
        (CallbackResponse(301, LOCATION), True, {}, REDIRECTED),
        (CallbackResponse(307, LOCATION), False, {}, REDIRECTED),
        (CallbackResponse(303), True, {}, PASSED),
        (CallbackResponse(303), False, {"redirect_without_location": "fails"}, FAILED),
        (CallbackResponse(None), False, {}, NOT_ANSWERED),
        (CallbackResponse(None), True, {}, FAILED),
        (CallbackResponse(500), False, {}, NOT_ANSWERED),
        (CallbackResponse(500), True, {}, FAILED),
        (CallbackResponse(204), False, {"validation_other_status": "fail"}, FAILED),
        (CallbackResponse(None), False, {"validation_other_status": "fail"}, NOT_ANSWERED),
    ],
)
def test_validation_response_decides_the_result(
    response: CallbackResponse,
    is_required: bool,  # noqa: FBT001
    assume: dict[str, Any],
    validation: Validation,
) -> None:
    assumptions = Assumptions(**assume)
    interpreted = interpret_validation_response(
        response, is_required=is_required, assumptions=assumptions
    )
    assert interpreted == validation
    assert interpreted.lets_pass is (validation in (PASSED, NOT_ANSWERED))


@pytest.mark.parametrize(
    ("response", "validation"),
    [
        (CallbackResponse(200), PASSED),
        (
            CallbackResponse(400),
            Validation(ValidationResult.REFUSED, "unsupported_shipping_address"),
        ),
        (CallbackResponse(302, LOCATION), REDIRECTED),
        (CallbackResponse(302), UPDATE_FAILED),
        (CallbackResponse(None), UPDATE_FAILED),
    ],
)
def test_update_passes_only_by_a_200(
    response: CallbackResponse, validation: Validation
) -> None:
    assert interpret_update_response(response) == validation
