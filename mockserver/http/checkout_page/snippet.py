"""The ``html_snippet`` of a checkout order, incomplete or complete.

It has what clients rely on (read off clients): one container with the recorded id, before
it exactly one inline script without ``src``, and ``window._klarnaCheckout`` defined while
the script runs. The script puts the checkout page into the container.
"""

import re
from functools import cache
from importlib.resources import files

import orjson

CONTAINER_ID = "klarna-checkout-container"
START = (
    f'<div id="{CONTAINER_ID}" style="overflow-x: hidden;">'
    '<script type="text/javascript">/* <![CDATA[ */'
)
END = ");/* ]]> */</script><noscript>Please enable JavaScript.</noscript></div>"
_COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)


def html_snippet(page_url: str, status: str, locale: str) -> str:
    """Return the snippet that shows a checkout page.

    Args:
        page_url: address of the page.
        status: status of the checkout order, for clients that look at the configuration.
        locale: language of the iframe's title.
    """
    config = {
        "PAGE_URL": page_url,
        "CONTAINER_ID": CONTAINER_ID,
        "ORDER_STATUS": status,
        "LOCALE": locale,
        "TESTDRIVE": True,
    }
    text = orjson.dumps(config).decode().replace("<", "\\u003c")
    return f"{_script_start()}{text}{END}"


@cache
def _script_start() -> str:
    """Return everything before the configuration: the script without its comments."""
    source = (files(__package__) / "static" / "snippet.js").read_text("utf-8")
    source = _COMMENT.sub("", source).strip().removesuffix(";")
    script = "\n".join(line.strip() for line in source.splitlines() if line.strip())
    return f"{START}({script})(window, document, "
