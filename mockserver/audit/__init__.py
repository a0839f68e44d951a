"""Audit: check how a client behaved, from the journal of its sandbox.

- ``findings``: the values that rules and audit return.
- ``history``: what a rule reads: the entries of one order, or of the sandbox.
- ``reference_sums``: sums of order lines by reference.
- ``audit_rule``: one row of the table of rules.
- ``key_rules``, ``retry_rules``, ``capture_rules``, ``refund_rules``,
  ``order_life_rules``, ``push_rules``, ``webhook_rules``, ``traffic_rules``: the rules by
  subject.
- ``rule_table``: the table of all rules, and the check of codes to silence.
- ``audit``: applies the table to a sandbox.
"""
