"""kustom-mock: a sandbox server for Kustom's Order Management API.

This module holds the version and nothing else, so that importing the package
(as pytest does for its plugins) costs nothing.
"""

__version__ = "0.1.0"
