"""The HTTP layer: translates between HTTP and the sandbox, and decides nothing.

- ``connection``, ``server``, ``http_errors``, ``tls``: bytes to a ``Request``
- ``messages``: ``Request`` and ``Response``
- ``response``, ``damaged_response``: a ``Response`` to bytes, whole or as a fault wants it
- ``merchant/``: the provider's API; ``merchant/handler`` is the pipeline of a request
- ``control/``: the control API under ``/__admin``
- ``openapi/``: OpenAPI documents generated from the tables of both
- ``router``, ``metrics``: shared by both
"""
