"""Static files of the dashboard, below ``/__admin/ui/``.

They are public: what they show comes from the control API, with its access checks. Files are
read once, and clients revalidate them by their digest.
"""

from functools import cache
from hashlib import sha256
from importlib.resources import files

from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem, method_not_allowed, problem_response
from mockserver.picture.svg import STYLE_FILE, read_style

PACKAGE = "mockserver.http.dashboard"
INDEX = "index.html"
UI_SEGMENTS = ("__admin", "ui")
UI_PATH = "/__admin/ui/"
METHODS = ("GET", "HEAD")
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
FILE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",
}


@cache
def read_files() -> dict[str, tuple[bytes, dict[str, str]]]:
    """Return the content and headers of all files by name."""
    contents = {
        file.name: file.read_bytes()
        for file in files(PACKAGE).iterdir()
        if _suffix(file.name) in MEDIA_TYPES
    }
    contents[STYLE_FILE] = read_style().encode()
    return {name: (content, _headers(name, content)) for name, content in contents.items()}


def respond_with_dashboard(request: Request) -> Response | None:
    """Answer a browser that asks for the dashboard; ``None`` for all other requests."""
    is_file = request.segments[:2] == UI_SEGMENTS
    if not is_file and not _wants_page(request):
        return None
    if request.method not in METHODS:
        return problem_response(method_not_allowed(request.method, METHODS))
    if not is_file or (len(request.segments) == len(UI_SEGMENTS) and request.path[-1] != "/"):
        return Response(302, headers={"Location": UI_PATH})
    return _read_file("/".join(request.segments[2:]) or INDEX, request)


def _wants_page(request: Request) -> bool:
    """Return whether a browser asks for ``/``; clients of the API do not ask for HTML."""
    return (
        not request.segments
        and request.method in METHODS
        and "text/html" in request.headers.get("Accept", "")
        and "Authorization" not in request.headers
    )


def _read_file(name: str, request: Request) -> Response:
    if name not in read_files():
        return problem_response(Problem(404, f"the dashboard has no file '{name[:80]}'"))
    content, headers = read_files()[name]
    is_known = request.headers.get("If-None-Match") == headers["ETag"]
    return Response(304 if is_known else 200, content, dict(headers))


def _headers(name: str, content: bytes) -> dict[str, str]:
    digest = sha256(content).hexdigest()[:32]
    return {"Content-Type": MEDIA_TYPES[_suffix(name)], "ETag": f'"{digest}"', **FILE_HEADERS}


def _suffix(name: str) -> str:
    return "." + name.rpartition(".")[2]
