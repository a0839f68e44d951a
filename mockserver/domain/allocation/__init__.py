"""To which capture a refund belongs.

- ``case``: collects the facts
- ``conditions``: checks them
- ``allocate``, ``explanation``: decides, and describes the decision
- ``hints``, ``line_hints``, ``reference_hints``: what to change
- ``spelling``: the reference that a misspelt one was probably meant to be
"""
