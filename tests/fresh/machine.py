"""A bare Debian in a folder, and commands in it that leave no process and no mount behind.

Each command has namespaces of its own for processes and mounts. They end with it, however it ends:
also when this process is killed.
"""

import ast
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from configparser import RawConfigParser
from io import StringIO
from pathlib import Path

PACKAGES = "python3,python3-venv,git,make"
TOOLS = {
    "debootstrap": "debootstrap",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "git": "git",
    "apt-get": "apt",
}
"""The programs that build a machine, with the package of Debian that has each."""
USER = "newcomer"
CHECKOUT = f"/home/{USER}/a checkout"
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")

NAMESPACES = ["--mount", "--pid", "--ipc", "--uts", "--propagation", "private"]
ENTER = """
set -e
mount -t proc proc "$1/proc"
mount -t tmpfs -o mode=1777,nosuid,nodev shm "$1/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 pts "$1/dev/pts"
if [ "$2" = offline ]; then chroot "$1" python3 -c "$3"; fi
status=0
chroot "$1" setpriv --reuid="$4" --regid="$4" --clear-groups --reset-env sh -c "$5" || status=$?
exit $status
"""
"""The shell stays, as the first process of its namespace: it waits for those left alone."""
LOOPBACK = """
import fcntl, socket, struct
with socket.socket() as any:
    fcntl.ioctl(any, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # SIOCSIFFLAGS: up and running
"""


class CannotBeDoneError(RuntimeError):
    """A machine cannot be built here; the text says why."""


def check_host() -> None:
    """Return if machines can be built on this one.

    Raises:
        CannotBeDoneError: it is not Linux, this is not root, or a program is missing.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        raise CannotBeDoneError("it needs Linux and root: it makes namespaces and a root folder")
    for program, package in TOOLS.items():
        if not shutil.which(program):
            raise CannotBeDoneError(f"it needs {program}; on Debian: apt-get install {package}")
    tried = ["unshare", *NAMESPACES, "--net", "--fork", "true"]
    done = subprocess.run(tried, capture_output=True, text=True)
    if done.returncode:
        raise CannotBeDoneError(f"no namespaces can be made here: {done.stderr.strip()}")


def mirror(suite: str) -> str:
    """The address that apt on this machine has Debian from, best that of the same suite.

    Raises:
        CannotBeDoneError: apt knows none.
    """
    words = [
        "apt-get",
        "indextargets",
        "--format",
        "$(RELEASE) $(REPO_URI)",
        "Created-By: Packages",
    ]
    told = subprocess.run(words, capture_output=True, text=True).stdout
    found = [line.split(" ", 1) for line in told.splitlines()]
    of_debian = [(release, uri) for release, uri in found if uri.rstrip("/").endswith("/debian")]
    for release, uri in of_debian:
        if release == suite:
            return uri
    if not of_debian:
        raise CannotBeDoneError("apt on this machine has no address of Debian's packages")
    return of_debian[0][1]


class Machine:
    """A bare machine: Debian with Python, git and make, and a user without rights."""

    def __init__(self, root: Path, suite: str) -> None:
        self.root = root
        self.suite = suite

    def build(self, log: Path, timeout_s: float) -> None:
        """Build it.

        Raises:
            subprocess.TimeoutExpired: it took longer, and was ended.
            CannotBeDoneError: the packages cannot be had.
        """
        words = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", self.suite]
        with log.open("ab") as output:
            done = subprocess.run(
                _ended_with_us([*words, str(self.root), mirror(self.suite)]),
                env={**os.environ, **apt_proxies()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=timeout_s,
            )
        if done.returncode:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise CannotBeDoneError(f"Debian {self.suite} cannot be built: {' '.join(last)}")
        for name in ("resolv.conf", "hosts"):
            shutil.copy(Path("/etc", name), self.root / "etc" / name)
        (self.root / "etc" / "pip.conf").write_text(self._pip_settings())
        subprocess.run(["chroot", self.root, "useradd", "--create-home", USER], check=True)

    def copy(self, repository: Path) -> None:
        """Copy the last commit of a repository for the user."""
        target = Path(f"{self.root}{CHECKOUT}")
        words = ["git", "clone", "--quiet", "--no-hardlinks", "--depth=1", f"file://{repository}"]
        subprocess.run([*words, target], check=True)
        subprocess.run(["chroot", self.root, "chown", "-R", f"{USER}:{USER}", CHECKOUT], check=True)

    def python(self) -> str:
        """The version of its Python."""
        words = ["chroot", str(self.root), "python3", "--version"]
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        return told.removeprefix("Python ").strip()

    def run(self, command: str, log: Path, *, online: bool, timeout_s: float) -> int:
        """Run a shell command in the checkout as the user; its exit status.

        Args:
            command: For its shell.
            log: Where it writes.
            online: Whether it reaches the network of this machine; else it has one of its own,
                where every port is free and nothing is reached.
            timeout_s: How long it may take.

        Raises:
            subprocess.TimeoutExpired: it took longer, and was ended.
        """
        settings = {"LC_ALL": "C", "USER": USER, **(proxies() if online else {})}
        set_up = " ".join(f"{name}={shlex.quote(value)}" for name, value in settings.items())
        script = f"cd {shlex.quote(CHECKOUT)} && export {set_up} && {command}"
        words = ["unshare", *NAMESPACES, *([] if online else ["--net"]), "--fork", "--kill-child"]
        mode = "online" if online else "offline"
        inner = ["sh", "-c", ENTER, "sh", str(self.root), mode, LOOPBACK, USER, script]
        with log.open("ab") as output:
            done = subprocess.run(
                _ended_with_us([*words, *inner]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=timeout_s,
            )
        return done.returncode

    def _pip_settings(self) -> str:
        """The settings of this machine's pip, for the machine; files that they name are copied."""
        sections: dict[str, dict[str, str]] = {}
        for section, name, value in pip_settings():
            sections.setdefault(section, {})[name] = value
            for path in map(Path, value.split()):
                copied = Path(f"{self.root}{path}")
                if path.is_absolute() and path.is_file():
                    copied.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, copied)
                elif path.is_absolute() and path.is_dir():
                    shutil.copytree(path, copied, dirs_exist_ok=True)
        parser = RawConfigParser()
        parser.read_dict(sections)
        text = StringIO()
        parser.write(text)
        return text.getvalue()


def _ended_with_us(words: list[str]) -> list[str]:
    """A command that is killed when this process ends."""
    return ["setpriv", "--pdeathsig", "KILL", *words]


def pip_settings() -> Iterator[tuple[str, str, str]]:
    """Section, name and value of the settings of this machine's pip, the strongest last."""
    if not shutil.which("pip"):
        return
    told = subprocess.run(["pip", "config", "list"], capture_output=True, text=True).stdout
    weakest_first = sorted(told.splitlines(), key=lambda line: line.startswith(":env:"))
    for line in weakest_first:
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        yield section.replace(":env:", "global"), name, str(ast.literal_eval(value))


def proxies() -> Mapping[str, str]:
    """The proxies that this process is told to use."""
    names = [*PROXIES, *(name.upper() for name in PROXIES)]
    return {name: os.environ[name] for name in names if name in os.environ}


def apt_proxies() -> Mapping[str, str]:
    """The proxies that apt is told to use, for debootstrap."""
    found = {}
    for name in ("http", "https"):
        words = ["apt-config", "shell", "proxy", f"Acquire::{name}::Proxy"]
        told = subprocess.run(words, capture_output=True, text=True).stdout.strip()
        if told:
            found[f"{name}_proxy"] = shlex.split(told)[0].partition("=")[2]
    return found
