"""Router: find the target of a method and a path."""

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from msgspec import Struct, field

TargetT = TypeVar("TargetT")


class _Node(Struct, Generic[TargetT]):
    literals: dict[str, "_Node[TargetT]"] = field(default_factory=dict)
    parameter: "_Node[TargetT] | None" = None
    names: tuple[str, ...] = ()
    targets: dict[str, TargetT] = field(default_factory=dict)


class RouteMatch(Struct, Generic[TargetT], frozen=True):
    """Result of a route lookup: target and path parameters, or the allowed methods."""

    target: TargetT | None
    path_params: dict[str, str]
    allowed_methods: tuple[str, ...] = ()


class Router(Generic[TargetT]):
    """Targets by method and path template, such as ``GET /orders/{order_id}``."""

    def __init__(self, rows: Iterable[tuple[str, str, TargetT]]) -> None:
        """Index rows of method, template and whatever belongs to them."""
        self._root: _Node[TargetT] = _Node()
        for method, template, row in rows:
            self._insert(method, template, row)

    def match(self, method: str, segments: Sequence[str]) -> RouteMatch[TargetT] | None:
        """Find the row for a path; ``None`` where no template fits."""
        node, values = self._root, []
        for segment in segments:
            below = node.literals.get(segment)
            if below is None:
                below = node.parameter
                values.append(segment)
            if below is None:
                return None
            node = below
        if not node.targets:
            return None
        row = node.targets.get(method)
        if row is None:
            return RouteMatch(None, {}, tuple(node.targets))
        return RouteMatch(row, dict(zip(node.names, values, strict=True)))

    def _insert(self, method: str, template: str, row: TargetT) -> None:
        node, names = self._root, []
        for part in template.strip("/").split("/"):
            if part.startswith("{"):
                names.append(part.strip("{}"))
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(part, _Node())
        node.names = tuple(names)
        node.targets[method] = row
