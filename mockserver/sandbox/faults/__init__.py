"""Fault rules as data.

``rules`` match and fire, ``matching`` compares body fields, ``actions`` lists what a rule can
do. ``http`` carries the actions out.
"""
