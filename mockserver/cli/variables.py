"""Environment variables that look like settings and are none: most are misspelt."""

import re
import sys
from collections.abc import Iterator, Mapping

from mockserver.domain.wording import nearest_name
from mockserver.settings import OPTIONS, PREFIX, URL

SERVICE_LINKS = re.compile(r"SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP)")
"""What Kubernetes and Docker set by themselves for a service of our name."""


def warn_of_unknown(environ: Mapping[str, str]) -> None:
    """Warn of each variable that nothing reads, with the nearest that is read."""
    for each in unknown_variables(environ):
        print(f"kustom-mock: warning: {each}", file=sys.stderr)


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Word a warning for each variable with our prefix that nothing reads."""
    known = [row.variable.removeprefix(PREFIX) for row in OPTIONS.values()]
    known.append(URL.removeprefix(PREFIX))
    for variable in sorted(environ):
        name = variable.removeprefix(PREFIX)
        if name in (variable, *known) or SERVICE_LINKS.match(name):
            continue
        near = nearest_name(name.upper(), known)
        hint = f"did you mean {PREFIX}{near}?" if near else "see serve --help for those read"
        yield f"{variable} is no setting and is ignored, {hint}"
