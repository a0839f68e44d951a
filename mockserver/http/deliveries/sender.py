"""Send one delivery with aiohttp's client: bounded in time and size, no redirects."""

import socket
from time import monotonic
from urllib.parse import urlsplit

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    ThreadedResolver,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import Struct
from msgspec.structs import replace
from yarl import URL

from mockserver.http.deliveries.outgoing import OutgoingRequest
from mockserver.http.deliveries.targets import (
    HostNotAllowedError,
    TargetPolicy,
    check_address,
    is_public_name,
)
from mockserver.sandbox.deliveries.delivery import Delivery
from mockserver.sandbox.deliveries.schedules import TIMEOUTS

MAX_RESPONSE_BYTES = 65_536
MAX_CONNECTIONS = 500


class Sent(Struct, frozen=True):
    """The result of sending: a status, an error, or why nothing was sent."""

    seconds: float
    status: int | None = None
    error: str = ""
    held: str = ""
    location: str = ""
    body: bytes = b""


class NearResolver(AbstractResolver):
    """Resolves names, and refuses addresses that the policy does not allow."""

    def __init__(self, policy: TargetPolicy) -> None:
        self._policy = policy
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve a name.

        Raises:
            HostNotAllowedError: one of its addresses is neither loopback nor private; or it
                is a public name without an address.
        """
        try:
            results = await self._resolver.resolve(host, port, family)
        except OSError as error:
            if self._policy.is_allowed_name(host) or not is_public_name(host):
                raise
            message = (
                f"{host} has no address ({error.strerror or error}); send it elsewhere with"
                " --deliver, or allow it with --deliver-to"
            )
            raise HostNotAllowedError(message) from error
        if not self._policy.is_allowed_name(host):
            for result in results:
                check_address(result["host"])
        return results

    async def close(self) -> None:
        """Release the resolver."""
        await self._resolver.close()


class Sender:
    """Sends deliveries; the client session is opened with the first one."""

    def __init__(self, policy: TargetPolicy) -> None:
        self._policy = policy
        self._session: ClientSession | None = None

    async def send(self, delivery: Delivery, request: OutgoingRequest) -> Sent:
        """Send a delivery once; errors are results."""
        started = monotonic()
        try:
            sent = await self._post(delivery, request)
        except HostNotAllowedError as error:
            return Sent(monotonic() - started, held=str(error))
        except ClientConnectorError as error:
            if isinstance(error.__cause__, HostNotAllowedError):
                return Sent(monotonic() - started, held=str(error.__cause__))
            return Sent(monotonic() - started, error=str(error))
        except TimeoutError:
            return Sent(monotonic() - started, error=no_response(delivery))
        except (ClientError, OSError, ValueError) as error:
            return Sent(monotonic() - started, error=str(error) or type(error).__name__)
        return replace(sent, seconds=monotonic() - started)

    async def is_held(self, url: str) -> bool:
        """Return whether the host of a URL is not called."""
        try:
            target = urlsplit(self._policy.resolve(url).url)
            await NearResolver(self._policy).resolve(target.hostname or "")
        except HostNotAllowedError:
            return True
        except OSError:  # a local name, which is tried again
            return False
        return False

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, delivery: Delivery, request: OutgoingRequest) -> Sent:
        target = self._policy.resolve(delivery.url)
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(
                    limit=MAX_CONNECTIONS, resolver=NearResolver(self._policy)
                ),
                cookie_jar=DummyCookieJar(),
            )
        async with self._session.request(
            delivery.method,
            URL(target.url, encoded=True),
            data=request.body.encode(),
            headers={"Host": target.host_header, **request.headers},
            skip_auto_headers=("Content-Type",),
            timeout=ClientTimeout(total=timeout_of(delivery)),
            allow_redirects=False,
        ) as response:
            body = await response.content.read(MAX_RESPONSE_BYTES)
            location = response.headers.get("Location", "")
            return Sent(0.0, response.status, location=location, body=body)


def timeout_of(delivery: Delivery) -> float:
    """Return the seconds within which the merchant must answer."""
    return delivery.timeout or TIMEOUTS[delivery.kind]


def no_response(delivery: Delivery) -> str:
    """Describe that the merchant did not answer in time."""
    return f"no response within {timeout_of(delivery):g} s"
