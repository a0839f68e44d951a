"""The ``kustom`` fixture object: one sandbox, driven through the control API."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack, overload
from zlib import crc32

from mockserver.checkout_types import CheckoutCompletion
from mockserver.client import ControlClient, ControlError
from mockserver.control_types import RequestEntry
from mockserver.delivery_types import DeliveryEntry
from mockserver.http_client import basic_auth
from mockserver.order_types import (
    ForcedOutcome,
    OrderDetails,
    RefundDryRun,
)
from mockserver.report_types import VerdictReport
from mockserver.scenario_types import CheckoutSpec, CompletionSpec, OrderSpec
from mockserver.testing.sandbox_parts import OrderIds, SandboxClock, SandboxFaults
from mockserver.testing.scenario_sources import (
    ScenarioSource,
    first_credentials,
    load_scenario_source,
    read_scenario,
)

SECRET = "secret"  # noqa: S105  # any password is accepted

MAX_SLUG_LENGTH = 60


@dataclass(slots=True, eq=False)
class KustomSandbox:
    """A sandbox of its own: point a client at ``base_url`` and authenticate with ``auth``.

    The fixture ``kustom`` is one; :meth:`open` makes others. The constructor alone sends
    nothing. As a context manager it deletes the sandbox at the end.

    Attributes:
        control: the client of the control API for this sandbox.
        folders: where scenario files are searched, before the working directory.
        secret: the password of the merchant.
        orders: order ids by the names of the scenario.
    """

    control: ControlClient
    folders: Sequence[Path] = ()
    secret: str = SECRET
    orders: OrderIds = field(default_factory=OrderIds)
    _default_auth: tuple[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Remember the credentials for scenarios that list none."""
        self.secret = self.control.secret or self.secret
        self.control = replace(self.control, secret=self.secret)
        self._default_auth = self.auth

    @classmethod
    def open(
        cls,
        control: ControlClient,
        scenario: ScenarioSource | None = None,
        folders: Sequence[Path] = (),
        secret: str = SECRET,
    ) -> Self:
        """Refill a sandbox; its previous state is lost.

        Args:
            control: names the server and the sandbox.
            scenario: as for :meth:`load`; the server's own by default.
            folders: where scenario files are searched, before the working directory.
            secret: the password of the merchant, where the scenario lists none.

        Raises:
            ControlError: the server refused the scenario, or did not answer.
            FileNotFoundError: the scenario file does not exist.
        """
        sandbox = cls(control, folders, secret)
        if scenario is None:
            sandbox.drop()
            sandbox.orders = OrderIds(sandbox.control.reset())
        else:
            sandbox.load(scenario)
        return sandbox

    def __enter__(self) -> Self:
        """Return the sandbox."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Delete the sandbox."""
        self.drop()

    @property
    def base_url(self) -> str:
        """Address of the server; paths begin with ``/ordermanagement/v1/orders``."""
        return self.control.url

    @property
    def auth(self) -> tuple[str, str]:
        """User name and secret for Basic authentication; the user name is the sandbox."""
        return self.control.sandbox, self.secret

    @property
    def headers(self) -> dict[str, str]:
        """The same as an ``Authorization`` header."""
        return basic_auth(*self.auth)

    @property
    def clock(self) -> SandboxClock:
        """The sandbox's clock."""
        return SandboxClock(self.control)

    @property
    def faults(self) -> SandboxFaults:
        """The sandbox's fault rules."""
        return SandboxFaults(self.control)

    @property
    def requests(self) -> list[RequestEntry]:
        """The journal: all requests with response and explanation, oldest first."""
        return self.control.requests()

    def load(self, scenario: ScenarioSource) -> OrderIds:
        """Fill the sandbox from a scenario.

        The kind of ``scenario`` decides, in this order:

        1. a mapping is the content of a scenario;
        2. a :class:`~pathlib.Path`, or a text that ends in ``.yaml``, ``.yml`` or ``.json``,
           is a file, searched in ``folders`` and then in the working directory;
        3. a text with a line break, or that begins with ``{``, is YAML or JSON;
        4. any other text is the name of a shipped scenario.

        If the scenario lists ``credentials``, the first of them become ``auth``, and their user
        name becomes the name of the sandbox; the sandbox used before is deleted.

        Returns:
            The order ids by the names of the scenario, which ``orders`` has, too.

        Raises:
            ControlError: the scenario does not exist, or is not valid: the message lists every
                finding, each with line and column; the sandbox is unchanged.
            FileNotFoundError: the file does not exist; the message lists where it was searched.
        """
        content, file = read_scenario(scenario, self.folders)
        user, secret = first_credentials(content) or self._default_auth
        control = replace(self.control, sandbox=user, secret=secret)
        self.orders = OrderIds(load_scenario_source(control, content, file))
        if control.sandbox != self.control.sandbox:
            self.drop()
        self.control, self.secret = control, secret
        return self.orders

    @overload
    def explain(self, correlation_id: str) -> RequestEntry: ...

    @overload
    def explain(self, *, order: str, refund: Mapping[str, object]) -> RefundDryRun: ...

    def explain(
        self,
        correlation_id: str | None = None,
        *,
        order: str | None = None,
        refund: Mapping[str, object] | None = None,
    ) -> RequestEntry | RefundDryRun:
        """Explain a response, or predict the allocation of a refund.

        Args:
            correlation_id: the ``Klarna-Correlation-Id`` of the response.
            order: name or id of the order to refund.
            refund: the body of a refund request; amounts in minor units.

        Raises:
            ControlError: there is no such request or order, or the refund is not valid.
            TypeError: neither a correlation id nor order and refund were given.
        """
        if correlation_id is not None:
            return self.control.explain(correlation_id)
        if order is None or refund is None:
            raise TypeError("expected a correlation id, or order=... and refund={...}")
        return self.control.explain_refund(order, refund)

    def order(self, order: str) -> OrderDetails:
        """Return an order by name or id: order, allocations, ledger and timeline.

        Raises:
            ControlError: with status 404 if there is no such order.
        """
        return self.control.order(order)

    def create_order(self, **spec: Unpack[OrderSpec]) -> str:
        """Create an order from the keys of scenario syntax; return its id.

        Args:
            spec: as for :class:`OrderSpec`; only ``lines`` is required.

        Raises:
            ControlError: with status 422 and every finding.
        """
        order_id = self.control.create_order(spec)["order_id"]
        if "name" in spec:
            self.orders[spec["name"]] = order_id
        return order_id

    def force(self, order: str, outcome: ForcedOutcome) -> OrderDetails:
        """Force an outcome that the provider or time would cause, such as ``expire``.

        Raises:
            ControlError: there is no such order or outcome.
        """
        return self.control.force(order, outcome)

    def create_checkout(self, **spec: Unpack[CheckoutSpec]) -> str:
        """Create a checkout order from the keys of scenario syntax; return its id.

        Args:
            spec: as for :class:`CheckoutSpec`; every key has a default.

        Raises:
            ControlError: with status 422 and every finding.
        """
        order_id = self.control.create_checkout(spec)["order_id"]
        if "name" in spec:
            self.orders[spec["name"]] = order_id
        return order_id

    def deliveries(
        self, kind: str | None = None, order: str | None = None
    ) -> list[DeliveryEntry]:
        """List the calls to the merchant, oldest first, each with its attempts.

        Args:
            kind: such as ``push`` or ``webhook``.
            order: name or id of an order.

        Raises:
            ControlError: with status 422 if the kind is unknown.
        """
        return self.control.deliveries(kind=kind, order_id=order)

    def await_deliveries(
        self, kind: str | None = None, order: str | None = None, count: int = 1
    ) -> list[DeliveryEntry]:
        """Wait until so many calls were made and answered 2xx, and return them.

        Raises:
            TimeoutError: too few were answered within 5 seconds of real time.
        """
        result = self.control.await_deliveries(
            kind=kind, order_id=order, state="delivered", count=count
        )
        if not result["satisfied"]:
            found = len(result["deliveries"])
            raise TimeoutError(f"expected {count} answered deliveries, got {found}")
        return result["deliveries"]

    def send_delivery(self, delivery_id: str) -> DeliveryEntry:
        """Send a delivery now, whatever its state, and return it.

        Raises:
            ControlError: with status 404 if there is no such delivery, 409 if its host is not
                called.
        """
        return self.control.send_delivery(delivery_id)

    def complete(
        self, order_id: str, **completion: Unpack[CompletionSpec]
    ) -> CheckoutCompletion:
        """Complete a checkout order in place of the shopper; return it and its order.

        Args:
            order_id: name or id of the checkout order.
            completion: as for :class:`CompletionSpec`; every key has a default.

        Raises:
            ControlError: there is no such checkout order, or it cannot be completed.
        """
        return self.control.complete(order_id, **completion)

    def verdict(self) -> VerdictReport:
        """Check the expectations of the scenario.

        Raises:
            ControlError: the server did not answer.
        """
        return self.control.verdict()

    def drop(self) -> None:
        """Delete the sandbox; nothing happens if it is not in use."""
        with suppress(ControlError):
            self.control.drop()


def name_sandbox(test: str) -> str:
    """Name a sandbox after a test and the worker that runs it."""
    slug = re.sub(r"[^A-Za-z0-9_.]+", "-", test).strip("-")[-MAX_SLUG_LENGTH:]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return f"{slug}-{crc32(test.encode()):08x}-{worker}"
