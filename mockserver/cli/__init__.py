"""The command line: one module per verb; heavy imports inside functions.

``main`` parses arguments and imports the module of the verb. Heavy imports are inside
functions, so that ``kustom-mock version`` does not load a web server.
"""
