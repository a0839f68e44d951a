"""JSON shapes of reports on a sandbox: verdict, invariants, audit, coverage and what-if.

Typed dictionaries for type checkers; at run time they are plain ``dict``. A test compares
them with ``schemas/control.schema.json``.
"""

from typing import Literal, TypedDict


class ExpectationResult(TypedDict):
    """Checked expectation; ``path`` is where it is below ``expect``."""

    path: str
    passed: bool
    expected: object
    actual: object
    text: str


class VerdictReport(TypedDict):
    """Result of checking expectations; ``passed`` if all of them hold."""

    passed: bool
    expectations: list[ExpectationResult]


class OrderInvariants(TypedDict):
    """Violated money invariants of an order; empty if its amounts add up."""

    order_id: str
    violations: list[str]


class InvariantsReport(TypedDict):
    """Money invariants of every order, violations first."""

    passed: bool
    orders: list[OrderInvariants]


class AuditFinding(TypedDict):
    """Conduct of the client that would hurt in production.

    ``requests`` lists correlation ids; ``order_id`` is ``None`` if several orders are
    concerned; a finding of a ``preview`` rule never fails a run.
    """

    code: str
    severity: Literal["error", "warning", "note"]
    title: str
    detail: str
    requests: list[str]
    order_id: str | None
    hint: str
    docs: str
    preview: bool


class AuditRuleResult(TypedDict):
    """Rule of the audit without a finding, and why it says nothing."""

    code: str
    title: str
    reason: str


class SilencedAuditRule(TypedDict):
    """Rule that was allowed, and how many findings that removed."""

    code: str
    findings: int


class AuditReport(TypedDict):
    """Result of an audit.

    ``requests`` counts the requests of the sandbox, ``judged`` those that the journal still
    has; findings are sorted, worst first.
    """

    sandbox: str
    requests: int
    judged: int
    findings: list[AuditFinding]
    passed: list[AuditRuleResult]
    not_tried: list[AuditRuleResult]
    not_judged: list[AuditRuleResult]
    silenced: list[SilencedAuditRule]


class CoverageCounts(TypedDict):
    """Cases of the API contract that the requests of a sandbox have covered.

    ``cells`` counts by cell, ``use/capture`` the requests of an operation; ``first`` has the
    correlation id of the first request that covered a cell.
    """

    format: int
    versions: list[str]
    runs: int
    sandboxes: int
    cells: dict[str, int]
    first: dict[str, str]


class WhatifDifference(TypedDict):
    """Request that came out differently.

    ``because`` is an earlier request whose difference changed the order; ``unsure`` says that
    the client had by then seen another response, and might have acted otherwise.
    """

    request: str
    operation: str
    order_id: str | None
    here: str
    there: str
    because: str | None
    unsure: bool


class WhatifFigure(TypedDict):
    """Figure of an order that is different in the end."""

    order_id: str
    field: str
    here: str
    there: str


class WhatifBranch(TypedDict):
    """What came out differently under one alternative."""

    assume: dict[str, object]
    differs: list[WhatifDifference]
    end: list[WhatifFigure]


class WhatifReport(TypedDict):
    """Recorded requests, played under other assumptions or faults.

    ``start`` is the first request that was played; ``dropped`` counts those that the journal
    no longer has.
    """

    sandbox: str
    start: str | None
    played: int
    not_played: int
    dropped: int
    branches: list[WhatifBranch]


class ScenarioFinding(TypedDict):
    """Something wrong in a scenario; line and column count from 1."""

    code: str
    path: str
    message: str
    line: int | None
    column: int | None
