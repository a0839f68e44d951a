"""A setting that has no effect beside the others is refused by its name."""

from pathlib import Path

import pytest

from mockserver.cli.main import main

SCENARIO = "orders: {one: {lines: [{unit_price: 5}]}}"
REFUSED: dict[str, tuple[list[str], dict[str, str], str]] = {
    "an authority without TLS": (["serve", "--tls-folder", "ca"], {}, "--tls-folder: "),
    "an authority beside a certificate": (
        ["run", "--tls-folder", "ca", "--tls-cert", "a", "--tls-key", "b", "s.yaml"],
        {},
        "--tls-folder: ",
    ),
    "two ways to a certificate": (
        ["serve", "--tls-cert", "a", "--tls-key", "b"],
        {"KUSTOM_MOCK_TLS": "yes"},
        "KUSTOM_MOCK_TLS: has no effect with --tls-cert",
    ),
    "TLS for another server": (
        ["run", "--base-url", "http://127.0.0.1:1", "s.yaml"],
        {"KUSTOM_MOCK_TLS": "yes"},
        "KUSTOM_MOCK_TLS: has no effect with --base-url",
    ),
    "a port for another server": (
        ["run", "--base-url", "http://127.0.0.1:1", "--port", "9", "s.yaml"],
        {},
        "--port: has no effect with --base-url",
    ),
    "a setting of serve": (
        ["run", "s.yaml"],
        {"KUSTOM_MOCK_ASSUME": "repeated_cancel=refused"},
        "KUSTOM_MOCK_ASSUME: has no effect on run",
    ),
    "a time limit without a command": (["run", "--timeout", "5s", "s.yaml"], {}, "--timeout: "),
    "a folder beside a server": (
        ["tls", "ca", "--tls-folder", "ca", "--url", "http://127.0.0.1:1"],
        {},
        "--tls-folder: has no effect with --url",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_setting_without_effect_is_refused(
    case: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments, variables, message = REFUSED[case]
    (tmp_path / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"kustom-mock: {message}")
