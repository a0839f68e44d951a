"""Finding the row of a route table that a method and a path name."""

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from msgspec import Struct, field

Row = TypeVar("Row")


class _Node(Struct, Generic[Row]):
    literals: dict[str, "_Node[Row]"] = field(default_factory=dict)
    variable: "_Node[Row] | None" = None
    names: tuple[str, ...] = ()
    rows: dict[str, Row] = field(default_factory=dict)


class Found(Struct, Generic[Row], frozen=True):
    """A row and the values of the path's variables, or else the methods there are."""

    row: Row | None
    values: dict[str, str]
    methods: tuple[str, ...] = ()


class RouteTable(Generic[Row]):
    """Rows by method and template, such as ``GET /orders/{order_id}``."""

    def __init__(self, rows: Iterable[tuple[str, str, Row]]) -> None:
        """Index rows of method, template and whatever belongs to them."""
        self._root: _Node[Row] = _Node()
        for method, template, row in rows:
            self._insert(method, template, row)

    def find(self, method: str, segments: Sequence[str]) -> Found[Row] | None:
        """Find the row for a path; ``None`` where no template fits."""
        node, values = self._root, []
        for segment in segments:
            below = node.literals.get(segment)
            if below is None:
                below = node.variable
                values.append(segment)
            if below is None:
                return None
            node = below
        if not node.rows:
            return None
        row = node.rows.get(method)
        if row is None:
            return Found(None, {}, tuple(node.rows))
        return Found(row, dict(zip(node.names, values, strict=True)))

    def _insert(self, method: str, template: str, row: Row) -> None:
        node, names = self._root, []
        for part in template.strip("/").split("/"):
            if part.startswith("{"):
                names.append(part.strip("{}"))
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.literals.setdefault(part, _Node())
        node.names = tuple(names)
        node.rows[method] = row
