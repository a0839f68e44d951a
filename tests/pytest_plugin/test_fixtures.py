"""The pytest plugin in somebody else's tests: fixtures, marker, options."""

from collections.abc import Callable
from pathlib import Path

from tests.support.doc_pages import DOCS, blocks
from tests.support.pytest_project import run_tests


def test_a_test_gets_a_server_a_user_and_orders(tmp_path: Path) -> None:
    code, said = run_tests(
        tmp_path,
        """
        @pytest.mark.kustom(scenario="split-shipment")
        def test_orders(kustom, kustom_server):
            assert kustom.base_url == kustom_server.base_url
            answer = ask(kustom, "GET", kustom.orders["two-shipments"])
            assert (answer.status, json.loads(answer.page)["refunded_amount"]) == (200, 10000)
            assert kustom.verdict()["passed"]
            assert [each["operation"] for each in kustom.requests] == ["get_order"]
        """,
    )
    assert (code, "1 passed" in said) == (0, True), said


def test_time_faults_scenarios_and_explanations_are_at_hand(tmp_path: Path) -> None:
    code, said = run_tests(
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
            answer = ask(kustom, "POST", order_id + "/captures", {"captured_amount": 1})
            assert (answer.status, kustom.faults["no"]["fired"]) == (503, 1)
            why = kustom.explain(answer.headers["Klarna-Correlation-Id"])
            assert why["refusal"]["reason"] == "temporarily_unavailable"
            refund = {"refunded_amount": 10000, "order_lines": [SNEAKERS]}
            assert kustom.explain(order=order_id, refund=refund)["outcome"] == "failed"
            kustom.faults.remove("no")
            assert list(kustom.faults) == []
            made = kustom.create_order(name="mine", lines=[{"unit_price": 5}])
            assert kustom.force("mine", "expire")["order"]["status"] == "EXPIRED"
            assert kustom.order("mine")["order"]["order_id"] == made
        """,
    )
    assert code == 0, said


LISTED = """
orders: {one: {lines: [{unit_price: 500}]}}
credentials: {PK1: s3cret, PK2: other}
"""


def test_a_test_is_a_user_whom_its_scenario_lists_in_a_world_of_its_own(tmp_path: Path) -> None:
    source = """
        @pytest.mark.kustom(scenario="listed.yaml")
        @pytest.mark.parametrize("number", range(3))
        def test_listed(kustom, number):
            assert kustom.auth == ("PK1", "s3cret")
            path = kustom.orders["one"] + "/captures"
            assert ask(kustom, "POST", path, {"captured_amount": 500}).status == 201
            assert len(kustom.requests) == 1

        def test_changing(kustom):
            own = kustom.auth
            orders = {"one": {"lines": [{"unit_price": 5}]}}
            kustom.load({"credentials": {"PK3": "x"}, "orders": orders})
            assert ask(kustom, "GET", kustom.orders["one"]).status == 200
            assert kustom.auth == ("PK3", "x")
            kustom.clock.freeze()
            kustom.load("fresh-order")
            assert kustom.auth == own
            assert ask(kustom, "GET", kustom.orders["fresh"]).status == 200
            with pytest.raises(Exception, match="E101"):
                kustom.load("credentials: {PK4: x}\\nodrers: 1")
            assert ask(kustom, "GET", kustom.orders["fresh"]).status == 200
        """
    code, said = run_tests(tmp_path, source, "-n", "2", listed__yaml=LISTED)
    assert (code, "4 passed" in said) == (0, True), said


def test_workers_cannot_be_the_same_user_of_one_server(tmp_path: Path, server_url: str) -> None:
    source = """
        @pytest.mark.kustom(scenario="listed.yaml")
        def test_listed(kustom):
            assert kustom.auth == ("PK1", "s3cret")
        """
    shared = f"--kustom-url={server_url}"
    code, said = run_tests(tmp_path, source, shared, listed__yaml=LISTED)
    assert code == 0, said
    code, said = run_tests(tmp_path, source, shared, "-n", "1", listed__yaml=LISTED)
    assert code == 1
    assert "all workers would be user 'PK1' of one server; leave out -n or" in said


def test_every_test_has_a_world_of_its_own_in_whatever_worker_it_runs(tmp_path: Path) -> None:
    source = """
        @pytest.mark.parametrize("number", range(6))
        def test_first(kustom, number):
            assert kustom.requests == []
            path = kustom.orders["fresh"] + "/captures"
            assert ask(kustom, "POST", path, {"captured_amount": 20000}).status == 201
            assert len(kustom.requests) == 1
        """
    code, said = run_tests(tmp_path, source, "-n", "2")
    assert (code, "6 passed" in said) == (0, True), said


def test_the_closest_marker_wins_over_flag_and_configuration(tmp_path: Path) -> None:
    code, said = run_tests(
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
    assert (code, "4 passed" in said) == (0, True), said


def test_every_flag_has_a_line_of_the_configuration(tmp_path: Path) -> None:
    _, said = run_tests(tmp_path, "", "--help")
    for name in ("url", "token", "scenario", "allow"):
        assert f"--kustom-{name}=" in said
        assert f"kustom_{name} (" in said


def test_a_server_elsewhere_serves_as_well(tmp_path: Path, server_url: str) -> None:
    code, said = run_tests(
        tmp_path,
        """
        @pytest.mark.kustom(scenario="split-shipment")
        def test_remote(kustom):
            assert ask(kustom, "GET", kustom.orders["two-shipments"]).status == 200
            assert kustom.verdict()["passed"]

        def test_address(kustom_server):
            print(kustom_server.base_url)
        """,
        "-s",
        ini=f"[pytest]\nkustom_url = {server_url}/\n",
    )
    assert (code, server_url in said) == (0, True), said


def test_a_server_that_is_not_there_is_named(
    tmp_path: Path,
    unused_tcp_port_factory: Callable[[], int],
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port_factory()}"
    code, said = run_tests(tmp_path, "def test(kustom): ...", f"--kustom-url={url}")
    assert code == 1
    assert f"kustom: --kustom-url: no answer from {url} (" in said
    assert "expected the address of a running kustom-mock, such as http://" in said
    assert "Traceback" not in said


def test_an_address_that_is_none_is_named(tmp_path: Path) -> None:
    code, said = run_tests(tmp_path, "def test(kustom): ...", "--kustom-url=localhost:1")
    assert code == 1
    assert "such as http://127.0.0.1:8566, got 'localhost:1'" in said


def test_an_unknown_scenario_is_answered_with_the_nearest(tmp_path: Path) -> None:
    code, said = run_tests(
        tmp_path,
        """
        @pytest.mark.kustom(scenario="split-shipmnt")
        def test(kustom): ...
        """,
    )
    assert code == 1
    assert (
        "\nkustom: unknown scenario 'split-shipmnt', did you mean 'split-shipment'?\n" in said
    )


def test_a_scenario_file_that_is_not_there_is_named_with_where_it_was_looked_for(
    tmp_path: Path,
) -> None:
    source = """
        @pytest.mark.kustom(scenario="gone.yaml")
        def test(kustom): ...
        """
    code, said = run_tests(tmp_path, source)
    assert code == 1
    assert f"kustom: no scenario file 'gone.yaml'; looked for {tmp_path}/gone.yaml" in said


def test_a_scenario_that_does_not_lint_is_shown_line_by_line(tmp_path: Path) -> None:
    source = """
        @pytest.mark.kustom(scenario="bad.yaml")
        def test(kustom): ...
        """
    code, said = run_tests(tmp_path, source, bad__yaml="version: 1\nordes: {}\n")
    assert code == 1
    assert "\nkustom: bad.yaml:2:1 E101 ordes: unknown key 'ordes', did you mean" in said


def test_a_marker_with_other_words_is_refused(tmp_path: Path) -> None:
    source = """
        @pytest.mark.kustom(senario="split-shipment")
        def test_word(kustom): ...

        @pytest.mark.kustom("split-shipment")
        def test_bare(kustom): ...
        """
    code, said = run_tests(tmp_path, source)
    assert code == 1
    expected = "kustom: the marker takes scenario=... and allow=[...], not"
    assert f"{expected} senario\n" in said
    assert f"{expected} 'split-shipment'\n" in said


def test_an_order_that_the_scenario_lacks_is_answered_with_the_nearest(tmp_path: Path) -> None:
    code, said = run_tests(tmp_path, "def test(kustom): kustom.orders['frsh']")
    assert code == 1
    assert "no order 'frsh', did you mean 'fresh'?" in said


def test_a_run_that_uses_no_fixture_loads_nothing_of_the_server(tmp_path: Path) -> None:
    source = """
        def test():
            import sys
            assert not [each for each in sys.modules if each.startswith("mockserver.")
                        and each != "mockserver.pytest_plugin"]
            assert "aiohttp" not in sys.modules
        """
    code, said = run_tests(tmp_path, source)
    assert code == 0, said


def test_the_page_about_pytest_does_what_it_says(tmp_path: Path) -> None:
    page = DOCS / "how-to/pytest.md"
    files = {block.file: block.text for block in blocks(page) if block.file}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    code, said = run_tests(tmp_path, "")
    assert (code, "3 passed" in said) == (0, True), said
    wrong = files["test_returns.py"].replace("B24680", "B2468O")
    (tmp_path / "test_returns.py").write_text(wrong, encoding="utf-8")
    (shown,) = (block.text for block in blocks(page) if block.language == "text")
    code, said = run_tests(tmp_path, "")
    assert (code, shown in said) == (1, True), said
