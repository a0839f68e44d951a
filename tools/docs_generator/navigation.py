"""Find pages that the navigation of the site does not list.

``python -m tools.docs_generator.navigation`` prints them and fails; the site generator
itself reports only listed pages that do not exist.
"""

import sys
import tomllib
from collections.abc import Iterator
from typing import Any

from tools.docs_generator.markdown import DOCS

CONFIG = DOCS.parent / "zensical.toml"


def unlisted_pages() -> list[str]:
    """Return the pages below ``docs/`` that are missing in ``nav``."""
    nav = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["project"]["nav"]
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    return sorted(pages - set(_listed(nav)))


def _listed(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            for section in entry.values():
                yield from _listed([section] if isinstance(section, str) else section)


def main() -> int:
    """Print unlisted pages; return 1 if there are any."""
    missing = unlisted_pages()
    for name in missing:
        print(f"docs/{name} is not in nav of {CONFIG.name}; add it there")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
