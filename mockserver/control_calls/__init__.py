"""The calls of the control API, by subject; :class:`mockserver.ControlClient` has them all.

- ``control_connection``: sends a request about a sandbox, and raises what is refused
- ``sandbox_calls``: fill, reset, export and drop a sandbox, set its clock, take snapshots
- ``order_calls``: orders of a sandbox, and the explanation of what happened to them
- ``delivery_calls``: checkout orders, pushes, callbacks and webhooks
- ``journal_calls``: the journal of requests, and the fault rules that apply to them
- ``report_calls``: verdict, invariants, audit, coverage and what-if of a sandbox
"""
