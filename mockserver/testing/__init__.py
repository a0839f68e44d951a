"""Support for tests: sandbox handle, step runner, checks after a test.

- ``sandbox_handle``: the object behind the fixture ``kustom``
- ``scenario_sources``: what its ``load`` accepts
- ``server_handle``: start a server in a thread, or connect to a running one
- ``checks``: checks that fail a test after it passed
- ``step_runner``, ``collection``: run scenario files, from the command line and from pytest
"""
