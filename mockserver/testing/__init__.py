"""Shared code of the pytest plugin and ``kustom-mock run``.

- ``sandbox_handle``: the object behind the fixture ``kustom``
- ``server``: start a server in a thread, or connect to a running one
- ``checks``: what fails a test after it passed
- ``runner``, ``collection``: run scenario files, from the command line and from pytest
"""
