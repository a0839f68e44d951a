"""Type of the fixture that runs a verb of the command line in the process of the test."""

from collections.abc import Callable
from subprocess import CompletedProcess
from typing import TypeAlias

RunVerb: TypeAlias = Callable[..., CompletedProcess[str]]
"""Runs a verb with its arguments; keywords are ``cwd`` and ``variables``."""
