"""Provider's API.

- ``handler``: the pipeline of a request; ``exchange`` is a request on its way through it
- ``authentication``, ``credentials``: which sandbox
- ``endpoints``, ``suggestions``: which operation; the nearest path of an unknown one
- ``request_parsing``, ``command_parsing``, ``checkout_parsing``, ``validation_errors``: a body
  to a command, or what is wrong with it
- ``order_api``, ``checkout_api``, ``token_api``, ``hosted_page_api``: the operations
- ``responses``, ``order_serializer``, ``checkout_serializer``, ``order_cache``,
  ``checkout_cache``: values to a response
- ``fault_injection``: fault actions, before and after the commit
"""
