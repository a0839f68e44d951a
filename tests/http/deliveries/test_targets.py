"""Which hosts are called, and where rewritten URLs go."""

import pytest

from mockserver.http.deliveries.targets import (
    HostNotAllowedError,
    TargetPolicy,
    parse_hosts,
    parse_rewrites,
)

POLICY = TargetPolicy()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "10.1.2.3", "192.168.0.1", "172.17.0.1", "[fd00::1]",
     "[::ffff:10.0.0.1]", "host.docker.internal", "localhost", "shop"],
)  # fmt: skip
def test_near_host_is_called(host: str) -> None:
    url = f"http://{host}:8080/push?id=1"
    assert POLICY.resolve(url).url == url


@pytest.mark.parametrize(
    "host",
    ["8.8.8.8", "[2001:4860:4860::8888]", "169.254.169.254", "[fe80::1]", "[::]",
     "224.0.0.1", "[::ffff:8.8.8.8]", "[fd00:ec2::254]", "192.0.0.192"],
)  # fmt: skip
def test_any_other_address_is_not_called(host: str) -> None:
    with pytest.raises(HostNotAllowedError, match="allow it with --deliver-to"):
        POLICY.resolve(f"http://{host}/push")


def test_host_may_be_allowed_by_name() -> None:
    policy = TargetPolicy(frozenset(("8.8.8.8",)))
    assert policy.resolve("http://8.8.8.8/push").url == "http://8.8.8.8/push"


def test_rewritten_url_keeps_path_query_and_host_header() -> None:
    rewrites = parse_rewrites(("https://shop.example=http://localhost:8080",))
    target = TargetPolicy(rewrites=rewrites).resolve("https://shop.example/push?id=1")
    assert target.url == "http://localhost:8080/push?id=1"
    assert target.host_header == "shop.example"


@pytest.mark.parametrize(
    ("origin", "url"),
    [
        ("https://shop.example", "https://SHOP.example/Push?id=A"),
        ("https://Shop.example", "https://shop.example/Push?id=A"),
    ],
)
def test_rewrite_matches_a_host_without_regard_to_case(origin: str, url: str) -> None:
    rewrites = parse_rewrites((f"{origin}=http://localhost:8080",))
    target = TargetPolicy(rewrites=rewrites).resolve(url)
    assert target.url == "http://localhost:8080/Push?id=A"


def test_rewrite_of_another_port_is_named_as_the_reason() -> None:
    rewrites = parse_rewrites(("https://shop.example=http://localhost:8080",))
    with pytest.raises(HostNotAllowedError, match="needs the scheme and port of the URL"):
        TargetPolicy(rewrites=rewrites).resolve("https://shop.example:444/push")


def test_allowed_hosts_are_names_and_addresses() -> None:
    hosts = ("Shop.example", "203.0.113.5", "[2001:db8::1]", "shop")
    assert parse_hosts(hosts) == {"shop.example", "203.0.113.5", "2001:db8::1", "shop"}


@pytest.mark.parametrize("text", ["http://x", "a/b", "", "shop:8080", "[::x]"])
def test_invalid_host_is_an_error_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a host name or an address, such as"):
        parse_hosts((text,))


@pytest.mark.parametrize(
    "text", ["shop.example", "https://shop.example", "https://a=b", "https://a/x=http://b"]
)
def test_wrong_rewrite_is_an_error_that_shows_a_right_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected https://shop\.example=http://localhost"):
        parse_rewrites((text,))
