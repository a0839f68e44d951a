"""The coverage of a run as one HTML page without external resources.

The page has the data as one JSON block, from which its script builds the rows as text
nodes: nothing of the data is ever parsed as HTML.
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import orjson

from mockserver.coverage.cells import Cell
from mockserver.coverage.recipes import write_scenario
from mockserver.coverage.tiers import CoverageSummary, scenario_name

DATA_PLACEHOLDER = '{"kustom": "coverage"}'


def render_page(summary: CoverageSummary) -> str:
    """Render a summary as a page."""
    template = files("mockserver.coverage").joinpath("page.html").read_text("utf-8")
    text = orjson.dumps(page_data(summary)).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return template.replace(DATA_PLACEHOLDER, text)


def page_data(summary: CoverageSummary, *, scenarios: bool = True) -> Mapping[str, Any]:
    """Return what the page, the JSON report and the control API show.

    Args:
        summary: the coverage.
        scenarios: add the scenario that covers a cell to every missing one; takes longer.
    """
    run = summary.run
    return {
        "versions": run.versions,
        "runs": run.runs,
        "sandboxes": run.sandboxes,
        "used": summary.used,
        "not_used": summary.not_used,
        "tiers": {
            str(tier): {
                "covered": len(coverage.covered),
                "total": coverage.total,
                "percent": coverage.percent,
            }
            for tier, coverage in summary.tiers.items()
        },
        "cells": [
            _cell_data(summary, cell, scenarios=scenarios)
            for coverage in summary.tiers.values()
            for cell in (*coverage.missing, *coverage.covered)
        ],
        "skipped": [cell.cell_id for cell in summary.skipped],
        "unknown": run.unknown_cells,
    }


def _cell_data(summary: CoverageSummary, cell: Cell, *, scenarios: bool) -> Mapping[str, Any]:
    count = summary.run.cells[cell.cell_id]
    data: dict[str, Any] = {
        "id": cell.cell_id,
        "tier": cell.tier,
        "text": cell.text,
        "operation": cell.used_by or None,
        "mark": cell.mark,
        "count": count,
        "first": summary.run.first.get(cell.cell_id),
    }
    if scenarios and not count:
        data |= {"scenario": scenario_name(cell), "content": write_scenario(cell)}
    return data
