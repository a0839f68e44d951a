"""Control API: the certificate authority of ``--tls``."""

from mockserver.api.control.handler import ControlContext, PathParams
from mockserver.api.control.problems import Problem
from mockserver.api.exchange import Request, Response


def get_ca_certificate(
    control: ControlContext, _values: PathParams, _call: Request
) -> Response:
    """Return the CA certificate (PEM) of the server; 404 if it has none."""
    if control.ca_certificate is None:
        raise Problem(404, "this server has no certificate authority of its own, see --tls")
    return Response(200, control.ca_certificate, {"Content-Type": "application/x-pem-file"})
