"""The settings of ``serve`` reach the registry."""

from datetime import timedelta

import pytest

from mockserver.cli.startup import create_registry
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
