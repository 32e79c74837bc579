"""Opens and turns over the log files of child processes."""

import contextlib
import os
import shutil
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 10_000_000
LOOK_S = 5.0
"""Time between two looks at the size of a log."""


def open_log(path: Path) -> BinaryIO:
    """Open a log to append to; a long one is renamed to `.1` first.

    The file that the process then has is kept short by `turn_over`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    turn_over(path)
    return path.open("ab")


def turn_over(path: Path) -> None:
    """Copy a long log to `.1` and empty it; its process goes on writing to the same file.

    Both files stay small. Lines that are written during the copy are lost; on a full disk, all are.
    """
    if path.exists() and path.stat().st_size > MAX_BYTES:
        with contextlib.suppress(OSError):
            shutil.copyfile(path, path.with_name(f"{path.name}.1"))
        os.truncate(path, 0)  # its process appends, and so goes on at the begin


def last_lines(path: Path, count: int = 5) -> str:
    """The last lines of a log, each indented on a line of its own, for an error."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 10_000))
        lines = log.read().decode(errors="replace").splitlines()[-count:]
    return "".join(f"\n  {line}" for line in lines)
