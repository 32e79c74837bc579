"""Log files of child processes."""

from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 1_000_000


def open_log(path: Path) -> BinaryIO:
    """Open a log to append to; a long one is renamed to `.1` first.

    So a log and the one before it stay small however often their process starts.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > MAX_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")


def last_lines(path: Path, count: int = 5) -> str:
    """The last lines of a log, each indented on a line of its own, for an error."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 10_000))
        lines = log.read().decode(errors="replace").splitlines()[-count:]
    return "".join(f"\n  {line}" for line in lines)
