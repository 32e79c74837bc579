"""Power losses: a shim that notes what was synced, and the cut of the files to that."""

import os
from pathlib import Path

SHIM = Path(__file__).with_name("powerloss.c")
"""Source of the library that is loaded before the server."""


def cut_to_what_was_synced(folder: Path) -> int:
    """Cut the append-only files as a power loss does; answers how many bytes are gone."""
    lost = 0
    for note in folder.rglob("*.aof.synced"):
        file = note.with_suffix("")
        size = int(note.read_text())
        if file.exists() and file.stat().st_size > size:
            lost += file.stat().st_size - size
            os.truncate(file, size)
    return lost
