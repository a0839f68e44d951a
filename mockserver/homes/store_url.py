"""URLs of stores in Valkey or Redis: checked before connecting, shown without secrets."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit

from mockserver.homes.store import StoreError

TLS_SCHEMES = frozenset({"valkeys", "rediss"})
SHARED_SCHEMES = frozenset({"valkey", "redis", "unix", *TLS_SCHEMES})
URL_HINT = (
    "expected valkey://USER:PASSWORD@HOST:PORT/NUMBER or unix:///PATH?db=NUMBER; write"
    " / : @ ? # % [ ] in a password as %2F %3A %40 %3F %23 %25 %5B %5D"
)


class Parameter(NamedTuple):
    """A parameter of a URL, after ``?``: what it expects, and whether a value is that."""

    expected: str
    accepts: Callable[[str], bool]


A_FILE = Parameter("a file that exists", lambda value: Path(value).is_file())
PARAMETERS: Mapping[str, Parameter] = {
    "db": Parameter("a number", str.isdecimal),
}
TLS_PARAMETERS: Mapping[str, Parameter] = {
    **PARAMETERS,
    "ssl_ca_certs": A_FILE,
    "ssl_certfile": A_FILE,
    "ssl_keyfile": A_FILE,
    "ssl_cert_reqs": Parameter(
        "none, optional or required", {"none", "optional", "required"}.__contains__
    ),
    "ssl_check_hostname": Parameter("true or false", {"true", "false"}.__contains__),
}


def hide_password(url: str) -> str:
    """Return a store as it may be shown: without user, password and parameters.

    A URL that is not well-formed may have parts of a password anywhere, so that only its
    scheme is shown.
    """
    scheme = url.partition(":")[0].lower()
    if scheme not in SHARED_SCHEMES:
        return "…" if "@" in url and scheme != "file" else url
    parts = _split(url)
    if parts is None:
        return f"{scheme}://…"
    return f"{scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def check_url(url: str) -> None:
    """Check the URL of a store.

    Raises:
        StoreError: it is invalid; says what was expected, and shows no password.
    """
    parts = _split(url)
    if parts is None:
        raise StoreError("store_unavailable", URL_HINT)
    number = parts.path.removeprefix("/")
    if parts.scheme != "unix" and number and not number.isdecimal():
        message = f"expected the number of a database after the host, got '{number}'"
        raise StoreError("store_unavailable", message)
    known = TLS_PARAMETERS if parts.scheme in TLS_SCHEMES else PARAMETERS
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in known:
            raise StoreError("store_unavailable", _unknown_parameter(name, known))
        if not known[name].accepts(value):
            message = f"{name}: expected {known[name].expected}, got '{value}'"
            raise StoreError("store_unavailable", message)


def tls_options(url: str) -> Mapping[str, bool]:
    """Return options of the client: a certificate must be for the host of the URL.

    The library checks the name only on request; without any check there is none to make.
    """
    parts = urlsplit(url)
    is_checked = dict(parse_qsl(parts.query)).get("ssl_cert_reqs") != "none"
    return {"ssl_check_hostname": True} if parts.scheme in TLS_SCHEMES and is_checked else {}


def _unknown_parameter(name: str, known: Mapping[str, Parameter]) -> str:
    hint = "; valkeys:// and rediss:// use TLS" if name in TLS_PARAMETERS else ""
    return f"expected one of the parameters {', '.join(known)}, got '{name}'{hint}"


def _split(url: str) -> SplitResult | None:
    """Split a URL; ``None`` if it has no address, or a password might not be escaped."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:  # of the port or the brackets of an IPv6 address
        return None
    is_unix = parts.scheme == "unix"
    place = parts.netloc.rpartition("@")[2]
    has_address = bool(parts.path) and not place if is_unix else has_host
    is_clear = parts.netloc.count("@") <= 1 and "@" not in parts.path + parts.query
    return parts if has_address and is_clear and "#" not in url else None
