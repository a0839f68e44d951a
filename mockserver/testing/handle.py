"""A sandbox in the hands of a test; everything goes through the control API."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from zlib import crc32

from mockserver.api.credentials import basic_authorization
from mockserver.client import ControlClient, ControlError
from mockserver.domain.wording import did_you_mean
from mockserver.scenario.findings import ScenarioError
from mockserver.scenario.source import parse

Json: TypeAlias = Any
Scenario: TypeAlias = str | Path | Mapping[str, Json]

SECRET = "secret"  # noqa: S105  # any is accepted
SUFFIXES = (".yaml", ".yml")
LONGEST_SLUG = 60


class Orders(dict[str, str]):
    """Order ids by the names of the scenario."""

    def __missing__(self, name: str) -> str:
        """Say which names there are."""
        hint = did_you_mean(name, list(self)) if self else "there are none"
        raise KeyError(f"no order '{name}', {hint}")


class Clock:
    """The time of a sandbox."""

    def __init__(self, control: ControlClient) -> None:
        """Take the sandbox."""
        self._control = control

    @property
    def now(self) -> datetime:
        """The sandbox's time."""
        return datetime.fromisoformat(self._control.clock()["now"])

    def advance(self, by: str) -> list[dict[str, Json]]:
        """Move the time on by a duration such as ``28d``; gives what happened meanwhile."""
        return self._fired(advance=by)

    def set(self, moment: str) -> list[dict[str, Json]]:
        """Move the time on to a moment; gives what happened meanwhile."""
        return self._fired(set=moment)

    def freeze(self) -> None:
        """Let the time stand still."""
        self._fired(freeze=True)

    def run(self) -> None:
        """Let the time run again."""
        self._fired(freeze=False)

    def _fired(self, **wishes: str | bool) -> list[dict[str, Json]]:
        fired: list[dict[str, Json]] = self._control.set_clock(**wishes)["fired"]
        return fired


class Faults:
    """The failures on demand of a sandbox, with their counts."""

    def __init__(self, control: ControlClient) -> None:
        """Take the sandbox."""
        self._control = control

    def add(self, name: str | None = None, **spec: Json) -> str:
        """Put a rule in, such as ``on="refund", do={"lose_answer": "reset"}``.

        ``from`` is spelt ``from_``, as Python has that word for itself.
        """
        written = {key.rstrip("_"): value for key, value in spec.items()}
        named = {"id": name} if name else {}
        return str(self._control.add_fault({**named, **written})["id"])

    def remove(self, name: str) -> None:
        """Take a rule out."""
        self._control.remove_fault(name)

    def clear(self) -> None:
        """Take all rules out."""
        self._control.ask("DELETE", "faults")

    def __getitem__(self, name: str) -> dict[str, Json]:
        """Look at a rule: ``matched`` and ``fired`` count its calls."""
        for each in self:
            if each["id"] == name:
                return each
        known = [each["id"] for each in self]
        raise KeyError(f"no fault '{name}', {did_you_mean(name, known)}")

    def __iter__(self) -> Iterator[dict[str, Json]]:
        """Go through the rules."""
        return iter(self._control.faults())


class Kustom:
    """A sandbox of its own: point a client at ``base_url``, log in with ``auth``."""

    def __init__(
        self,
        control: ControlClient,
        folders: Sequence[Path] = (),
        scenario: Scenario | None = None,
        secret: str = SECRET,
    ) -> None:
        """Fill the sandbox anew; files are looked for in the folders, one by one."""
        self._own = control.sandbox, secret
        self._become(control, secret)
        self.orders = Orders()
        self._folders = folders
        if scenario is None:
            with suppress(ControlError):
                control.drop()  # what an earlier run left behind
            self.orders.update(control.reset())
        else:
            self.load(scenario)

    @property
    def base_url(self) -> str:
        """The address of the server; paths begin with ``/ordermanagement/v1/orders``."""
        return self.control.url

    @property
    def auth(self) -> tuple[str, str]:
        """User name and secret for Basic auth; the user name is the sandbox."""
        return self.control.sandbox, self._secret

    @property
    def headers(self) -> dict[str, str]:
        """The same as a header, for clients that want it written out."""
        return {"Authorization": basic_authorization(*self.auth)}

    def load(self, scenario: Scenario) -> Orders:
        """Fill the sandbox from a shipped name, a file, YAML text or plain values.

        Where it lists credentials, the first of them are ours from now on, and name
        the sandbox.

        Raises:
            ControlError: the scenario does not exist or cannot be used, with every reason.
            FileNotFoundError: a file that is not there.
        """
        name = str(scenario)
        if isinstance(scenario, Mapping):
            content: Mapping[str, Json] | bytes = scenario
        elif isinstance(scenario, Path) or name.endswith(SUFFIXES):
            content = self._file(name).read_bytes()
        else:
            content = name.encode()
        user, secret = _listed(content) or self._own
        control = replace(self.control, sandbox=user)
        self.orders = Orders(_fill(control, content, name))
        if control.sandbox != self.control.sandbox:
            self.drop()
        self._become(control, secret)
        return self.orders

    def _become(self, control: ControlClient, secret: str) -> None:
        self.control, self._secret = control, secret
        self.clock, self.faults = Clock(control), Faults(control)

    def _file(self, name: str) -> Path:
        tried = list(dict.fromkeys(folder / name for folder in (*self._folders, Path())))
        file = next((each for each in tried if each.is_file()), None)
        if file is None:
            places = ", ".join(map(str, tried))
            raise FileNotFoundError(f"no scenario file '{name}'; looked for {places}")
        return file

    @property
    def requests(self) -> list[dict[str, Json]]:
        """What was asked of the sandbox, oldest first, each with its answer and why."""
        return self.control.requests()

    def explain(
        self,
        correlation_id: str | None = None,
        *,
        order: str | None = None,
        refund: Mapping[str, Json] | None = None,
    ) -> dict[str, Json]:
        """Say why a request got its answer, or how a refund would be allocated."""
        if correlation_id is not None:
            return self.control.explain(correlation_id)
        if order is None or refund is None:
            raise TypeError("expected a correlation id, or order=... and refund={...}")
        return self.control.explain_refund(order, refund)

    def order(self, order: str) -> dict[str, Json]:
        """Look into an order by name or id: order, allocations, ledger, timeline."""
        return self.control.order(order)

    def make_order(self, **spec: Json) -> str:
        """Make an order from scenario syntax; gives its id."""
        order_id = str(self.control.make_order(spec)["order_id"])
        if "name" in spec:
            self.orders[spec["name"]] = order_id
        return order_id

    def force(self, order: str, outcome: str) -> dict[str, Json]:
        """Bring an outcome about, such as ``expire``; gives the order's inner view."""
        return self.control.force(order, outcome)

    def verdict(self) -> dict[str, Json]:
        """Judge what the scenario expects: ``passed`` and ``expectations``."""
        return self.control.verdict()

    def drop(self) -> None:
        """Forget the sandbox."""
        with suppress(ControlError):
            self.control.drop()


def _fill(
    control: ControlClient,
    content: Mapping[str, Json] | bytes,
    name: str,
) -> dict[str, str]:
    """Send a scenario; a name of one line that is no file is a shipped one."""
    if isinstance(content, Mapping):
        filled: dict[str, str] = control.ask("PUT", "scenario", content)["orders"]
        return filled
    if "\n" in name:
        return control.load(content)
    if not name.endswith(SUFFIXES):
        return control.use(name)
    try:
        return control.load(content)
    except ControlError as error:
        located = "\n".join(f"{name}:{line}" for line in str(error).splitlines())
        raise ControlError(error.status, located, error.problem) from None


def _listed(content: Mapping[str, Json] | bytes) -> tuple[str, str] | None:
    """Find the first user and secret that a scenario lists; the server checks the rest."""
    with suppress(ScenarioError):
        values = parse(content).value if isinstance(content, bytes) else content
        credentials = values.get("credentials") if isinstance(values, Mapping) else None
        if credentials and isinstance(credentials, Mapping):
            user, secret = next(iter(credentials.items()))
            return str(user), str(secret)
    return None


def sandbox_name(test: str) -> str:
    """Name a sandbox after a test and the worker that runs it."""
    slug = re.sub(r"[^A-Za-z0-9_.]+", "-", test).strip("-")[-LONGEST_SLUG:]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return f"{slug}-{crc32(test.encode()):08x}-{worker}"
