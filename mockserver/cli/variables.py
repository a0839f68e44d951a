"""Warn about unknown environment variables with the prefix ``KUSTOM_MOCK_``."""

import re
import sys
from collections.abc import Iterator, Mapping

from mockserver.domain.wording import nearest_name
from mockserver.settings import ENV_PREFIX, OPTIONS, URL_VARIABLE

SERVICE_LINKS = re.compile(r"SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP)")
"""What Kubernetes and Docker set by themselves for a service of our name."""


def warn_unknown_variables(environ: Mapping[str, str]) -> None:
    """Warn of each variable that nothing reads, with the nearest that is read."""
    for warning in unknown_variable_warnings(environ):
        print(f"kustom-mock: warning: {warning}", file=sys.stderr)


def unknown_variable_warnings(environ: Mapping[str, str]) -> Iterator[str]:
    """Word a warning for each variable with our prefix that nothing reads."""
    known_names = [row.variable.removeprefix(ENV_PREFIX) for row in OPTIONS.values()]
    known_names.append(URL_VARIABLE.removeprefix(ENV_PREFIX))
    for variable in sorted(environ):
        name = variable.removeprefix(ENV_PREFIX)
        if name in (variable, *known_names) or SERVICE_LINKS.match(name):
            continue
        close_names = nearest_name(name.upper(), known_names)
        hint = (
            f"did you mean {ENV_PREFIX}{close_names}?"
            if close_names
            else "see serve --help for those read"
        )
        yield f"{variable} is no setting and is ignored, {hint}"
