"""Access to the sandboxes of ``serve --owned`` with the secret of their user."""

from typing import Any

from mockserver.http.control.problems import Problem
from mockserver.http.merchant.auth import Credentials, parse_authorization
from mockserver.http.messages import Request
from mockserver.sandbox.names import display_name
from mockserver.sandbox.registry import SandboxRegistry

SANDBOX_DEPTH = 2  # segments before the name in /__admin/sandboxes/{sandbox}


def named_sandbox(request: Request) -> str | None:
    """Return the name of the sandbox that a path is about, if it names one."""
    segments = request.segments
    is_about_sandbox = len(segments) > SANDBOX_DEPTH and segments[1] == "sandboxes"
    return segments[SANDBOX_DEPTH] if is_about_sandbox else None


def authenticate_owner(
    registry: SandboxRegistry[Any], name: str, request: Request
) -> Credentials:
    """Return the credentials of a caller that may use this sandbox.

    Raises:
        Problem: There are none (401), or the sandbox is owned by another secret (403).
    """
    credentials = parse_authorization(request.headers.get("Authorization"))
    if credentials is None:
        problem = Problem(
            401, "expected 'Authorization: Basic …' with the credentials of the sandbox"
        )
        problem.headers["WWW-Authenticate"] = 'Basic realm="kustom-mock"'
        raise problem
    user, secret = credentials.user, credentials.secret
    if name not in (user, display_name(user)) or not registry.is_owner(user, secret):
        raise Problem(403, f"sandbox '{display_name(name)}' is owned by another secret")
    return credentials
