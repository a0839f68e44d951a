"""The command line.

``main`` has the table of verbs. Heavy imports are inside functions, so that
``kustom-mock version`` does not load a web server.

- ``server_verbs``, ``scenario_verbs``, ``contract_verb``, ``checkout_verbs``,
  ``report_verbs``: the flags of verbs, and imports of what these run; ``flags``,
  ``run_options`` and ``schema_flags`` have those that several share
- ``serve``, ``startup``, ``stores``, ``tls_ca``, ``watch``, ``logs``: the server
- ``demo``, ``lint``, ``scenarios``, ``fidelity``: without a server
- ``run``, ``subprocesses``, ``end_signals``: contract runs
- ``audit``, ``checkouts``, ``coverage``, ``drift``, ``whatif``: against a running server, or
  on reports; ``probe`` and ``server_access`` reach the server
- ``console``, ``page_tables``, ``github``, ``junit``, ``sarif``, ``exit_codes``: output
"""
