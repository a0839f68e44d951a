"""Diagram of one merchant request, from the socket to the response."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from tools.docs_generator.drawing import Drawing

LANES = ("http", "sandbox", "domain")

_WIDTH, _HEIGHT, _STEP, _TOP, _MARGIN, _LANE = 250, 46, 64, 64, 20, 290


@dataclass(frozen=True, slots=True)
class PipelineStep:
    """A step of the request pipeline: its package, its module, and what it does."""

    lane: str
    module: str
    does: str


PIPELINE: Sequence[PipelineStep] = (
    PipelineStep("http", "http/request_reader", "read bytes into a Request"),
    PipelineStep("http", "http/merchant/authentication", "credentials select the sandbox"),
    PipelineStep("http", "http/merchant/endpoints", "method and path select the operation"),
    PipelineStep("sandbox", "sandbox/faults", "match rules: faults before the commit"),
    PipelineStep("http", "http/merchant/request_parsing", "validate the body, build a command"),
    PipelineStep("sandbox", "sandbox/execution", "idempotency receipt, limits"),
    PipelineStep("domain", "domain/decide", "lifecycle, errors, allocation: a Decision"),
    PipelineStep("sandbox", "sandbox/execution", "commit order and receipt"),
    PipelineStep("http", "http/merchant/responses", "render status, headers, body"),
    PipelineStep("sandbox", "sandbox/faults", "faults after the commit"),
    PipelineStep("sandbox", "sandbox/journal", "record decision and what is sent"),
    PipelineStep("http", "http/response", "write bytes, whole or damaged"),
)


def request_path() -> str:
    """Return the diagram as SVG."""
    height = _TOP + len(PIPELINE) * _STEP + _MARGIN
    drawing = Drawing(
        2 * _MARGIN + (len(LANES) - 1) * _LANE + _WIDTH + 20,
        height,
        "One merchant request, from the socket to the response",
        " Then ".join(f"{s.module}: {s.does}." for s in PIPELINE),
    )
    for lane in LANES:
        x = _left(lane) - 10
        drawing.box(x, _MARGIN, _WIDTH + 20, height - 2 * _MARGIN, lane, kind="group")
    for number, step in enumerate(PIPELINE):
        y = _TOP + number * _STEP
        title = f"{number + 1}. {step.module}"
        drawing.box(_left(step.lane), y, _WIDTH, _HEIGHT, title, step.does)
    for number, (source, target) in enumerate(itertools.pairwise(PIPELINE)):
        _connect(drawing, number, source, target)
    return drawing.render()


def _left(lane: str) -> int:
    return _MARGIN + 10 + LANES.index(lane) * _LANE


def _connect(drawing: Drawing, number: int, source: PipelineStep, target: PipelineStep) -> None:
    """Draw the arrow from a step to the next: down, or over to another lane."""
    y = _TOP + number * _STEP
    below = y + _STEP
    x, target_x = _left(source.lane), _left(target.lane)
    if x == target_x:
        drawing.arrow((x + _WIDTH // 2, y + _HEIGHT), (x + _WIDTH // 2, below))
    elif x < target_x:
        middle = y + _HEIGHT // 2
        drawing.arrow((x + _WIDTH, middle), (target_x + 40, middle), (target_x + 40, below))
    else:
        middle = y + _HEIGHT // 2
        drawing.arrow(
            (x, middle), (target_x + _WIDTH - 40, middle), (target_x + _WIDTH - 40, below)
        )
