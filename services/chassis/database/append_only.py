"""The append-only files of an embedded Valkey: a look whether they are all there, and their repair.

Valkey starts empty where its manifest is missing, whatever other files lie there. What is set
aside here is moved, never deleted.
"""

import datetime as dt
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from services.chassis.database.data_set import SNAPSHOTS, kept_records, summary

FOLDER = "appendonlydir"
MANIFEST = "appendonly.aof.manifest"
_CHUNK = 1024 * 1024
_WHOLE = ("is valid", "is empty")
"""Last words of the checker about a file without damage."""


class DataLostError(Exception):
    """The database's files are gone though there were data; the text says which files."""


class RepairError(Exception):
    """The files cannot be repaired; the text says why and what to do."""


class Damage(NamedTuple):
    """The end of a file that Valkey cannot read."""

    file: Path
    good_bytes: int
    """The length of the part that it reads."""
    cut_bytes: int
    """The length of the rest, which a repair cuts off."""
    is_blank: bool
    """Whether the rest is zeros only, as a power loss leaves them: no change is in it."""


def check(data_dir: Path, folder: Path) -> None:
    """Refuse to begin anew where there were data.

    Args:
        data_dir: the data folder, with the snapshots of servers.
        folder: Valkey's own folder.

    Raises:
        DataLostError: the append-only file is gone, and other files show that there were data.
    """
    if (folder / FOLDER / MANIFEST).exists():
        return
    if left := sorted((folder / FOLDER).glob("*.aof")) + sorted((folder / FOLDER).glob("*.rdb")):
        raise DataLostError(
            f"{folder / FOLDER / MANIFEST} is gone, but its data are there ({left[0].name})"
        )
    if kept := kept_records(data_dir):
        raise DataLostError(
            f"the append-only file in {folder} is gone, but snapshots in {data_dir} hold "
            f"{summary(kept)} of it"
        )


def set_aside(data_dir: Path, folder: Path) -> Path | None:
    """Move what is left of earlier data into a folder of its own, and return that folder."""
    left = [*data_dir.glob(SNAPSHOTS), *folder.glob(FOLDER)]
    if not left:
        return None
    aside = _new_folder(data_dir, "earlier")
    for path in left:
        path.rename(aside / path.name)
    return aside


def damage(folder: Path, server: Path) -> Damage | None:
    """The damage at the end of the newest file, as Valkey's own checker finds it.

    Args:
        folder: Valkey's own folder.
        server: the server program, which is the checker too.

    Raises:
        RepairError: there is no such file, the checker cannot tell, or an older file is damaged,
            whose end cannot be cut off.
    """
    *older, file = _files(folder)
    for each in older:
        if not _is_whole(server, each):
            raise RepairError(
                f"{each} is damaged or gone, and cannot be mended. Move {folder / FOLDER} "
                "elsewhere, then load a backup with `enrayon restore FILE`"
            )
    text = _checked(server, [str(file)])
    if text.rstrip().endswith(_WHOLE):
        return None
    try:
        words = dict(word.split("=") for word in text.replace(",", " ").split() if "=" in word)
        good = int(words["ok_up_to"])
    except (KeyError, ValueError):
        raise RepairError(f"{file} cannot be read at all: {text.strip()[-500:]}") from None
    return Damage(file, good, file.stat().st_size - good, _is_blank(file, good))


def repair(found: Damage, folder: Path, data_dir: Path, server: Path) -> Path:
    """Cut off the damaged end; returns the folder with a copy of all files as they were.

    Raises:
        RepairError: the checker did not mend it.
        OSError: there is no space for the copy.
    """
    copy = _new_folder(data_dir, "damaged")
    shutil.copytree(folder / FOLDER, copy / FOLDER)
    _checked(server, ["--fix", str(found.file)], answer="y\n")
    if (rest := damage(folder, server)) is not None:
        raise RepairError(f"{found.file} is still damaged from byte {rest.good_bytes:,} on")
    return copy


def _files(folder: Path) -> list[Path]:
    """The files of the manifest, `file NAME seq N type b`, the one that Valkey appends to last."""
    manifest = folder / FOLDER / MANIFEST
    try:
        lines = [line.split() for line in manifest.read_text().splitlines()]
    except FileNotFoundError:
        raise RepairError(f"there is no {manifest}: nothing to repair here") from None
    base, grown = (
        [manifest.with_name(words[1]) for words in lines if words[-1:] == [kind]] for kind in "bi"
    )
    if not grown or not grown[-1].is_file():
        raise RepairError(f"{manifest} names no file that is there; restore a backup instead")
    return [*base, *grown]


def _is_whole(server: Path, file: Path) -> bool:
    if file.suffix == ".rdb":
        return "RDB looks OK" in _checked(server, [str(file)], program="valkey-check-rdb")
    return _checked(server, [str(file)]).rstrip().endswith(_WHOLE)


def _checked(
    server: Path, arguments: Sequence[str], answer: str = "", program: str = "valkey-check-aof"
) -> str:
    # The server is the checker too, under the checker's name.
    done = subprocess.run(  # noqa: S603 the command is our own
        [program, *arguments],
        executable=server,
        input=answer,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return done.stdout or done.stderr


def _is_blank(file: Path, start: int) -> bool:
    with file.open("rb") as bytes:
        bytes.seek(start)
        return all(not any(chunk) for chunk in iter(lambda: bytes.read(_CHUNK), b""))


def _new_folder(data_dir: Path, name: str) -> Path:
    folder = data_dir / f"{name}-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}"
    folder.mkdir(mode=0o700)
    return folder
