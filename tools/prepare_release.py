"""Prepare the files for a release: check the tag, write the repository's address.

``python -m tools.prepare_release TAG URL`` runs in the release workflow, which knows the
address. It makes the README's links absolute, as PyPI shows the README without the
repository around it, and adds ``project.urls``.
"""

import re
import sys
from pathlib import Path

from mockserver import __version__

ROOT = Path(__file__).parents[1]

_IMAGE = re.compile(r"(!\[[^\]]*)\]\((?!https?://)([^)]+)\)")
_LINK = re.compile(r"\]\((?!https?://|#)([^)]+)\)")
_UNRELEASED = re.compile(r"^## \[Unreleased\]\n(.*?)(?=^## \[|\Z)", re.MULTILINE | re.DOTALL)


class ReleaseError(Exception):
    """The files do not belong to the tag."""


def check_tag(tag: str, version: str, changelog: str) -> None:
    """Check that the tag names the version, and that the changelog has all changes under it.

    Raises:
        ReleaseError: it does not; says what to do.
    """
    if tag != f"v{version}":
        raise ReleaseError(f"the tag is {tag}, expected v{version} from mockserver/__init__.py")
    if f"## [{version}]" not in changelog:
        raise ReleaseError(f"CHANGELOG.md has no section '## [{version}]', add it")
    unreleased = _UNRELEASED.search(changelog)
    if unreleased and unreleased[1].strip():
        raise ReleaseError(f"CHANGELOG.md has unreleased changes, move them to [{version}]")


def make_links_absolute(readme: str, url: str, tag: str) -> str:
    """Replace relative links by links to the repository at the tag; pictures as raw files."""
    images = _IMAGE.sub(lambda image: f"{image[1]}]({url}/raw/{tag}/{image[2]})", readme)
    return _LINK.sub(lambda link: f"]({url}/blob/{tag}/{link[1]})", images)


def add_urls(pyproject: str, url: str) -> str:
    """Add ``project.urls`` to the text of ``pyproject.toml``."""
    urls = (
        "[project.urls]\n"
        f'Source = "{url}"\n'
        f'Issues = "{url}/issues"\n'
        f'Changelog = "{url}/blob/main/CHANGELOG.md"\n'
        f'Documentation = "{url}/tree/main/docs"\n\n'
    )
    return pyproject.replace("[project.scripts]\n", f"{urls}[project.scripts]\n")


def main() -> int:
    """Check and rewrite the files; return 1 if the tag does not fit."""
    tag, url = sys.argv[1:]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    try:
        check_tag(tag, __version__, changelog)
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    readme, pyproject = ROOT / "README.md", ROOT / "pyproject.toml"
    readme.write_text(
        make_links_absolute(readme.read_text(encoding="utf-8"), url, tag), encoding="utf-8"
    )
    pyproject.write_text(add_urls(pyproject.read_text(encoding="utf-8"), url), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
