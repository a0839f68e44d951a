"""The HTTP layer: translates between HTTP and the sandbox, and decides nothing.

From bytes to a response:

- ``server``, ``listening``, ``descriptors``: sockets, and the limits of the process
- ``tls``, ``certificate_authority``: HTTPS
- ``connection``, ``framing``, ``http_errors``: complete and well-formed requests, or a refusal
- ``request_reader``, ``messages``, ``router``: a ``Request``, and what it is for
- ``response``, ``damaged_response``, ``streaming``, ``unread_responses``: a ``Response`` to
  bytes: in one piece, as a fault demands, or piece by piece

The APIs, and what they share:

- ``merchant/``: the provider's API; ``merchant/handler`` is the pipeline of a request
- ``control/``: the control API under ``/__admin``; ``dashboard/`` is a client of it
- ``checkout_page/``, ``complete_checkout``, ``shopper_changes``: the shopper's half of a
  checkout
- ``deliveries/``: calls to the merchant
- ``openapi/``: OpenAPI documents generated from the tables of both APIs
- ``browser``: refuses requests from web pages of other sites
- ``first_use``, ``workers``: long work, in threads
- ``json_bodies``, ``json_values``, ``problems``: JSON in and out, and errors as JSON
- ``metrics``, ``log_lines``: what operators see
"""
