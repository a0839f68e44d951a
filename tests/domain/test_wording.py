import pytest

from mockserver.domain.wording import (
    MAX_COMPARED_LENGTH,
    MAX_LISTED_NAMES,
    MAX_QUOTED_CHARACTERS,
    did_you_mean,
    nearest_name,
    quote,
    shorten,
    yaml_scalar,
)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("captur", "capture"),
        ("CAPTURE", "capture"),
        ("zzz", None),
        ("capture" * MAX_COMPARED_LENGTH, None),
    ],
)
def test_nearest_name_is_close_in_spelling_or_differs_in_case(
    name: str, nearest: str | None
) -> None:
    assert nearest_name(name, ["capture", "refund"]) == nearest


def test_suggestion_names_the_nearest_or_lists_a_bounded_number() -> None:
    assert did_you_mean("refnd", ["capture", "refund"]) == "did you mean 'refund'?"
    assert did_you_mean("zzz", ["capture", "refund"]) == "known: capture, refund"
    names = [f"name-{number:03}" for number in range(MAX_LISTED_NAMES + 2)]
    assert did_you_mean("zzz", names).endswith(f"{names[MAX_LISTED_NAMES - 1]} and 2 more")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (True, "true"), (False, "false"), (28, "28"), ("a", "a")],
)
def test_scalars_are_written_as_in_yaml(value: object, text: str) -> None:
    assert yaml_scalar(value) == text


def test_quoted_text_is_shortened_and_visible() -> None:
    assert shorten("a" * MAX_QUOTED_CHARACTERS) == "a" * MAX_QUOTED_CHARACTERS
    assert shorten("a" * (MAX_QUOTED_CHARACTERS + 1)) == "a" * MAX_QUOTED_CHARACTERS + "…"
    assert quote("tee") == "'tee'"
    assert quote("te\u200be") == r"'te\u200be'"
