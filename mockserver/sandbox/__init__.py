"""One merchant's isolated state, without HTTP and without files.

- ``sandbox``: its tables, limits and snapshots
- ``execution``: ``execute`` runs a command: idempotency receipt, limits, decide, commit
- ``idempotency``: receipts of idempotency keys
- ``registry``, ``registry_entry``: all sandboxes by user name, filled from a template,
  evicted when unused
- ``clock``, ``ids``: time and randomness, both repeatable; the only places that draw them
- ``faults/``: fault rules as data: match requests, count, fire
- ``journal``, ``snapshots``: the record of requests, and saved states
- ``waiters``: tasks that wait for a change
"""
