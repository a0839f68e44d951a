"""Access to the sandboxes of ``serve --owned`` with the secret of their user."""

from mockserver.http.control.context import ControlContext, parse_sandbox_name
from mockserver.http.merchant.credentials import Credentials, parse_authorization
from mockserver.http.messages import Request
from mockserver.http.problems import Problem
from mockserver.sandbox.names import display_name

SANDBOX_DEPTH = 2  # segments before the name in /__admin/sandboxes/{sandbox}


def is_about_sandbox(request: Request) -> bool:
    """Return whether a path names a sandbox."""
    return len(request.segments) > SANDBOX_DEPTH and request.segments[1] == "sandboxes"


def authenticate_owner(context: ControlContext, request: Request) -> Credentials:
    """Return the credentials of a caller that may use the sandbox of the path.

    Raises:
        Problem: There are none (401), or the sandbox is owned by another secret (403).
    """
    credentials = parse_authorization(request.headers.get("Authorization"))
    if credentials is None:
        problem = Problem(
            401, "expected 'Authorization: Basic …' with the credentials of the sandbox"
        )
        problem.headers["WWW-Authenticate"] = 'Basic realm="kustom-mock control API"'
        raise problem
    name = parse_sandbox_name(context, {"sandbox": request.segments[SANDBOX_DEPTH]})
    is_owner = context.registry.is_owner(name, credentials.secret)
    if credentials.user != name or not is_owner:
        raise Problem(403, f"sandbox '{display_name(name)}' is owned by another secret")
    return credentials
