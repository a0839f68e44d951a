"""A release belongs to its tag, and its README works on PyPI."""

import re
import tomllib
from pathlib import Path

import pytest

from mockserver import __version__
from tools.prepare_release import ReleaseError, add_urls, check_tag, make_links_absolute

ROOT = Path(__file__).parents[2]
URL = "https://forge.example/owner/project"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("unreleased", ["", "## [Unreleased]\n\n"])
def test_tag_of_this_version_is_accepted(unreleased: str) -> None:
    changelog = f"# Changelog\n\n{unreleased}## [{__version__}]\n\n- New.\n"
    check_tag(f"v{__version__}", __version__, changelog)


@pytest.mark.parametrize(
    ("tag", "changelog", "message"),
    [
        ("v9.9.9", "## [0.1.0]", "the tag is v9.9.9, expected v0.1.0"),
        ("v0.1.0", "## [Unreleased]", "CHANGELOG.md has no section"),
        (
            "v0.1.0",
            "## [Unreleased]\n\n- Newer.\n\n## [0.1.0]\n",
            "CHANGELOG.md has unreleased changes, move them to [0.1.0]",
        ),
    ],
)
def test_other_tag_or_changelog_is_refused(tag: str, changelog: str, message: str) -> None:
    with pytest.raises(ReleaseError, match=re.escape(message)):
        check_tag(tag, "0.1.0", changelog)


def test_every_readme_link_becomes_absolute_and_names_a_file() -> None:
    before = re.findall(r"(!?)\[[^\]]*\]\(([^)]+)\)", read("README.md"))
    after = re.findall(r"\]\(([^)]+)\)", make_links_absolute(read("README.md"), URL, "v1"))
    assert {mark for mark, _ in before} == {"!", ""}
    assert after == [
        f"{URL}/{'raw' if mark else 'blob'}/v1/{target}" for mark, target in before
    ]
    assert [target for _, target in before if not (ROOT / target).exists()] == []


def test_other_links_are_unchanged() -> None:
    text = "[a](https://example.org) [b](#start)"
    assert make_links_absolute(text, URL, "v1") == text


def test_project_urls_are_added() -> None:
    urls = tomllib.loads(add_urls(read("pyproject.toml"), URL))["project"]["urls"]
    assert urls["Source"] == URL
    assert set(urls) == {"Source", "Issues", "Changelog", "Documentation"}
