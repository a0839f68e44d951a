"""The files of the dashboard: public, small, and under a strict policy."""

from aiohttp import ClientSession

from mockserver.http.dashboard.static_files import read_files

UI = "/__admin/ui/"
BROWSER = {"Accept": "text/html,application/xhtml+xml"}
LARGEST_TOTAL = 150_000  # bytes of all files, uncompressed


async def test_browser_is_sent_to_the_dashboard(
    session: ClientSession, server_url: str
) -> None:
    for path in ("/", "/__admin/ui"):
        url = server_url + path
        async with session.get(url, headers=BROWSER, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (302, UI)


async def test_client_of_the_api_is_not(session: ClientSession, server_url: str) -> None:
    async with session.get(server_url + "/", allow_redirects=False) as response:
        assert response.status == 401


async def test_files_have_a_strict_policy_and_are_revalidated(
    session: ClientSession, server_url: str
) -> None:
    async with session.get(server_url + UI) as response:
        assert response.status == 200
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert response.headers["X-Frame-Options"] == "DENY"
        etag = response.headers["ETag"]
    known = {"If-None-Match": etag}
    async with session.get(server_url + UI, headers=known) as response:
        assert (response.status, await response.read()) == (304, b"")


async def test_every_file_is_served_with_its_type(
    session: ClientSession, server_url: str
) -> None:
    for name, (content, headers) in read_files().items():
        async with session.get(server_url + UI + name) as response:
            assert (response.status, await response.read()) == (200, content)
            assert response.headers["Content-Type"] == headers["Content-Type"]


async def test_unknown_files_and_other_methods_are_refused(
    session: ClientSession, server_url: str
) -> None:
    async with session.get(server_url + UI + "../app.py") as response:
        assert response.status == 404
    async with session.get(server_url + UI + "static_files.py") as response:
        assert response.status == 404
    async with session.post(server_url + UI) as response:
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")


def test_all_files_together_are_small() -> None:
    assert sum(len(content) for content, _ in read_files().values()) <= LARGEST_TOTAL
