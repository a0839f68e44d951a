"""Parts of the sandbox handle: order ids, clock and fault rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mockserver.client import ControlClient
from mockserver.control_types import ExpiredOrder, FaultStatus
from mockserver.domain.wording import did_you_mean
from mockserver.order_types import OperationName


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

    def add(  # noqa: PLR0913  # one argument per key
        self,
        name: str | None = None,
        *,
        do: Mapping[str, object] | Sequence[Mapping[str, object]],
        on: OperationName | Literal["any"] | Sequence[OperationName] | None = None,
        order: str | Sequence[str] | None = None,
        where: Mapping[str, str | float] | None = None,
        calls: int | Sequence[int] | Mapping[str, int] | None = None,
        probability: float | None = None,
        from_: str | None = None,
        until: str | None = None,
    ) -> str:
        """Add a rule, such as ``on="refund", do={"lose_answer": "reset"}``.

        Args:
            name: the rule's id; the server chooses one if it is left out.
            do: the action, or several.
            on: operations it matches: one, several, or ``any`` (the default).
            order: only these orders: a name, an id, or several.
            where: only requests whose body has these values, by dotted path.
            calls: which matching requests fire: ``1``, ``[1, 3]``, ``{"first": 2}`` or
                ``{"every": 3}``; all by default.
            probability: share of matching requests that fire, from 0 to 1.
            from_: start of the time window: a time, or a duration after the clock's start.
            until: end of the time window, exclusive.

        Returns:
            The rule's id.

        Raises:
            ControlError: with status 422 if the rule is not valid.
        """
        fields = {
            "id": name,
            "on": on,
            "order": order,
            "where": where,
            "calls": calls,
            "probability": probability,
            "from": from_,
            "until": until,
            "do": do,
        }
        spec = {key: value for key, value in fields.items() if value is not None}
        return self.control.add_fault(spec)["id"]

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
