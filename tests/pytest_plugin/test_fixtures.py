"""The pytest plugin in somebody else's tests: fixtures, marker, options."""

from collections.abc import Callable
from pathlib import Path

from tests.support.doc_pages import DOCS, blocks
from tests.support.pytest_project import run_tests


def test_fixture_provides_server_credentials_and_orders(tmp_path: Path) -> None:
    code, output = run_tests(
        tmp_path,
        """
        @pytest.mark.kustom(scenario="split-shipment")
        def test_orders(kustom, kustom_server):
            assert kustom.base_url == kustom_server.base_url
            response = send(kustom, "GET", kustom.orders["two-shipments"])
            assert response.status == 200
            assert json.loads(response.body)["refunded_amount"] == 10000
            assert kustom.verdict()["passed"]
            assert [entry["operation"] for entry in kustom.requests] == ["get_order"]
        """,
    )
    assert (code, "1 passed" in output) == (0, True), output


def test_fixture_controls_clock_faults_and_scenarios(tmp_path: Path) -> None:
    code, output = run_tests(
        tmp_path,
        """
        def test_handle(kustom):
            assert list(kustom.orders) == ["fresh"]
            before = kustom.clock.now
            (fired,) = kustom.clock.advance("29d")
            assert fired["event"] == "order expired"
            assert (kustom.clock.now - before).days == 29
            kustom.clock.freeze()
            order_id = kustom.load("split-shipment")["two-shipments"]
            assert kustom.orders == {"two-shipments": order_id}
            kustom.faults.add("no", on="capture", do={"refuse": "temporarily_unavailable"})
            response = send(kustom, "POST", order_id + "/captures", {"captured_amount": 1})
            assert (response.status, kustom.faults["no"]["fired"]) == (503, 1)
            why = kustom.explain(response.headers["Klarna-Correlation-Id"])
            assert why["refusal"]["reason"] == "temporarily_unavailable"
            refund = {"refunded_amount": 10000, "order_lines": [SNEAKERS]}
            assert kustom.explain(order=order_id, refund=refund)["outcome"] == "failed"
            kustom.faults.remove("no")
            assert list(kustom.faults) == []
            order_id = kustom.create_order(name="mine", lines=[{"unit_price": 5}])
            assert kustom.force("mine", "expire")["order"]["status"] == "EXPIRED"
            assert kustom.order("mine")["order"]["order_id"] == order_id
        """,
    )
    assert code == 0, output


LISTED = """
orders: {one: {lines: [{unit_price: 500}]}}
credentials: {PK1: s3cret, PK2: other}
"""


def test_listed_credentials_become_the_user_of_the_test(tmp_path: Path) -> None:
    source = """
        @pytest.mark.kustom(scenario="listed.yaml")
        @pytest.mark.parametrize("number", range(3))
        def test_listed(kustom, number):
            assert kustom.auth == ("PK1", "s3cret")
            path = kustom.orders["one"] + "/captures"
            assert send(kustom, "POST", path, {"captured_amount": 500}).status == 201
            assert len(kustom.requests) == 1

        def test_changing(kustom):
            own = kustom.auth
            orders = {"one": {"lines": [{"unit_price": 5}]}}
            kustom.load({"credentials": {"PK3": "x"}, "orders": orders})
            assert send(kustom, "GET", kustom.orders["one"]).status == 200
            assert kustom.auth == ("PK3", "x")
            kustom.clock.freeze()
            kustom.load("fresh-order")
            assert kustom.auth == own
            assert send(kustom, "GET", kustom.orders["fresh"]).status == 200
            with pytest.raises(Exception, match="E101"):
                kustom.load("credentials: {PK4: x}\\nodrers: 1")
            assert send(kustom, "GET", kustom.orders["fresh"]).status == 200
        """
    code, output = run_tests(tmp_path, source, "-n", "2", listed__yaml=LISTED)
    assert (code, "4 passed" in output) == (0, True), output


def test_xdist_workers_cannot_share_a_listed_user(tmp_path: Path, server_url: str) -> None:
    source = """
        @pytest.mark.kustom(scenario="listed.yaml")
        def test_listed(kustom):
            assert kustom.auth == ("PK1", "s3cret")
        """
    shared = f"--kustom-url={server_url}"
    code, output = run_tests(tmp_path, source, shared, listed__yaml=LISTED)
    assert code == 0, output
    code, output = run_tests(tmp_path, source, shared, "-n", "1", listed__yaml=LISTED)
    assert code == 1
    assert "all xdist workers would share user 'PK1' on one server; drop -n or" in output


def test_every_test_has_its_own_sandbox_under_xdist(tmp_path: Path) -> None:
    source = """
        @pytest.mark.parametrize("number", range(6))
        def test_first(kustom, number):
            assert kustom.requests == []
            path = kustom.orders["fresh"] + "/captures"
            assert send(kustom, "POST", path, {"captured_amount": 20000}).status == 201
            assert len(kustom.requests) == 1
        """
    code, output = run_tests(tmp_path, source, "-n", "2")
    assert (code, "6 passed" in output) == (0, True), output


def test_closest_marker_wins_over_flag_and_configuration(tmp_path: Path) -> None:
    code, output = run_tests(
        tmp_path,
        """
        def test_flag(kustom):
            assert list(kustom.orders) == ["two-shipments"]

        @pytest.mark.kustom(scenario="fresh-order")
        class TestMarked:
            def test_class(self, kustom):
                assert list(kustom.orders) == ["fresh"]

            @pytest.mark.kustom(scenario="norwegian-order")
            def test_closest(self, kustom):
                assert list(kustom.orders) == ["til-norge"]

            @pytest.mark.kustom(scenario="own.yaml")
            def test_file(self, kustom):
                assert list(kustom.orders) == ["mine"]
        """,
        "--kustom-scenario=split-shipment",
        ini="[pytest]\nkustom_scenario = three-shipments\n",
        own__yaml="version: 1\norders: {mine: {lines: [{unit_price: 5}]}}\n",
    )
    assert (code, "4 passed" in output) == (0, True), output


def test_every_flag_has_a_configuration_key(tmp_path: Path) -> None:
    _, output = run_tests(tmp_path, "", "--help")
    for name in ("url", "token", "scenario", "allow"):
        assert f"--kustom-{name}=" in output
        assert f"kustom_{name} (" in output


def test_kustom_url_uses_a_running_server(tmp_path: Path, server_url: str) -> None:
    code, output = run_tests(
        tmp_path,
        """
        @pytest.mark.kustom(scenario="split-shipment")
        def test_remote(kustom):
            assert send(kustom, "GET", kustom.orders["two-shipments"]).status == 200
            assert kustom.verdict()["passed"]

        def test_address(kustom_server):
            print(kustom_server.base_url)
        """,
        "-s",
        ini=f"[pytest]\nkustom_url = {server_url}/\n",
    )
    assert (code, server_url in output) == (0, True), output


def test_unreachable_server_is_named(
    tmp_path: Path,
    unused_tcp_port_factory: Callable[[], int],
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port_factory()}"
    code, output = run_tests(tmp_path, "def test(kustom): ...", f"--kustom-url={url}")
    assert code == 1
    assert f"kustom: --kustom-url: no response from {url} (" in output
    assert "expected the URL of a running kustom-mock, such as http://" in output
    assert "Traceback" not in output


def test_invalid_kustom_url_is_named(tmp_path: Path) -> None:
    code, output = run_tests(tmp_path, "def test(kustom): ...", "--kustom-url=localhost:1")
    assert code == 1
    assert "such as http://127.0.0.1:8566, got 'localhost:1'" in output


def test_unknown_scenario_suggests_the_closest(tmp_path: Path) -> None:
    code, output = run_tests(
        tmp_path,
        """
        @pytest.mark.kustom(scenario="split-shipmnt")
        def test(kustom): ...
        """,
    )
    assert code == 1
    assert (
        "\nkustom: unknown scenario 'split-shipmnt', did you mean 'split-shipment'?\n" in output
    )


def test_missing_scenario_file_names_the_searched_paths(
    tmp_path: Path,
) -> None:
    source = """
        @pytest.mark.kustom(scenario="gone.yaml")
        def test(kustom): ...
        """
    code, output = run_tests(tmp_path, source)
    assert code == 1
    assert f"kustom: scenario file 'gone.yaml' not found; tried {tmp_path}/gone.yaml" in output


def test_invalid_scenario_shows_its_findings(tmp_path: Path) -> None:
    source = """
        @pytest.mark.kustom(scenario="bad.yaml")
        def test(kustom): ...
        """
    code, output = run_tests(tmp_path, source, bad__yaml="version: 1\nordes: {}\n")
    assert code == 1
    assert "\nkustom: bad.yaml:2:1 E101 ordes: unknown key 'ordes', did you mean" in output


def test_marker_with_unknown_arguments_is_refused(tmp_path: Path) -> None:
    source = """
        @pytest.mark.kustom(senario="split-shipment")
        def test_word(kustom): ...

        @pytest.mark.kustom("split-shipment")
        def test_bare(kustom): ...
        """
    code, output = run_tests(tmp_path, source)
    assert code == 1
    expected = "kustom: the marker accepts scenario=... and allow=[...], got"
    assert f"{expected} senario\n" in output
    assert f"{expected} 'split-shipment'\n" in output


def test_unknown_order_name_suggests_the_closest(tmp_path: Path) -> None:
    code, output = run_tests(tmp_path, "def test(kustom): kustom.orders['frsh']")
    assert code == 1
    assert "no order 'frsh', did you mean 'fresh'?" in output


def test_unused_plugin_imports_no_server_modules(tmp_path: Path) -> None:
    source = """
        def test():
            import sys
            assert not [name for name in sys.modules if name.startswith("mockserver.")
                        and name != "mockserver.pytest_plugin"]
            assert "aiohttp" not in sys.modules
        """
    code, output = run_tests(tmp_path, source)
    assert code == 0, output


def test_examples_of_the_pytest_page_pass(tmp_path: Path) -> None:
    page = DOCS / "how-to/pytest.md"
    files = {block.file: block.text for block in blocks(page) if block.file}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    code, output = run_tests(tmp_path, "")
    assert (code, "3 passed" in output) == (0, True), output
    wrong = files["test_returns.py"].replace("B24680", "B2468O")
    (tmp_path / "test_returns.py").write_text(wrong, encoding="utf-8")
    (shown,) = (block.text for block in blocks(page) if block.language == "text")
    code, output = run_tests(tmp_path, "")
    assert (code, shown in output) == (1, True), output
