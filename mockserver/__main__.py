"""``python -m mockserver`` is ``kustom-mock``."""

import sys

from mockserver.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
