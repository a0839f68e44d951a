"""Names of sandboxes: which are valid, and how API keys are shown."""

import pytest

from mockserver.sandbox.names import MAX_NAME_LENGTH, display_name, is_digest, is_valid_name


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("shop", True),
        ("åß 試", True),
        ("x" * MAX_NAME_LENGTH, True),
        ("x" * (MAX_NAME_LENGTH + 1), False),
        ("", False),
        ("a\nb", False),
    ],
)
def test_valid_names_are_short_and_printable(name: str, *, valid: bool) -> None:
    assert is_valid_name(name) is valid


def test_only_api_keys_are_shown_as_digests() -> None:
    assert is_digest(display_name("kco_live_api_1"))
    assert display_name("kco_live_api_1") != display_name("kco_live_api_2")
    assert display_name("shop") == "shop"
    assert not is_digest("shop")
