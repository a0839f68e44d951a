"""The certificate authority that clients have to trust under ``--tls``."""

from mockserver.api.control.handler import Control, Values
from mockserver.api.control.problems import Problem
from mockserver.api.exchange import Answer, Call


def get_authority(control: Control, _values: Values, _call: Call) -> Answer:
    """Give the certificate of the server's own authority; 404 if it has none."""
    if control.authority is None:
        raise Problem(404, "this server has no certificate authority of its own, see --tls")
    return Answer(200, control.authority, {"Content-Type": "application/x-pem-file"})
