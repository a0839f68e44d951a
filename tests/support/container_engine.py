"""Build and run the image with Docker if it runs, otherwise with buildah and podman."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
SCRIPT = PROJECT / "tests/container/build.sh"
IMAGE = "localhost/kustom-mock:test"
PORT = 8566
START_TIMEOUT = 60.0  # seconds
HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
READ_ONLY_TMP = "--read-only-tmpfs=false"  # by default podman leaves /tmp writable

_names = count(1)


def unavailable_reason() -> str | None:
    """Return why no image can be built and run here, or ``None`` if it can."""
    if _has_docker():
        return None
    if os.geteuid() != 0:
        return "no Docker engine runs, and buildah needs root"
    required = ("buildah", "podman", "runc", "mmdebstrap", "curl", "ip")
    missing = [tool for tool in required if shutil.which(tool) is None]
    if missing and shutil.which("apt-get") is None:
        return f"no Docker engine runs; {', '.join(missing)} missing, and no apt-get"
    return None


def _has_docker() -> bool:
    return shutil.which("docker") is not None and _run(["docker", "version"]).returncode == 0


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _checked(command: Sequence[str]) -> str:
    process = _run(command)
    output = process.stdout + process.stderr
    assert process.returncode == 0, f"{' '.join(command)}\n{output}"
    return process.stdout


@dataclass(frozen=True)
class Container:
    """A container of the image, running or ended."""

    engine: "Engine"
    name: str
    port: int

    @property
    def address(self) -> str:
        """Address of the published port, such as ``127.0.0.1:12345``."""
        return self.engine.call("port", self.name, str(self.port)).splitlines()[0]

    def curl(self, path: str, *options: str) -> str:
        """Send a request from outside the container; return the body."""
        url = path if "://" in path else f"http://{self.address}{path}"
        return self.engine.outside("curl", "-sS", url, *options)

    def verb(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``kustom-mock`` with these arguments in the container."""
        return _run([*self.engine.command, "exec", self.name, "kustom-mock", *arguments])

    def is_ready(self) -> bool:
        """Wait for the server; return whether it started."""
        return self.verb("healthcheck", "--wait", str(START_TIMEOUT)).returncode == 0

    def stop(self, seconds: int) -> int:
        """Send SIGTERM, and SIGKILL after some seconds; return the exit code (137: killed)."""
        self.engine.call("stop", "--time", str(seconds), self.name)
        code = self.engine.call("inspect", "--format", "{{.State.ExitCode}}", self.name)
        return int(code)

    def user(self) -> int:
        """Return the user id of its first process from the kernel."""
        pid = self.engine.call("inspect", "--format", "{{.State.Pid}}", self.name).strip()
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        return next(int(row.split()[1]) for row in status.splitlines() if row[:4] == "Uid:")

    def logs(self) -> str:
        """Return everything that it printed."""
        process = _run([*self.engine.command, "logs", self.name])
        return process.stdout + process.stderr


@dataclass(frozen=True)
class Engine:
    """Commands for containers.

    Attributes:
        command: The engine.
        enter: Prefix that enters the network in which ports are published.
        hardened: Options with which the image has to work.
    """

    command: tuple[str, ...]
    enter: tuple[str, ...] = ()
    hardened: tuple[str, ...] = HARDENED

    def call(self, *arguments: str) -> str:
        """Run a command of the engine; return its output, or fail with it."""
        return _checked([*self.command, *arguments])

    def outside(self, *command: str) -> str:
        """Run a command in the network in which ports are published."""
        return _checked([*self.enter, *command])

    def background(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command in the network in which ports are published."""
        return subprocess.Popen([*self.enter, *command], stdout=subprocess.DEVNULL)

    @contextmanager
    def running(
        self,
        *options: str,
        command: Sequence[str] = (),
        port: int = PORT,
    ) -> Iterator[Container]:
        """Run the image with these options of ``run``; remove the container afterwards.

        The container has a read-only root and no capabilities.
        """
        name = f"kustom-mock-test-{os.getpid()}-{next(_names)}"
        run = ("run", "--detach", "--name", name, f"--publish=127.0.0.1::{port}")
        try:
            self.call(*run, *self.hardened, *options, IMAGE, *command)
            yield Container(self, name, port)
        finally:
            _run([*self.command, "rm", "--force", name])

    def saved(self, folder: Path) -> tuple[dict[str, Any], list[Path]]:
        """Return the configuration of the image, and its layers as tar files."""
        archive = folder / "image.tar"
        self.call("save", "--output", str(archive), IMAGE)
        shutil.unpack_archive(archive, folder, filter="data")
        manifest = json.loads((folder / "manifest.json").read_bytes())[0]
        config = json.loads((folder / manifest["Config"]).read_bytes())
        return config, [folder / layer for layer in manifest["Layers"]]


@contextmanager
def built(folder: Path) -> Iterator[Engine]:
    """Build the image with the available engine; files it needs are in the folder."""
    if _has_docker():
        engine = Engine(("docker",))
        engine.call("build", "--tag", IMAGE, str(PROJECT))
        yield engine
        return
    _checked(["unshare", "--mount", str(SCRIPT), str(folder), IMAGE])
    with _own_network() as enter:
        settings = (
            f"CONTAINERS_CONF={folder}/containers.conf",
            f"CONTAINERS_STORAGE_CONF={folder}/storage.conf",
        )
        podman = (*enter, "env", *settings, "podman", "--log-level=fatal")
        yield Engine(podman, enter, (*HARDENED, READ_ONLY_TMP))


@contextmanager
def _own_network() -> Iterator[tuple[str, ...]]:
    """Create a network namespace, so that podman changes nothing in the host's."""
    make = "mount -t tmpfs cni /var/lib/cni; ip link set lo up; echo ready; exec sleep infinity"
    holder = subprocess.Popen(
        ("unshare", "--net", "--mount", "sh", "-c", make),  # noqa: S607  # found on PATH
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "ready\n"
            yield ("nsenter", f"--target={holder.pid}", "--net", "--mount", "--")
        finally:
            holder.kill()
