"""What answers to the validation callback mean."""

from typing import Any

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.validation import (
    FAILED,
    PASSED,
    UPDATE_FAILED,
    CallbackAnswer,
    Validation,
    ValidationResult,
    interpret_update_response,
    interpret_validation_response,
)

LOCATION = "https://shop.example/cart"
REFUSED = Validation(ValidationResult.REFUSED, "approval_failed")
REDIRECTED = Validation(ValidationResult.REDIRECTED, redirect_url=LOCATION)


@pytest.mark.parametrize(
    ("answer", "is_required", "assume", "validation"),
    [
        (CallbackAnswer(200), True, {}, PASSED),
        (CallbackAnswer(400), False, {}, REFUSED),
        (
            CallbackAnswer(400, "", "address_error", "No such street"),
            False,
            {},
            Validation(ValidationResult.REFUSED, "address_error", "No such street"),
        ),
        (CallbackAnswer(301, LOCATION), True, {}, REDIRECTED),
        (CallbackAnswer(307, LOCATION), False, {}, REDIRECTED),
        (CallbackAnswer(303), True, {}, PASSED),
        (CallbackAnswer(303), False, {"redirect_without_location": "fails"}, FAILED),
        (CallbackAnswer(None), False, {}, PASSED),
        (CallbackAnswer(None), True, {}, FAILED),
        (CallbackAnswer(500), False, {}, PASSED),
        (CallbackAnswer(500), True, {}, FAILED),
        (CallbackAnswer(204), False, {"validation_other_status": "fail"}, FAILED),
        (CallbackAnswer(None), False, {"validation_other_status": "fail"}, PASSED),
    ],
)
def test_an_answer_decides_how_the_purchase_goes_on(
    answer: CallbackAnswer,
    is_required: bool,  # noqa: FBT001
    assume: dict[str, Any],
    validation: Validation,
) -> None:
    assumptions = Assumptions(**assume)
    interpreted = interpret_validation_response(
        answer, is_required=is_required, assumptions=assumptions
    )
    assert interpreted == validation
    assert interpreted.lets_pass is (validation is PASSED)


@pytest.mark.parametrize(
    ("answer", "validation"),
    [
        (CallbackAnswer(200), PASSED),
        (
            CallbackAnswer(400),
            Validation(ValidationResult.REFUSED, "unsupported_shipping_address"),
        ),
        (CallbackAnswer(302, LOCATION), REDIRECTED),
        (CallbackAnswer(302), UPDATE_FAILED),
        (CallbackAnswer(None), UPDATE_FAILED),
    ],
)
def test_an_update_passes_only_by_a_200(answer: CallbackAnswer, validation: Validation) -> None:
    assert interpret_update_response(answer) == validation
