"""Set the webhook endpoints of a sandbox from scenario syntax."""

from collections.abc import Mapping
from typing import Any

from mockserver.domain.checkout.bad_values import url_note
from mockserver.sandbox.deliveries.webhooks import build_endpoints
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import Finding, ScenarioError, ValuePath


def set_webhooks(sandbox: Sandbox, spec: Mapping[str, Any], path: ValuePath = ()) -> None:
    """Replace the endpoints of a sandbox; a secret that changes rotates.

    Raises:
        ScenarioError: a URL is none, or two endpoints have one; nothing is changed.
    """
    urls = [endpoint["url"] for endpoint in spec["endpoints"]]
    for index, url in enumerate(urls):
        if note := url_note(url):
            message = f"'{url}' is not the URL of an endpoint: it {note}"
            raise ScenarioError([Finding("E104", (*path, "endpoints", index, "url"), message)])
        if url in urls[:index]:
            message = f"there is an endpoint for '{url}' already; list all events in one"
            raise ScenarioError([Finding("E202", (*path, "endpoints", index, "url"), message)])
    sandbox.webhooks = build_endpoints(
        spec["endpoints"], sandbox.ids.seed, sandbox.webhooks, sandbox.clock.now()
    )
