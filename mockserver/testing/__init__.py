"""Support for tests: sandbox handle, step runner, checks after a test.

- ``sandbox_handle``, ``sandbox_parts``: the object behind the fixture ``kustom``
- ``scenario_sources``: what its ``load`` accepts
- ``server_handle``, ``server_thread``: connect to a running server, or start one in a thread
- ``in_process``: responses without a socket
- ``checks``: checks that fail a test after it passed
- ``audit_report``, ``coverage_report``: reports of a run
- ``step_runner``, ``collection``: run scenario files, from the command line and from pytest
- ``strategies``: Hypothesis strategies for a merchant's own property tests
"""
