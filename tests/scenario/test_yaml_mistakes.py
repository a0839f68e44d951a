"""Mistakes in YAML: the finding is where the mistake is, and says what to write."""

from mockserver.cli.lint import lint_text
from tests.support.case_tables import Case, every_case


@every_case("scenario", "yaml_mistakes")
def test_mistake_is_explained_at_its_place(case: Case) -> None:
    assert str(lint_text(case["text"].encode())[0]) == case["finding"]
