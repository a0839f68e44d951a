"""Coverage: what of the contract a test run met, and what it never tried.

- ``cells``: everything that can be met, derived from the tables that answer requests.
- ``counting``: which cells a row of a sandbox's tally meets.
- ``run_coverage``: the counts of a run, as a file, and how runs are merged.
- ``tiers``: percentages, and what is missing, over the operations in use.
- ``recipes``, ``checkout_recipes``: for each cell a scenario that meets it; ``recipe`` is
  one of them as a value.
- ``text``, ``page``: the reports.
"""
