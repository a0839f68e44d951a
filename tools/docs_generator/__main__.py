"""``python -m tools.docs_generator FOLDER``: write the generated pages of ``docs/``."""

import sys
from pathlib import Path

from mockserver.cli.table import as_markdown
from tools.docs_generator.pages import PAGES


def main() -> None:
    """Write every generated page into the folder given."""
    folder = Path(sys.argv[1])
    for name, page in PAGES.items():
        (folder / f"{name}.md").write_text(as_markdown(name, page()), encoding="utf-8")


if __name__ == "__main__":
    main()
