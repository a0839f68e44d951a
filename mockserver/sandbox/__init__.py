"""One merchant's isolated state, as synchronous code without HTTP or files.

- ``sandbox``: ``execute`` runs a command: idempotency receipt, limits, decide, commit
- ``store``: orders and receipts
- ``registry``: all sandboxes by user name, filled from a template, evicted when unused
- ``clock``, ``ids``: time and randomness, both repeatable; the only places that draw them
- ``faults/``: fault rules as data: match requests, count, fire
- ``journal``, ``snapshots``: the record of requests, and saved states
"""
