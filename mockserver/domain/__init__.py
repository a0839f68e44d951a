"""The pure core: values, rules and decisions of the Order Management API.

Nothing here does I/O, reads a clock, draws a random number or knows about HTTP.
"""
