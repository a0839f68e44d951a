"""Coverage: what of the contract a test run met, and what it never tried.

- ``cells``: everything that can be met, derived from the tables that answer requests.
- ``deciding_assumptions``: the assumptions that decided what a row of a tally counts.
- ``counting``: which cells a row of a sandbox's tally meets.
- ``run_coverage``: the counts of a run, as a file, and how runs are merged.
- ``tiers``: percentages, and what is missing, over the operations in use.
- ``recipes``: for each cell a scenario that meets it; ``recipe`` is one of them as a value;
  those of one subject are in ``refund_recipes``, ``refusal_recipes``,
  ``assumption_recipes`` and ``checkout_recipes``.
- ``text``, ``page``: the reports.
"""
