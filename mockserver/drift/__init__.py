"""Drift: where a real account answers differently from what this server predicts.

- ``exchanges``: plays a scenario, and records the exchanges of its steps.
- ``account``: refuses accounts whose responses cannot be compared.
- ``masking``: masks what may identify a person.
- ``comparison``: compares predicted and received responses, field by field.
- ``drift_report``: names the rule or assumption that each difference concerns.
- ``drift_text``: reports as text and as Markdown.
- ``drift_file``: reports as JSON, and the comparison of two of them.
"""
