"""Provider's API.

``handler`` is the pipeline of a request; ``auth``, ``endpoints``, ``request_parsing``,
``command_parsing``, ``fault_injection``, ``responses`` and ``order_serializer`` are its steps.
``order_api`` and ``checkout_api`` read and change orders and checkout orders.
"""
