"""Run the programs that verify a webhook, where their runtime is installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver.http.deliveries.outgoing import build_request
from mockserver.sandbox.deliveries.emission import emit_event
from mockserver.sandbox.deliveries.webhooks import EventType, WebhookEndpoint
from mockserver.sandbox.sandbox import Sandbox
from tests.support.doc_pages import DOCS, blocks
from tests.support.processes import environment

PAGE = DOCS / "how-to/webhooks.md"
SECRET = "whsec_bW9ja3NlcnZlcm1vY2tzZXJ2ZXJtb2Nr"
OTHER_SECRET = "whsec_cm90YXRlZHJvdGF0ZWRyb3RhdGVkcm90"
URL = "http://localhost/webhooks"
PROGRAMS = {
    sys.executable: "verify.py",
    "node": "verify.mjs",
    "java": "Verify.java",
    "php": "verify.php",
}


@pytest.mark.parametrize(
    "runtime",
    [
        pytest.param(
            runtime,
            id=program,
            marks=pytest.mark.skipif(not shutil.which(runtime), reason=f"needs {runtime}"),
        )
        for runtime, program in PROGRAMS.items()
    ],
)
def test_program_accepts_genuine_and_refuses_forged_webhooks(
    runtime: str, tmp_path: Path
) -> None:
    (text,) = (block.text for block in blocks(PAGE) if block.file == PROGRAMS[runtime])
    program = tmp_path / PROGRAMS[runtime]
    program.write_text(text, encoding="utf-8")
    sandbox = Sandbox("shop")
    sandbox.webhooks = (WebhookEndpoint(url=URL, secret=SECRET),)
    emit_event(sandbox, EventType.ORDER_CREATED, "an order")
    request = build_request(sandbox, next(iter(sandbox.deliveries)))
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    command = [runtime, str(program), *(request.headers[name] for name in names)]
    codes = [
        subprocess.run(
            command,
            check=False,
            input=request.body.encode(),
            env=environment({"WEBHOOK_SECRET": secret}),
            capture_output=True,
        ).returncode
        for secret in (SECRET, OTHER_SECRET)
    ]
    assert codes == [0, 1]
