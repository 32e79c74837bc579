"""A lock of a folder that ends with its owner and its owner's children, also when they are killed.

The lock is the kernel's (flock(2)) and ends with the last process that holds its descriptor. An
owner hands it to its children, so that the folder is free once they have ended too.
"""

import fcntl
import os
import time
from pathlib import Path

OWNER_WAIT_S = 3.0  # for an owner that is ending
ORPHAN_WAIT_S = 30.0  # for children of an owner that was killed


class FolderInUseError(RuntimeError):
    """Another process owns the folder; the text says which one and what to do."""


class FolderLock:
    """The file `lock` in a folder, with the process id and a note of the owner."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._descriptor: int | None = None

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The descriptors that a child must inherit (`pass_fds`) to hold the lock too."""
        return () if self._descriptor is None else (self._descriptor,)

    def acquire(self, note: str) -> None:
        """Take the folder and publish `note`, or raise FolderInUseError or OSError."""
        if self._descriptor is not None:
            return
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._wait(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()} {note}\n".encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Unlock the folder; it is free once the children that hold the lock have ended."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _wait(self, descriptor: int) -> None:
        began = time.monotonic()
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                owner, _ = read(self.folder)
                wait_s = OWNER_WAIT_S if _is_alive(owner) else ORPHAN_WAIT_S
                if time.monotonic() - began > wait_s:
                    raise FolderInUseError(
                        f"the data folder {self.folder} is in use by process {owner}. "
                        "Stop that process first, or set ENRAYON_DATA_DIR to another folder."
                    ) from error
                time.sleep(0.02)


def read(folder: Path) -> tuple[int, str]:
    """Process id and note of the last owner; 0 and an empty text if there was none."""
    try:
        owner, note = (folder / "lock").read_text().split(maxsplit=1)
        return int(owner), note.strip()
    except (OSError, ValueError):
        return 0, ""


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
