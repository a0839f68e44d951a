"""``serve --watch`` names the sandboxes that a changed scenario drops."""

import pytest

from mockserver.cli.watch import MAX_NAMES_LISTED, describe_dropped

MANY = [f"user-{number}" for number in range(MAX_NAMES_LISTED + 2)]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "no sandbox was dropped"),
        (["anna"], "dropped 1 sandbox: 'anna'"),
        (["anna", "bo\n"], "dropped 2 sandboxes: 'anna', 'bo\\n'"),
        (["kco_live_secret"], "dropped 1 sandbox: 'key-"),
    ],
)
def test_dropped_sandboxes_are_named(names: list[str], text: str) -> None:
    assert describe_dropped(names).startswith(text)


def test_only_some_of_many_dropped_sandboxes_are_named() -> None:
    text = describe_dropped(MANY)
    assert text.startswith(f"dropped {len(MANY)} sandboxes: 'user-0', ")
    assert text.endswith(f"'user-{MAX_NAMES_LISTED - 1}' and 2 more")
