"""``python -m mockserver.cli.docs FOLDER``: write the generated pages of ``docs/``."""

import sys
from pathlib import Path

from mockserver.cli.pages import PAGES, as_markdown


def main() -> None:
    """Write every generated page into the folder given."""
    folder = Path(sys.argv[1])
    for name, page in PAGES.items():
        (folder / f"{name}.md").write_text(as_markdown(name, page()), encoding="utf-8")


if __name__ == "__main__":
    main()
