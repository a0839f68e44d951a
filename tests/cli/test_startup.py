"""The settings of ``serve`` reach the registry."""

from datetime import timedelta

import pytest

from mockserver.cli.startup import create_registry, is_open_to_others
from mockserver.settings import SettingError, Settings, load_settings


def test_registry_is_created_with_the_options_for_shared_servers() -> None:
    registry = create_registry(Settings(owned=True, sandbox_ttl="7d", max_sandboxes=5))
    assert registry.owned
    assert registry.time_to_live == timedelta(days=7)
    assert registry.max_sandboxes == 5


def test_sandboxes_have_neither_owner_nor_time_to_live_by_default() -> None:
    registry = create_registry(Settings())
    assert not registry.owned
    assert registry.time_to_live is None


@pytest.mark.parametrize(
    ("flags", "environment", "place"),
    [
        ({"sandbox_ttl": "soon"}, {}, "--sandbox-ttl"),
        ({}, {"KUSTOM_MOCK_SANDBOX_TTL": "soon"}, "KUSTOM_MOCK_SANDBOX_TTL"),
    ],
)
def test_invalid_time_to_live_is_a_setting_error(
    flags: dict[str, str], environment: dict[str, str], place: str
) -> None:
    with pytest.raises(SettingError, match=f"^{place}: .*soon"):
        create_registry(load_settings(flags, environment))


@pytest.mark.parametrize(
    ("host", "token", "is_open"),
    [
        ("127.0.0.1", None, False),
        ("localhost", None, False),
        ("::1", None, False),
        ("192.0.2.1", None, True),
        ("kustom", None, True),
        ("192.0.2.1", "t0ken", False),
    ],
)
def test_server_for_other_machines_without_a_token_is_open(
    host: str, token: str | None, *, is_open: bool
) -> None:
    assert is_open_to_others(Settings(host=host, admin_token=token)) == is_open
