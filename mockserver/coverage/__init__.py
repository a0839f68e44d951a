"""Coverage: which cases of the API contract a test run covered, and which it never tried.

- ``cells``: everything that can be covered, derived from the tables that answer requests.
- ``deciding_assumptions``: the assumptions that decided what a row of a tally counts.
- ``counting``: which cells a row of a sandbox's tally covers.
- ``run_coverage``: the counts of a run, as a file, and how runs are merged.
- ``tiers``: percentages, and what is missing, over the operations in use.
- ``recipes``: for each cell a scenario that covers it; ``recipe`` is one of them as a value;
  those of one subject are in ``refund_recipes``, ``refusal_recipes``,
  ``assumption_recipes`` and ``checkout_recipes``.
- ``text``, ``page``: the reports.
"""
