from pathlib import Path

from mockserver.testing.checks import sandbox_report
from mockserver.testing.server_thread import running_server


def test_report_links_to_the_picture_of_each_order(tmp_path: Path) -> None:
    with running_server("misspelt-reference") as server, server.open_sandbox("shop") as sandbox:
        report = sandbox_report(sandbox, tmp_path)
        order_id = sandbox.orders["misspelt"]
    file = tmp_path / f"shop-{order_id[:8]}.svg"
    assert f"  picture: {file.as_uri()}" in report
    assert "'B2468O' is on no capture" in file.read_text(encoding="utf-8")


def test_without_a_folder_the_report_has_no_pictures() -> None:
    with running_server("misspelt-reference") as server, server.open_sandbox("shop") as sandbox:
        assert "picture:" not in sandbox_report(sandbox)
