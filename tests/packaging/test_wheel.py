"""What is built and installed: files by list, and a wheel that works away from the checkout."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mockserver import __version__

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
TIMEOUT = 60  # seconds
NAME = f"kustom_mock-{__version__}"
UNWANTED = re.compile(r"__pycache__|\.pyc$|\.venv|_cache/|\.coverage|\.egg-info")

IN_THE_SDIST = {
    ".dockerignore", ".github", ".pre-commit-config.yaml", "benchmarks", "CHANGELOG.md",
    "CONTRIBUTING.md", "Dockerfile", "docs", "kustom_mock", "LICENSE", "Makefile", "mockserver",
    "pyproject.toml", "README.md", "requirements.lock", "scenarios", "schemas", "SECURITY.md",
    "tests", "tools", "zensical.toml",
    ".gitignore", "PKG-INFO",  # hatchling's own
}  # fmt: skip
BESIDE_THE_PACKAGE = {
    f"{NAME}.dist-info/{text}"
    for text in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel built from it."""
    folder = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    subprocess.run(build, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """The wheel."""
    return dist / f"{NAME}-py3-none-any.whl"


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of the wheel, installed into an environment of its own."""
    folder = tmp_path_factory.mktemp("elsewhere")
    python = folder / "venv/bin/python"
    for arguments in (
        ("venv", "--quiet", "--python", sys.executable, python.parents[1]),
        ("pip", "install", "--quiet", "--python", python, wheel),
    ):
        subprocess.run([BIN / "uv", *arguments], check=True, capture_output=True, cwd=folder)
    return python.with_name("kustom-mock")


def run(command: Path, *arguments: str) -> str:
    """Run the installed command away from the checkout."""
    ended = subprocess.run(
        [command, *arguments],
        capture_output=True,
        check=False,
        cwd=command.parent,
        text=True,
        timeout=TIMEOUT,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def files_below(folder: str) -> set[str]:
    """The files of the checkout that belong into the wheel, as they are named in it."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    names = {item.relative_to(ROOT).as_posix() for item in found}
    return {name for name in names if not UNWANTED.search(name)}


def test_wheel_contains_only_package_and_data(wheel: Path) -> None:
    data = files_below("schemas") | files_below("scenarios")
    packages = files_below("mockserver") | files_below("kustom_mock")
    expected = packages | {f"mockserver/_data/{item}" for item in data}
    assert set(zipfile.ZipFile(wheel).namelist()) == expected | BESIDE_THE_PACKAGE


def test_package_is_typed(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {"mockserver/py.typed", "kustom_mock/py.typed"} <= set(names)


def test_sdist_contains_only_listed_sources(dist: Path) -> None:
    with tarfile.open(dist / f"{NAME}.tar.gz") as archive:
        names = [item.name.removeprefix(f"{NAME}/") for item in archive]
    assert {name.partition("/")[0] for name in names} == IN_THE_SDIST
    assert [name for name in names if UNWANTED.search(name)] == []


def test_installed_command_prints_the_version(installed: Path) -> None:
    assert run(installed, "version") == f"kustom-mock {__version__}\n"


def test_installed_package_finds_every_scenario(installed: Path) -> None:
    printed = run(installed, "scenarios", "list")
    names = [path.stem for path in (ROOT / "scenarios").glob("*.yaml")]
    assert [name for name in names if name not in printed] == []


def test_installed_package_finds_its_schemas(installed: Path) -> None:
    assert '"$defs"' in run(installed, "schema")


def test_installed_command_serves_and_stops(installed: Path) -> None:
    with serving(installed) as url:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)
        connection.request("GET", "/__admin/sandboxes/demo/orders")
        assert b'"fresh"' in connection.getresponse().read()
        connection.close()


@contextmanager
def serving(command: Path) -> Iterator[str]:
    """Serve a shipped scenario, give the address, and expect a clean end."""
    flags = ("serve", "--port", "0", "--scenario", "fresh-order")
    with subprocess.Popen(
        [command, *flags],
        cwd=command.parent,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            assert process.wait(TIMEOUT) == 0


def test_https_without_extra_names_the_package_to_install(installed: Path) -> None:
    ended = subprocess.run(
        [installed, "serve", "--port", "0", "--tls"],
        capture_output=True,
        check=False,
        text=True,
        timeout=TIMEOUT,
    )
    assert ended.returncode == 2
    assert "pip install 'kustom-mock[tls]'" in ended.stderr


def test_lock_file_has_every_dependency_with_hash_and_no_url() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", "")
    assert "://" not in text
    rows = [splitline for splitline in text.splitlines() if splitline.strip()]
    assert [row for row in rows if "--hash=sha256:" not in row] == []
    locked = dict(row.split()[0].split("==") for row in rows)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    expected = [*project["dependencies"], *project["optional-dependencies"]["tls"]]
    for item in map(Requirement, expected):
        assert item.specifier.contains(locked[canonicalize_name(item.name)])
