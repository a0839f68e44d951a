"""Verbs that call a running server: which addresses they try, and what they tell."""

import pytest

from mockserver.cli.main import main

VERBS = {
    "audit": [],
    "coverage": [],
    "whatif": ["demo", "--assume", "unallocated_refund=none"],
    "complete": ["cart"],
    "deliveries": ["list"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_without_a_server_a_verb_names_the_first_address(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUSTOM_MOCK_PORT", "1")  # where nothing listens
    assert main([verb, *VERBS[verb]]) == 2
    error = capsys.readouterr().err
    assert error.startswith("kustom-mock: no response from http://127.0.0.1:1: ")
    assert error.endswith("; start a server, or pass --url\n")


@pytest.mark.parametrize("verb", [*VERBS, "healthcheck"])
def test_url_that_is_no_url_is_a_usage_error(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, *VERBS.get(verb, []), "--url", "foo"]) == 2
    expected = "--url: expected a URL such as http://127.0.0.1:8566, got 'foo'"
    assert capsys.readouterr().err == f"kustom-mock: {expected}\n"


@pytest.mark.parametrize("seconds", ["-1", "soon"])
def test_wait_that_is_no_time_is_a_usage_error(
    seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["healthcheck", f"--wait={seconds}"])
    assert ended.value.code == 2
    assert f"--wait: expected seconds such as 10, got '{seconds}'" in capsys.readouterr().err
