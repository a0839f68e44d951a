"""Command line: one module a verb.

``main`` parses arguments and imports the module of the verb. Heavy imports are inside
functions, so that ``kustom-mock version`` does not load a web server.
"""
