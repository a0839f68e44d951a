"""Is the server up? It listens only once its scenarios are loaded."""

from time import monotonic

from mockserver import __version__
from mockserver.api.control.bodies import json_answer
from mockserver.api.control.handler import Control, Values
from mockserver.api.exchange import Answer, Call


def metrics(control: Control, _values: Values, _call: Call) -> Answer:
    """Give figures for Prometheus."""
    return control.metrics.answer()


def health(control: Control, _values: Values, _call: Call) -> Answer:
    """Say that the server is up, since when, and what it holds."""
    return json_answer(
        {
            "status": "ok",
            "version": __version__,
            "uptime": round(monotonic() - control.started, 3),
            "sandboxes": len(control.sandboxes),
        },
    )
