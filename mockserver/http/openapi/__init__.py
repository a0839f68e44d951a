"""OpenAPI 3.1 documents of both APIs, generated from their tables and schemas.

- ``merchant_document``, ``control_document``: the documents
- ``components``: what both share
- ``examples``, ``checkout_examples``: examples of the merchant API
"""
