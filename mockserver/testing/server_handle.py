"""Connect to a running server."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mockserver.client import ControlClient
from mockserver.http_client import HttpClient, HttpClientError
from mockserver.testing.sandbox_handle import KustomSandbox
from mockserver.testing.scenario_sources import ScenarioSource


class ServerUnreachableError(Exception):
    """Raised when no server answers at the given URL."""


@dataclass(frozen=True, slots=True)
class KustomServer:
    """A running server, as the fixture ``kustom_server`` and ``running_server`` return it.

    Attributes:
        base_url: the address, such as ``http://127.0.0.1:8566``.
        token: the server's ``--admin-token``, if it has one.
    """

    base_url: str
    token: str | None = None

    def open_sandbox(
        self,
        name: str,
        scenario: ScenarioSource | None = None,
        folders: Sequence[Path] = (),
    ) -> KustomSandbox:
        """Refill the sandbox of a user name.

        Args:
            name: the user name of the merchant, and so the name of the sandbox.
            scenario: as for :meth:`KustomSandbox.load`; the server's own by default.
            folders: where scenario files are searched, before the working directory.

        Raises:
            ControlError: the server refused the scenario, or did not answer.
            FileNotFoundError: the scenario file does not exist.
        """
        control = ControlClient(self.base_url, name, self.token)
        return KustomSandbox.open(control, scenario, folders)


def connect(url: str, token: str | None = None) -> KustomServer:
    """Connect to a running server.

    Raises:
        ServerUnreachableError: the URL is invalid, or no kustom-mock answers there.
    """
    base_url = url.rstrip("/")
    expected = "expected the URL of a running kustom-mock, such as http://127.0.0.1:8566"
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).netloc:
        raise ServerUnreachableError(f"--kustom-url: {expected}, got '{url}'")
    try:
        status = HttpClient(base_url).send("GET", "/healthz").status
    except HttpClientError as error:
        raise ServerUnreachableError(
            f"--kustom-url: no response from {url} ({error}); {expected}"
        ) from None
    if status != 200:  # noqa: PLR2004  # HTTP OK
        raise ServerUnreachableError(
            f"--kustom-url: {url} returned {status} for /healthz; {expected}"
        )
    return KustomServer(base_url, token)
