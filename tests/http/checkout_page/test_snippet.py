"""The snippet as clients take it apart."""

import re

import pytest

from mockserver.http.checkout_page.snippet import html_snippet

URL = "http://localhost:8566/checkout-page/orders/shop/1/key"
SNIPPET = html_snippet(URL, "checkout_incomplete", "sv-SE")


def test_container_comes_before_the_one_inline_script() -> None:
    assert SNIPPET.startswith('<div id="klarna-checkout-container"')
    (script,) = re.findall("<script[^>]*>", SNIPPET)
    assert "src" not in script
    assert SNIPPET.index("klarna-checkout-container") < SNIPPET.index(script)


def test_greedy_and_first_match_cut_out_the_same_script() -> None:
    greedy = re.findall(r"<script.*/script>", SNIPPET, re.DOTALL)
    first = re.findall(r"<script[^>]*>.*?</script>", SNIPPET, re.DOTALL)
    assert greedy == first


def test_script_needs_no_current_script_and_has_no_comments() -> None:
    assert "currentScript" not in SNIPPET
    assert "// " not in SNIPPET
    assert len(SNIPPET) < 4000


@pytest.mark.parametrize("locale", ["</script><b>", '"});alert("1'])
def test_no_text_of_the_merchant_leaves_its_string(locale: str) -> None:
    snippet = html_snippet(URL, "checkout_complete", locale)
    assert snippet.count("</script>") == 1
    assert locale not in snippet
