"""HTTPS under the provider's names, for clients that verify certificates."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from mockserver.http.server import Server, running_in_thread
from mockserver.http.tls import KUSTOM_HOSTS, TlsConfig
from tests.support.homes import create_registry
from tests.support.merchant import basic
from tests.support.processes import TIMEOUT, run, serving

PLAYGROUND = "api.playground.kustom.co"
UNKNOWN_ORDER = "/ordermanagement/v1/orders/7ce4ee13-973c-6f49-a30e-85a0bc675997"


def verifying(authority: str) -> ssl.SSLContext:
    """Return default client settings that also trust this authority."""
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=authority)
    return context


class RedirectedConnection(HTTPSConnection):
    """Client whose name resolution of the provider's host leads to our server."""

    def __init__(self, url: str, context: ssl.SSLContext, name: str = PLAYGROUND) -> None:
        """Connect to the server of this address under another name."""
        super().__init__(name, context=context, timeout=TIMEOUT)
        self._address = urlsplit(url)
        self._tls = context

    def connect(self) -> None:
        """Do what an entry in the hosts file or a network alias does."""
        assert self._address.hostname is not None
        address = (self._address.hostname, self._address.port)
        plain = socket.create_connection(address, timeout=TIMEOUT)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def send_get(url: str, authority: str, path: str, name: str = PLAYGROUND) -> tuple[int, bytes]:
    """Send a GET under one of the provider's names, and close the connection."""
    client = RedirectedConnection(url, verifying(authority), name)
    client.request("GET", path, headers={"Authorization": basic("demo")})
    response: HTTPResponse = client.getresponse()
    body = response.read()
    client.close()
    return response.status, body


def authority_of(url: str) -> str:
    """Return the CA certificate that ``tls ca`` prints for a running server."""
    printed = run("tls", "ca", "--url", url)
    assert printed.returncode == 0, printed.stderr
    return printed.stdout


@pytest.fixture(scope="module")
def tls_server() -> Iterator[tuple[str, str]]:
    """The URL of a server with a certificate of its own, and its CA certificate."""
    with serving("--port", "0", "--tls") as (_, url):
        yield url, authority_of(url)


@pytest.mark.parametrize("name", [*sorted(KUSTOM_HOSTS), "localhost", "127.0.0.1"])
def test_verifying_client_accepts_the_certificate_for(
    name: str, tls_server: tuple[str, str]
) -> None:
    assert send_get(*tls_server, UNKNOWN_ORDER, name)[0] == 404


def test_client_without_the_ca_refuses_the_certificate(tls_server: tuple[str, str]) -> None:
    client = RedirectedConnection(tls_server[0], ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        client.connect()


def test_allowed_hosts_are_in_the_certificate() -> None:
    with serving("--port", "0", "--tls", "--allowed-host", "mock.example") as (_, url):
        status, _ = send_get(url, authority_of(url), "/__admin/sandboxes", "mock.example")
        assert status == 200


def test_control_api_accepts_the_providers_names_under_tls(
    tls_server: tuple[str, str],
) -> None:
    status, body = send_get(*tls_server, "/__admin/sandboxes")
    assert status == 200
    assert "sandboxes" in json.loads(body)


def test_control_api_refuses_the_providers_names_without_tls(server_url: str) -> None:
    printed = run("healthcheck", "--url", server_url)
    assert printed.returncode == 0
    parts = urlsplit(server_url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT) as plain:
        plain.sendall(f"GET /__admin/sandboxes HTTP/1.1\r\nHost: {PLAYGROUND}\r\n\r\n".encode())
        assert plain.recv(64).startswith(b"HTTP/1.1 403 ")


def test_each_start_without_a_folder_has_its_own_ca() -> None:
    with (
        serving("--port", "0", "--tls") as (_, one),
        serving("--port", "0", "--tls") as (_, two),
    ):
        assert authority_of(one) != authority_of(two)


def test_folder_keeps_the_ca_across_starts(tmp_path: Path) -> None:
    folder = str(tmp_path / "tls")
    printed = run("tls", "ca", "--tls-folder", folder).stdout
    for _ in range(2):
        with serving("--port", "0", KUSTOM_MOCK_TLS="on", KUSTOM_MOCK_TLS_FOLDER=folder) as (
            _,
            url,
        ):
            assert send_get(url, printed, "/healthz")[0] == 200
    assert run("tls", "ca", variables={"KUSTOM_MOCK_TLS_FOLDER": folder}).stdout == printed
    assert (tmp_path / "tls" / "ca-key.pem").stat().st_mode & 0o077 == 0


def test_given_certificate_is_served(tmp_path: Path) -> None:
    authority = trustme.CA()
    leaf = authority.issue_cert(PLAYGROUND)
    leaf.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    leaf.private_key_pem.write_to_path(tmp_path / "key.pem")
    files = ("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    with serving("--port", "0", *files) as (_, url):
        assert send_get(url, authority.cert_pem.bytes().decode(), "/healthz")[0] == 200
        assert run("tls", "ca", "--url", url).returncode == 1


def test_plain_http_on_the_tls_port_is_logged() -> None:
    with serving("--port", "0", "--tls") as (process, url):
        parts = urlsplit(url)
        assert parts.hostname is not None
        address = (parts.hostname, parts.port)
        with socket.create_connection(address, timeout=TIMEOUT) as plain:
            plain.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while plain.recv(64):
                pass
        process.terminate()
        _, errors = process.communicate(timeout=TIMEOUT)
    assert "a client sent plain HTTP to the TLS port: use https://" in errors


def test_old_tls_is_refused_and_stalled_handshakes_block_no_client() -> None:
    with ExitStack() as stack:
        _, url = stack.enter_context(serving("--port", "0", "--tls"))
        parts = urlsplit(url)
        for _ in range(50):
            stack.enter_context(socket.create_connection((parts.hostname, parts.port)))
        authority = authority_of(url)
        assert send_get(url, authority, "/healthz")[0] == 200
        old = verifying(authority)
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(ssl.SSLError):
            RedirectedConnection(url, old).request("GET", "/healthz")


def test_sigterm_ends_a_server_with_an_open_tls_connection() -> None:
    with serving("--port", "0", "--tls") as (process, url):
        client = RedirectedConnection(url, verifying(authority_of(url)))
        client.request("GET", "/healthz")
        client.getresponse().read()
        process.terminate()
        assert process.wait(TIMEOUT) == 0
        client.close()


def test_no_tls_connection_outlives_a_stopped_server() -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(PLAYGROUND).configure_cert(context)
    server = Server(create_registry(), tls=TlsConfig(context))
    with running_in_thread(server) as url:
        trusted = verifying(authority.cert_pem.bytes().decode())
        client = RedirectedConnection(url, trusted)
        client.request("GET", "/livez")
        client.getresponse().read()
    client.sock.close()  # a connection that is still open here is a warning, and so an error


def _no_key(folder: Path) -> tuple[str, ...]:
    return ("--tls-cert", str(folder / "cert.pem"))


def _no_files(folder: Path) -> tuple[str, ...]:
    return (*_no_key(folder), "--tls-key", str(folder / "key.pem"))


def _no_folder(folder: Path) -> tuple[str, ...]:
    (folder / "file").touch()
    return ("--tls", "--tls-folder", str(folder / "file"))


@pytest.mark.parametrize(
    ("flags", "expected_text"),
    [
        (_no_key, "--tls-cert: needs --tls-key as well"),
        (_no_files, "--tls-cert: cannot use"),
        (_no_folder, "--tls: cannot store a certificate authority in"),
    ],
)
def test_unusable_certificates_are_reported_with_the_option(
    tmp_path: Path,
    flags: Callable[[Path], tuple[str, ...]],
    expected_text: str,
) -> None:
    process = run("serve", "--port", "0", *flags(tmp_path))
    assert process.returncode == 2
    assert expected_text in process.stderr


def test_tls_ca_without_server_or_folder_exits_1() -> None:
    process = run("tls", "ca", "--url", "https://127.0.0.1:1")
    assert process.returncode == 1
    assert "did not return a CA certificate" in process.stderr
    assert "Traceback" not in process.stderr
