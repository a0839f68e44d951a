"""One merchant's isolated state, without HTTP and without files.

- ``sandbox``: its tables, limits and snapshots
- ``execution``: ``execute`` runs a command: idempotency receipt, limits, decide, commit
- ``idempotency``: receipts of idempotency keys
- ``checkouts``, ``customer_tokens``, ``hosted_sessions``: turns on what is not an order yet
- ``registry``, ``registry_entry``: all sandboxes by user name, filled from a template
- ``names``, ``ownership``: which names are valid, and who may use a sandbox
- ``eviction``, ``memory_sizes``: which sandbox is dropped when the server is full
- ``clock``, ``ids``: time and randomness, both repeatable; the only places that draw them
- ``faults/``: fault rules as data: match requests, count, fire
- ``deliveries/``: outgoing calls to the merchant, as data
- ``journal``, ``recordings``, ``snapshots``: the record of requests, and saved states
- ``tally``: counts of requests and deliveries, for coverage
- ``waiters``: tasks that wait for a change
"""
