"""``installed.py DIST``: the test suite against the wheel of a folder, away from the checkout.

The sdist beside the wheel brings the tests; its own copy of the package is taken away, so
that nothing but the installed one can be found.
"""

import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

OF_THE_SOURCES = (
    "tests/container",
    "tests/tools/docs_generator/test_site.py",
    "tests/pytest_plugin/test_new_project.py",
    "tests/test_architecture.py",
    "tests/tools/test_prepare_release.py",
    "tests/packaging/test_wheel.py",
)


def main() -> int:
    """Unpack, install, run; the exit code is pytest's."""
    dist = Path(sys.argv[1]).resolve()
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    with TemporaryDirectory() as folder:
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        (project,) = Path(folder).iterdir()
        rmtree(project / "mockserver")
        rmtree(project / "kustom_mock")
        groups = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
        python = Path(folder) / "venv/bin/python"
        run(sys.executable, "-m", "venv", str(python.parents[1]))
        dev = groups["dependency-groups"]["dev"]
        run(str(python), "-m", "pip", "install", "--quiet", f"{wheel}[tls]", *dev)
        left_out = [f"--ignore={of_the_source}" for of_the_source in OF_THE_SOURCES]
        tests = (str(python), "-m", "pytest", "-n", "auto", *left_out)
        return run(*tests, check=False, cwd=project)


def run(*command: str, check: bool = True, cwd: Path | None = None) -> int:
    """Run a command with its output shown."""
    return subprocess.run(command, check=check, cwd=cwd).returncode


if __name__ == "__main__":
    sys.exit(main())
