"""Diagrams agree with the tables, and with how the domain decides."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mockserver.domain.lifecycle import LIFECYCLE, Status
from mockserver.domain.operation import Operation
from tests.support.order_history import OrderHistory
from tools.docs_generator.order_life import TRANSITIONS, Transition, allowed
from tools.docs_generator.site import FILES

SVG = "{http://www.w3.org/2000/svg}"
DIAGRAMS = [name for name in FILES if name.endswith(".svg")]

ROUTES: Mapping[str, Sequence[str | dict[str, Any]]] = {
    "AUTHORIZED PART_CAPTURED": [{"capture": 3000}],
    "AUTHORIZED CAPTURED": [{"capture": 10_000}],
    "AUTHORIZED CANCELLED": ["cancel"],
    "AUTHORIZED EXPIRED": [{"wait": 40}],
    "PART_CAPTURED CAPTURED capture": [{"capture": 3000}, {"capture": 7000}],
    "PART_CAPTURED CAPTURED release": [{"capture": 3000}, "release"],
    "PART_CAPTURED EXPIRED": [{"capture": 3000}, {"wait": 40}],
    "CAPTURED CLOSED": [{"capture": 10_000}, {"refund": 10_000}],
}
"""Steps from a new order through the source of each transition to its target."""


def statuses(steps: Sequence[str | dict[str, Any]]) -> list[Status]:
    """Return the status before and after the last step."""
    history = OrderHistory({}, {"fully_refunded_status": "CLOSED"}).run(steps[:-1])
    before = history.status
    return [before, history.run(steps[-1:]).status]


def test_drawn_transitions_are_those_of_the_domain() -> None:
    drawn = {(t.source, t.target) for t in TRANSITIONS}
    assert {tuple(statuses(steps)) for steps in ROUTES.values()} == drawn
    assert len(ROUTES) == len(TRANSITIONS)


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda t: f"{t.source}-{t.label}")
def test_transition_operation_is_allowed_in_its_source(transition: Transition) -> None:
    operation = transition.operation
    assert operation is None or LIFECYCLE[operation][transition.source].reason is None


def test_refused_operation_is_not_drawn_in_its_status() -> None:
    assert Operation.CANCEL in allowed(Status.AUTHORIZED)
    assert Operation.CANCEL not in allowed(Status.CAPTURED)


@pytest.mark.parametrize("name", DIAGRAMS)
def test_diagram_has_title_and_description_and_loads_nothing(name: str) -> None:
    root = ET.fromstring(FILES[name]())  # our own text
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text
    assert description is not None
    assert description.text
    links = [node for node in root.iter() if node.tag in {f"{SVG}image", f"{SVG}use"}]
    assert links == []
    assert "@import" not in FILES[name]()
    assert "prefers-color-scheme: dark" in FILES[name]()


@pytest.mark.parametrize("name", DIAGRAMS)
def test_diagram_text_stays_inside_the_drawing(name: str) -> None:
    root = ET.fromstring(FILES[name]())  # our own text
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    for node in root.iter(f"{SVG}text"):
        assert 0 < int(node.attrib["x"]) < width
        assert 0 < int(node.attrib["y"]) < height
