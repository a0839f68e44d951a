"""The ``html_snippet`` of a checkout order.

It has what clients rely on: one container with the recorded id, exactly one inline script
without ``src``, and ``window._klarnaCheckout`` defined synchronously as a queueing
function. It draws no iframe: the order is completed through the control API.
"""

import json

TEMPLATE = (
    '<div id="klarna-checkout-container" style="overflow-x: hidden;">'
    '<p data-testid="kustom-mock-snippet"></p>'
    '<script type="text/javascript">/* <![CDATA[ */'
    "(function (w, d, config) {"
    "var queue = w._klarnaCheckout = w._klarnaCheckout || function () {"
    " (queue.q = queue.q || []).push(arguments); };"
    "queue.config = config;"
    'd.querySelector("#klarna-checkout-container > p").textContent = config.TEXT;'
    "})(window, document, %s);"
    "/* ]]> */</script>"
    "<noscript>Please enable JavaScript.</noscript></div>"
)
TEXT = "TEST DRIVE: checkout order {order_id} is {state}"


def html_snippet(order_id: str, *, is_complete: bool) -> str:
    """Return the snippet of a checkout order, or of its confirmation."""
    state = "complete" if is_complete else "incomplete"
    config = {
        "ORDER_ID": order_id,
        "ORDER_STATUS": f"checkout_{state}",
        "TESTDRIVE": True,
        "TEXT": TEXT.format(order_id=order_id, state=state),
    }
    return TEMPLATE % json.dumps(config, separators=(",", ":")).replace("<", "\\u003c")
