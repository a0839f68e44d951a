"""Scenario files: read, check and build sandboxes from them.

- ``loader``, ``schema_errors``: find files, check them against the schema
- ``file_format``, ``text_encoding``, ``yaml_reader``, ``yaml_mistakes``, ``json_reader``,
  ``document``: parse a file, keep line and column of each value
- ``scenario``: the parsed scenario, the template of new sandboxes
- ``order_builder``, ``history_replay``, ``sandbox_builder``, ``shoppers``: build the orders
- ``provider_order``: take an order as the provider shows it
- ``fault_parser``, ``steps``: fault rules and scripted requests
- ``expectations``: compare what must hold with what does; the verdict
- ``lint`` with ``lint_movements`` and ``lint_contradictions``, ``diagnostics``: findings
- ``export``: write a sandbox as a scenario, with personal data masked
"""
