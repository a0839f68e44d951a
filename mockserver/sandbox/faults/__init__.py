"""Fault rules as data.

``rules`` match and fire, ``matching`` compares body fields, ``actions`` defines the actions of
a rule. ``http`` executes the actions.
"""
