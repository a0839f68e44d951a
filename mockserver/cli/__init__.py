"""The command line.

``main`` has the table of verbs. The modules ``…_verbs`` add the flags of verbs and import what
these run. Heavy imports are inside functions, so that ``kustom-mock version`` does not load a
web server.
"""
