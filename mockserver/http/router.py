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
    """Index of targets by method and path template, such as ``GET /orders/{order_id}``."""

    def __init__(self, rows: Iterable[tuple[str, str, TargetT]]) -> None:
        """Index rows of method, path template and target; HEAD is offered wherever GET is."""
        self._root: _Node[TargetT] = _Node()
        for method, template, target in rows:
            self._insert(method, template, target)

    def match(self, method: str, segments: Sequence[str]) -> RouteMatch[TargetT] | None:
        """Find the target of a path; ``None`` if no template matches."""
        node, values = self._root, []
        for segment in segments:
            child = node.literals.get(segment)
            if child is None:
                child = node.parameter
                values.append(segment)
            if child is None:
                return None
            node = child
        if not node.targets:
            return None
        target = node.targets.get(method)
        if target is None:
            return RouteMatch(None, {}, tuple(node.targets))
        return RouteMatch(target, dict(zip(node.names, values, strict=True)))

    def _insert(self, method: str, template: str, target: TargetT) -> None:
        node, names = self._root, []
        for part in template.strip("/").split("/"):
            if part.startswith("{"):
                names.append(part.strip("{}"))
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(part, _Node())
        node.names = tuple(names)
        node.targets[method] = target
        if method == "GET":
            node.targets["HEAD"] = target
