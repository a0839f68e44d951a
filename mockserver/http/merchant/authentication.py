"""Find the sandbox of a request, or build the response to a request that reaches none."""

from msgspec import Struct, field

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.errors import Reason
from mockserver.domain.refusal import Refusal
from mockserver.homes.home import Home
from mockserver.homes.store import StoreError
from mockserver.http.browser import foreign_page
from mockserver.http.merchant.credentials import Credentials, parse_authorization
from mockserver.http.merchant.exchange import HandledRequest
from mockserver.http.merchant.responses import (
    add_mock_headers,
    escape_header_value,
    refusal_response,
    unauthorized_response,
)
from mockserver.http.messages import Request
from mockserver.sandbox.clock import wall_clock
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.names import display_name
from mockserver.sandbox.sandbox import Sandbox

RETRY_AFTER = "1"  # seconds, while the store of the sandboxes is away
CREDENTIALS_HINT = "send Authorization: Basic with base64 of user:secret, or an API key"


class Authentication(Struct, frozen=True):
    """Finds the sandbox of a caller.

    Attributes:
        home: where the sandboxes live.
        mock_headers: add the ``Mock-`` headers to refusals.
        allowed_hosts: names of the server that web pages may use.
        ids: correlation ids of requests that belong to no sandbox.
    """

    home: Home
    mock_headers: bool = True
    allowed_hosts: frozenset[str] = frozenset()
    ids: IdGenerator = field(default_factory=lambda: IdGenerator(f"server {wall_clock()}"))

    def credentials_of(self, request: Request) -> Credentials | HandledRequest:
        """Return the credentials of the caller, or the response to a caller without any."""
        page = foreign_page(request, self.allowed_hosts)
        if page is not None:
            return self.refuse(request, Refusal(Reason.FOREIGN_ORIGIN, detail=page))
        authorization = request.headers.get("Authorization")
        credentials = parse_authorization(authorization)
        if credentials is None:
            reason = "unreadable_credentials" if authorization else "no_credentials"
            return self._refuse_credentials(request, f"{reason}; {CREDENTIALS_HINT}")
        return credentials

    def sandbox_of(
        self, request: Request, credentials: Credentials
    ) -> Sandbox | HandledRequest:
        """Return the sandbox of the caller, or the response to wrong credentials."""
        user, secret = credentials.user, credentials.secret
        try:
            sandbox = self.home.registry.authenticate(user, secret)
        except Refusal as refusal:
            return self.refuse(request, refusal)
        if sandbox is not None:
            return sandbox
        is_owner = self.home.registry.is_owner(user, secret)
        reason = "wrong_credentials" if is_owner else "owned_by_another_secret"
        return self._refuse_credentials(request, reason, user)

    def refuse(self, request: Request, refusal: Refusal) -> HandledRequest:
        """Build the response to a request that belongs to no sandbox."""
        entry = Entry(
            at=wall_clock(),
            correlation_id=self.ids.new_request_id(),
            method=request.method,
            path=request.path,
            status=refusal.status,
            result=refusal,
        )
        response = refusal_response(refusal, entry.correlation_id, Assumptions())
        if self.mock_headers:
            add_mock_headers(response, entry)
        return HandledRequest(response, entry)

    def refuse_for_store(self, request: Request, error: StoreError) -> HandledRequest:
        """Build the response to a request whose turn could not be settled."""
        handled = self.refuse(
            request, Refusal(Reason.TEMPORARILY_UNAVAILABLE, detail=error.detail)
        )
        if not error.is_lasting:
            handled.response.headers["Retry-After"] = RETRY_AFTER
        if self.mock_headers:
            text = f"{error.reason} {error.detail}"
            handled.response.headers["Mock-Reason"] = escape_header_value(text)
        return handled

    def _refuse_credentials(
        self, request: Request, reason: str, user: str = ""
    ) -> HandledRequest:
        """Build the 401 response; a sandbox that exists records it in its journal."""
        response = unauthorized_response()
        if self.mock_headers:
            text = f"{reason} {display_name(user)}".strip()
            response.headers["Mock-Reason"] = escape_header_value(text)
        sandbox = self.home.registry.get(user)
        entry = Entry(
            at=sandbox.clock.now() if sandbox else wall_clock(),
            correlation_id="",
            method=request.method,
            path=request.path,
            status=response.status,
        )
        if sandbox is None:
            return HandledRequest(response, entry)
        sandbox.journal.record(entry)
        return HandledRequest(response, entry, sandbox)
