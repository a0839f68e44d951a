"""Scenario files: read, check and build sandboxes from them.

- ``loader``, ``schema_errors``: find files, check them against the schema
- ``file_format``, ``text_encoding``, ``yaml_reader``, ``json_reader``, ``document``: parse a
  file, keep line and column of each value
- ``yaml_problem``, ``yaml_mistakes``: why a text is not YAML, and what to write
- ``scenario``, ``spec``: the parsed scenario, the template of new sandboxes
- ``order_builder``, ``order_lines``, ``history_replay``, ``shoppers``: build the orders
- ``checkout_builder``, ``checkout_completion``, ``webhook_parser``: build checkout orders,
  complete them, set webhook endpoints
- ``sandbox_builder``: adds all of them to a sandbox
- ``provider_order``: take an order as the provider shows it
- ``fault_parser``, ``body_fields``, ``times``, ``steps``: fault rules and scripted requests
- ``expectations``, ``delivery_expectations``, ``checked_expectation``: compare what must hold
  with what does; the verdict
- ``lint`` with ``lint_movements``, ``lint_contradictions``, ``lint_completions`` and
  ``lint_context``, ``diagnostics``: findings
- ``export``, ``export_checkout``, ``export_values``: write a sandbox as a scenario, with
  personal data masked
"""
