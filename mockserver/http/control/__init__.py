"""The control API under ``/__admin``.

- ``app``: guards (host, origin, token) and dispatch; ``context``: what a handler gets
- ``routes``: the table of calls, from which OpenAPI is generated
- ``parsing``, ``serializers``, ``problems``: bodies in, JSON out, errors (RFC 9457)
- ``sandboxes``, ``orders``, ``faults``, ``clock``, ``requests``, ``snapshots``, ``explain``,
  ``health``: the handlers, one module a subject
"""
