"""Building and running the image: by Docker where it runs, else by buildah and podman."""

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
SCRIPT = Path(__file__).with_name("build.sh")
IMAGE = "localhost/kustom-mock:test"
PORT = 8566
PATIENCE = 60.0  # seconds until a container is given up
HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
AS_STRICT_AS_DOCKER = "--read-only-tmpfs=false"  # by default podman leaves /tmp writable

_names = count(1)


def why_not() -> str | None:
    """Why no image can be built and run here, if so."""
    if _has_docker():
        return None
    if os.geteuid() != 0:
        return "no Docker engine runs, and buildah needs root"
    needed = ("buildah", "podman", "runc", "mmdebstrap", "curl", "ip")
    missing = [tool for tool in needed if shutil.which(tool) is None]
    if missing and shutil.which("apt-get") is None:
        return f"no Docker engine runs; {', '.join(missing)} missing, and no apt-get"
    return None


def _has_docker() -> bool:
    return shutil.which("docker") is not None and _run(["docker", "version"]).returncode == 0


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _checked(command: Sequence[str]) -> str:
    ended = _run(command)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


@dataclass(frozen=True)
class Container:
    """A container of the image, which may have ended."""

    engine: "Engine"
    name: str
    port: int

    @property
    def address(self) -> str:
        """Where its port is published, such as ``127.0.0.1:12345``."""
        return self.engine.call("port", self.name, str(self.port)).splitlines()[0]

    def curl(self, path: str, *options: str) -> str:
        """Ask the server from outside the container, and give the body back."""
        url = path if "://" in path else f"http://{self.address}{path}"
        return self.engine.outside("curl", "-sS", url, *options)

    def verb(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``kustom-mock`` with these words in the container."""
        return _run([*self.engine.command, "exec", self.name, "kustom-mock", *words])

    def is_ready(self) -> bool:
        """Wait for the server, and tell whether it came up."""
        return self.verb("healthcheck", "--wait", str(PATIENCE)).returncode == 0

    def stop(self, seconds: int) -> int:
        """Send SIGTERM, and SIGKILL after some seconds; 0 is a clean exit, 137 a kill."""
        self.engine.call("stop", "--time", str(seconds), self.name)
        code = self.engine.call("inspect", "--format", "{{.State.ExitCode}}", self.name)
        return int(code)

    def user(self) -> int:
        """The user id of its first process, as the kernel says it."""
        pid = self.engine.call("inspect", "--format", "{{.State.Pid}}", self.name).strip()
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        return next(int(row.split()[1]) for row in status.splitlines() if row[:4] == "Uid:")

    def logs(self) -> str:
        """Everything it printed."""
        ended = _run([*self.engine.command, "logs", self.name])
        return ended.stdout + ended.stderr


@dataclass(frozen=True)
class Engine:
    """The commands that reach containers.

    ``command`` is the engine, ``enter`` leads into the network that they are published in,
    ``hardened`` are the options under which the image has to work.
    """

    command: tuple[str, ...]
    enter: tuple[str, ...] = ()
    hardened: tuple[str, ...] = HARDENED

    def call(self, *words: str) -> str:
        """Run a command of the engine; its output is in the failure, if it fails."""
        return _checked([*self.command, *words])

    def outside(self, *words: str) -> str:
        """Run a command where the containers' ports are published."""
        return _checked([*self.enter, *words])

    def background(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command where the containers' ports are published."""
        return subprocess.Popen([*self.enter, *words], stdout=subprocess.DEVNULL)

    @contextmanager
    def running(
        self,
        *options: str,
        command: Sequence[str] = (),
        port: int = PORT,
    ) -> Iterator[Container]:
        """Run the image with these options of ``run``; the container is removed at the end.

        It may write nothing and has no capabilities.
        """
        name = f"kustom-mock-test-{os.getpid()}-{next(_names)}"
        begin = ("run", "--detach", "--name", name, f"--publish=127.0.0.1::{port}")
        try:
            self.call(*begin, *self.hardened, *options, IMAGE, *command)
            yield Container(self, name, port)
        finally:
            _run([*self.command, "rm", "--force", name])

    def saved(self, folder: Path) -> tuple[dict[str, Any], list[Path]]:
        """Take the image apart: its configuration, and its layers as tar files."""
        archive = folder / "image.tar"
        self.call("save", "--output", str(archive), IMAGE)
        shutil.unpack_archive(archive, folder, filter="data")
        manifest = json.loads((folder / "manifest.json").read_bytes())[0]
        config = json.loads((folder / manifest["Config"]).read_bytes())
        return config, [folder / layer for layer in manifest["Layers"]]


@contextmanager
def built(folder: Path) -> Iterator[Engine]:
    """Build the image with the engine there is; what it needs is kept in the folder."""
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
        yield Engine(podman, enter, (*HARDENED, AS_STRICT_AS_DOCKER))


@contextmanager
def _own_network() -> Iterator[tuple[str, ...]]:
    """A network of its own, so that podman leaves nothing in the machine's."""
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
