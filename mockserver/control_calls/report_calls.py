"""Calls of the control API that report on a sandbox."""

from collections.abc import Iterable, Mapping
from typing import cast
from urllib.parse import urlencode

from mockserver.control_calls.control_connection import ControlConnection
from mockserver.report_types import (
    AuditReport,
    CoverageCounts,
    InvariantsReport,
    VerdictReport,
    WhatifReport,
)


class ReportCalls(ControlConnection):
    """Verdict, invariants, audit, coverage and what-if of a sandbox."""

    __slots__ = ()

    def verdict(self) -> VerdictReport:
        """Check the expectations of the scenario."""
        return cast("VerdictReport", self.call("GET", "verdict"))

    def check_expectations(self, expect: Mapping[str, object]) -> VerdictReport:
        """Check expectations in the syntax of a scenario's ``expect``.

        Raises:
            ControlError: with status 422 and every finding.
        """
        return cast("VerdictReport", self.call("POST", "verdict", expect))

    def invariants(self) -> InvariantsReport:
        """Check the money invariants of every order."""
        return cast("InvariantsReport", self.call("GET", "invariants"))

    def audit(self, allow: Iterable[str] = ()) -> AuditReport:
        """Audit how the client behaved, from the journal.

        Args:
            allow: codes of rules whose findings are left out, such as ``A301``.

        Raises:
            ControlError: with status 404 if the sandbox is not in use, or 422 if a code is
                unknown.
        """
        query = urlencode({"allow": ",".join(allow)})
        return cast("AuditReport", self.call("GET", f"audit?{query}"))

    def coverage(self) -> CoverageCounts:
        """Return which cases of the API contract the sandbox's requests have covered.

        Raises:
            ControlError: with status 404 if the sandbox is not in use.
        """
        return cast("CoverageCounts", self.call("GET", "coverage"))

    def whatif(
        self,
        start: str | None = None,
        assume: Mapping[str, object] | None = None,
        faults: Mapping[str, object] | None = None,
    ) -> WhatifReport:
        """Play the recorded requests again under other assumptions or faults.

        Args:
            start: a correlation id or the name of a snapshot; by default the oldest request
                of the journal.
            assume: assumptions by name; by default each is changed on its own.
            faults: fault rules by name; ``None`` removes the effects of a recorded rule.

        Raises:
            ControlError: with status 404 or 422 if a name is unknown.
        """
        choices = "each" if assume is None and faults is None else dict(assume or {})
        body = {"assume": choices, "faults": dict(faults or {})}
        if start is not None:
            body["from"] = start
        return cast("WhatifReport", self.call("POST", "whatif", body))
