"""The HTTP edge: translates requests and answers, decides nothing.

Only :mod:`mockserver.api.server` and its neighbours on the socket know aiohttp.
"""
