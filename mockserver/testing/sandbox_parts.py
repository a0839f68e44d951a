"""Parts of the sandbox handle: order ids, clock and fault rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mockserver.client import ControlClient
from mockserver.control_types import ExpiredOrder, FaultStatus
from mockserver.domain.wording import did_you_mean


class OrderIds(dict[str, str]):
    """Order ids by the names of the scenario.

    Raises:
        KeyError: for an unknown name, with the closest known one.
    """

    def __missing__(self, name: str) -> str:
        """Raise a KeyError that suggests the closest name."""
        hint = did_you_mean(name, list(self)) if self else "the scenario has none"
        raise KeyError(f"no order '{name}', {hint}")


@dataclass(frozen=True, slots=True)
class SandboxClock:
    """The clock of a sandbox.

    Durations are texts such as ``28d``, ``2h`` or ``90s``. Every member raises
    :class:`ControlError` if the server refuses the change or does not answer.
    """

    control: ControlClient

    @property
    def now(self) -> datetime:
        """The sandbox's time, in UTC."""
        return datetime.fromisoformat(self.control.clock()["now"])

    def advance(self, duration: str) -> list[ExpiredOrder]:
        """Advance the clock by a duration; return the orders that expired."""
        return self.control.set_clock(advance=duration)["fired"]

    def set(self, time: str) -> list[ExpiredOrder]:
        """Advance the clock to ``2026-03-01T00:00:00Z``; return the orders that expired."""
        return self.control.set_clock(set=time)["fired"]

    def freeze(self) -> None:
        """Freeze the clock."""
        self.control.set_clock(freeze=True)

    def unfreeze(self) -> None:
        """Unfreeze the clock."""
        self.control.set_clock(freeze=False)


@dataclass(frozen=True, slots=True)
class SandboxFaults:
    """The fault rules of a sandbox, with their counts; iterates over them.

    Every member raises :class:`ControlError` if the server refuses or does not answer.
    """

    control: ControlClient

    def add(self, name: str | None = None, **spec: object) -> str:
        """Add a rule, such as ``on="refund", do={"lose_answer": "reset"}``.

        Args:
            name: the rule's id; the server chooses one if it is left out.
            spec: the keys of a fault rule in scenario syntax; ``from`` is written ``from_``,
                because it is a keyword of Python.

        Returns:
            The rule's id.

        Raises:
            ControlError: with status 422 if the rule is not valid.
        """
        fields = {key.rstrip("_"): value for key, value in spec.items()}
        id_field = {"id": name} if name else {}
        return self.control.add_fault({**id_field, **fields})["id"]

    def remove(self, name: str) -> None:
        """Remove a rule."""
        self.control.remove_fault(name)

    def clear(self) -> None:
        """Remove all rules."""
        self.control.clear_faults()

    def __getitem__(self, name: str) -> FaultStatus:
        """Return a rule with its counts; raise KeyError if there is none of this name."""
        rules = {rule["id"]: rule for rule in self}
        if name not in rules:
            raise KeyError(f"no fault '{name}', {did_you_mean(name, list(rules))}")
        return rules[name]

    def __iter__(self) -> Iterator[FaultStatus]:
        """Iterate over the rules."""
        return iter(self.control.faults())
