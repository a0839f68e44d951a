"""The changelog has one section per version, unreleased changes on top."""

import re

from tests.support.doc_pages import DOCS

TEXT = (DOCS.parent / "CHANGELOG.md").read_text("utf-8")
SECTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]


def test_changelog_has_one_section_per_version_unreleased_first() -> None:
    versions = [section.partition("]")[0].lstrip("[") for section in SECTIONS]
    assert versions[0] == "Unreleased"
    assert len(set(versions)) == len(versions)


def test_changelog_section_has_each_kind_of_change_once() -> None:
    for section in SECTIONS:
        kinds = re.findall(r"^### (.*)$", section, re.MULTILINE)
        assert len(set(kinds)) == len(kinds)
        assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
