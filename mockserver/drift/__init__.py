"""Drift: where a real account answers differently from what this server predicts.

- ``exchanges``: plays a scenario, and records the exchanges of its steps.
- ``comparison``: compares predicted and received responses, field by field.
- ``drift_report``: names the rule or assumption that each difference concerns.
"""
