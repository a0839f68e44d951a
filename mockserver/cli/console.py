"""Write to consoles of any encoding."""

import io
import json
import sys


def escape_unencodable() -> None:
    """Escape characters that standard output or standard error cannot encode.

    Without it, printing an order name such as ``beställning`` on a Windows console of code
    page 1252 or to a pipe in ASCII ends with a traceback and a misleading exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def to_json(value: object) -> str:
    """Return a value as indented JSON in ASCII, which is valid JSON on any console."""
    return json.dumps(value, indent=2)
