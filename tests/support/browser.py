"""The system's Chromium for tests, driven by Playwright; nothing is downloaded.

A page under test must be quiet: errors in its console, exceptions, violations of its content
security policy and requests to other hosts than this one fail the test.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Route,
    sync_playwright,
)

EXECUTABLES = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT = 15_000  # milliseconds for one action or assertion; a busy machine is slow
OPTIONS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome."""
    return next(filter(None, map(shutil.which, EXECUTABLES)), None)


@contextmanager
def running_chromium(executable: str) -> Iterator[Browser]:
    """Run Chromium without a window."""
    sandbox = () if os.geteuid() else ("--no-sandbox",)  # Chromium's sandbox refuses root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=[*OPTIONS, *sandbox]
        )
        yield browser
        browser.close()


@dataclass
class Watch:
    """Record of what went wrong in the pages of a browser context.

    Attributes:
        problems: what went wrong, in the order of time.
        expected: shell-style patterns of problems that the test provokes on purpose.
    """

    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Record the problems of every page, and block requests to other hosts."""
        context.route(lambda url: urlsplit(url).hostname not in LOOPBACK, self._block)
        context.on("console", self._record_message)
        context.on("weberror", lambda error: self.problems.append(f"exception: {error.error}"))

    def unexpected(self) -> list[str]:
        """Return the problems that no pattern expects."""
        return [
            problem
            for problem in self.problems
            if not any(fnmatch(problem, pattern) for pattern in self.expected)
        ]

    def _block(self, route: Route, request: Request) -> None:
        if request.url.startswith(("data:", "blob:", "about:")):
            route.fallback()
            return
        self.problems.append(f"request to another host: {request.url}")
        route.abort()

    def _record_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")


@contextmanager
def quiet_page(browser: Browser, watch: Watch, **options: object) -> Iterator[Page]:
    """Open a page in a browser context of its own; fail if anything went wrong in it.

    Args:
        browser: the running browser.
        watch: records the problems.
        options: those of Playwright's ``Browser.new_context``, such as ``viewport``.
    """
    context = browser.new_context(**options)  # type: ignore[arg-type]  # as documented there
    context.set_default_timeout(TIMEOUT)
    watch.follow(context)
    yield context.new_page()
    context.close()
    problems = watch.unexpected()
    assert not problems, problems
