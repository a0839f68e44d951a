"""The control API under ``/__admin``.

- ``app``: guards (host, origin, token) and dispatch; ``context``: what a handler gets
- ``ownership``: access to owned sandboxes
- ``routes``: the table of calls, from which OpenAPI is generated
- ``parsing``, ``serializers``, ``entries``, ``order_filters``: queries and bodies in, JSON out
- ``sandboxes``, ``scenarios``, ``snapshots``, ``clock``, ``faults``: handlers on the state of a
  sandbox
- ``orders``, ``pictures``, ``checkouts``, ``deliveries``, ``webhooks``: on what is in it
- ``requests``, ``events``, ``explain``, ``audit``, ``coverage``, ``whatif``: on what happened
- ``activity``, ``health``: on the server
"""
