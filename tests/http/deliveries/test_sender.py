"""One call to a merchant: addresses, time limit, errors as results."""

import asyncio
from socket import EAI_NONAME, gaierror

import pytest
from aiohttp import ThreadedResolver, web
from aiohttp.abc import ResolveResult

from mockserver.http.deliveries import sender as module
from mockserver.http.deliveries.outgoing import OutgoingRequest
from mockserver.http.deliveries.sender import NearResolver, Sender, Sent
from mockserver.http.deliveries.targets import HostNotAllowedError, TargetPolicy
from mockserver.sandbox.deliveries.delivery import Delivery, DeliveryKind
from tests.support.builders import NOW

EMPTY = OutgoingRequest({})


def delivery_to(url: str) -> Delivery:
    return Delivery(
        delivery_id="delivery-1",
        kind=DeliveryKind.PUSH,
        order_id="o",
        url=url,
        created_at=NOW,
    )


async def test_name_is_refused_by_the_address_it_resolves_to() -> None:
    resolver = NearResolver(TargetPolicy())
    assert await resolver.resolve("localhost", 80)
    with pytest.raises(HostNotAllowedError):
        await resolver.resolve("8.8.8.8", 80)
    allowed = NearResolver(TargetPolicy(frozenset(("8.8.8.8",))))
    assert await allowed.resolve("8.8.8.8", 80)
    await resolver.close()


async def test_refused_name_holds_the_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "check_address", _refuse)
    sender = Sender(TargetPolicy())
    sent = await sender.send(delivery_to("http://localhost:1/push"), EMPTY)
    await sender.close()
    assert (sent.status, sent.error, sent.held) == (None, "", "too far")


async def test_public_name_without_an_address_holds_the_delivery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ThreadedResolver", UnknownNames)
    held = "shop.test-shop.se has no address (Name or service not known); send it elsewhere"
    assert (await send_to("http://shop.test-shop.se/push")).held.startswith(held)


@pytest.mark.parametrize("host", ["shop", "shop.default.svc.cluster.local", "allowed.se"])
async def test_local_or_allowed_name_without_an_address_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setattr(module, "ThreadedResolver", UnknownNames)
    sent = await send_to(f"http://{host}/push")
    assert (sent.held, "Name or service not known" in sent.error) == ("", True)


@pytest.mark.parametrize(
    ("url", "is_held"),
    [
        ("http://shop.example/push", True),
        ("http://8.8.8.8/push", True),
        ("http://shop.test-shop.se/push", True),
        ("http://127.0.0.1:1/push", False),
        ("http://shop/push", False),
        ("http://allowed.se/push", False),
    ],
)
async def test_sender_knows_held_hosts_before_sending(
    monkeypatch: pytest.MonkeyPatch, url: str, *, is_held: bool
) -> None:
    if "127" not in url:
        monkeypatch.setattr(module, "ThreadedResolver", UnknownNames)
    sender = Sender(TargetPolicy(frozenset(("allowed.se",))))
    assert await sender.is_held(url) is is_held
    await sender.close()


async def send_to(url: str) -> Sent:
    sender = Sender(TargetPolicy(frozenset(("allowed.se",))))
    sent = await sender.send(delivery_to(url), EMPTY)
    await sender.close()
    return sent


class UnknownNames(ThreadedResolver):
    """Resolver of a machine that knows no name."""

    async def resolve(self, *_args: object) -> list[ResolveResult]:
        """Fail as ``getaddrinfo`` does."""
        raise gaierror(EAI_NONAME, "Name or service not known")


def _refuse(_address: str) -> None:
    message = "too far"
    raise HostNotAllowedError(message)


async def test_merchant_that_hangs_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUTS", {DeliveryKind.PUSH: 0.05})
    released = asyncio.Event()

    async def hang(_request: web.BaseRequest) -> web.Response:
        await released.wait()
        return web.Response()

    runner = web.ServerRunner(web.Server(hang))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sender = Sender(TargetPolicy())
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/push"
    sent = await sender.send(delivery_to(url), EMPTY)
    released.set()
    await sender.close()
    await runner.cleanup()
    assert (sent.status, sent.error) == (None, "no response within 0.05 s")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://127.0.0.1:99999/", "http://[::1"]
)
async def test_impossible_call_is_an_error(url: str) -> None:
    sender = Sender(TargetPolicy())
    sent = await sender.send(delivery_to(url), EMPTY)
    await sender.close()
    assert (sent.status, bool(sent.error)) == (None, True)
