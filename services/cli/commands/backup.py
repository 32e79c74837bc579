"""`enrayon backup` and `enrayon restore`: the database into a file, and back."""

import datetime as dt
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from services.chassis.database import backup as chassis
from services.chassis.database.backup_file import BackupError, Header, check
from services.chassis.database.client import Client
from services.chassis.database.data_set import MARKS
from services.chassis.database.embedded import EmbeddedValkeyError
from services.chassis.database.sealed_file import SealError, SealKey
from services.chassis.keyring import load_keyring
from services.chassis.settings import ChassisSettings
from services.cli.consoles import console, errors
from services.cli.output import USAGE, CommandError

LEFT_OUT = ("devices", "timers", "trips", *MARKS)
"""Keys that are not copied: people's positions stay nowhere else, and without the marks of a data
set servers load everything again after a restore."""

NAME = "enrayon-{:%Y%m%dT%H%M%SZ}.backup"
NAMED = re.compile(r"enrayon-\d{8}T\d{6}Z\.backup(\.part)?")
"""The name of a backup in a folder, by its time in UTC, or of one that did not end; names sort by
time."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(help="The backup file, or a folder: its file is named by the time."),
    ] = None,
    keep: Annotated[
        int,
        typer.Option(min=0, help="Keep so many backups of the folder, the latest; 0: all."),
    ] = 0,
    make_key: Annotated[
        bool,
        typer.Option("--make-key", help="Only make the backup key, if there is none yet."),
    ] = False,
) -> None:
    """Copy the database into a file, without device positions; the suite may keep running.

    Each partition is copied as of one moment: its stock with its holds, or all records of a kind.
    The file is signed with the backup key (ENRAYON_BACKUP_KEY_FILE). Neither this key nor the
    signing keys are in the file; keep a copy of both elsewhere.
    """
    settings = ChassisSettings()
    if make_key:
        key_to_seal(settings)
        return
    if file is None:
        raise CommandError("name the file of the backup, or a folder", USAGE)
    if keep and not file.is_dir():
        raise CommandError(f"--keep needs a folder, and {file} is none", USAGE)
    folder = file if file.is_dir() else None
    if folder:
        file = folder / NAME.format(dt.datetime.now(dt.UTC))
    copy(settings, file)
    if folder and keep:
        prune(folder, keep)


def copy(settings: ChassisSettings, file: Path) -> None:
    """Copy the database into a file."""
    keyring = load_keyring(settings).fingerprints
    key = key_to_seal(settings)
    with progress_bar("copying") as progress:
        count = run(
            settings,
            lambda client: chassis.backup(
                client,
                file,
                keyring,
                LEFT_OUT,
                progress,
                key,
                is_encrypted=settings.backup_encrypted,
            ),
        )
    size = file.stat().st_size
    console.print(f"{count:,} keys in {file}, {size / 1e6:,.1f} MB", highlight=False)


def prune(folder: Path, keep: int) -> None:
    """Delete what is older than the latest backups of a folder; files of other names stay."""
    found = sorted(path for path in folder.iterdir() if NAMED.fullmatch(path.name))
    whole = [path for path in found if path.suffix == ".backup"]
    for path in found:
        if path < whole[-keep:][0]:
            path.unlink()


def restore(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The backup file.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete the whole content of the database first.")
    ] = False,
    unsigned: Annotated[
        bool,
        typer.Option(
            "--unsigned",
            help="Take the file without a look at its signature: one from before backups were "
            "signed, or whose key is lost. Only if nobody else could alter it.",
        ),
    ] = False,
) -> None:
    """Load a backup into an empty database. Stop servers and workers first, start them after."""
    settings = ChassisSettings()
    if not file.is_file():
        raise CommandError(f"there is no file {file}")
    key = key_to_open(settings, unsigned=unsigned)
    header, count = checked(file, key, unsigned=unsigned)
    console.print(f"{count:,} keys of {header.store}, copied at {header.created}", highlight=False)
    ours = load_keyring(settings).fingerprints
    if header.keyring and header.keyring[0] not in ours:
        errors.print(
            "[yellow]the signing keys differ from those of the backup: receipts, page tokens "
            "and QR codes made before it will not verify[/]"
        )
    with progress_bar("restoring") as progress:
        run(
            settings,
            lambda client: chassis.restore(
                client, file, LEFT_OUT, progress, key, replace=replace, is_unsigned=unsigned
            ),
            anew=True,
        )
    console.print(f"{count:,} keys restored; start the servers and workers", highlight=False)


def run(
    settings: ChassisSettings, act: Callable[[Client], Awaitable[int]], *, anew: bool = False
) -> int:
    """Run an act on the database; its expected failures become one-line errors."""
    try:
        return chassis.on_database(settings, act, anew=anew)
    except (BackupError, EmbeddedValkeyError) as error:
        hint = "; --replace deletes its content first" if "not empty" in str(error) else ""
        raise CommandError(f"{error}{hint}") from None
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from None


def checked(file: Path, key: SealKey | None, *, unsigned: bool) -> tuple[Header, int]:
    """The header of a backup, and its number of keys.

    Raises:
        CommandError: the file is not a complete backup, or not signed with the key.
    """
    try:
        return check(file, key, is_unsigned=unsigned)
    except BackupError as error:
        raise CommandError(str(error)) from None


def key_to_seal(settings: ChassisSettings) -> SealKey:
    """The backup key, which is made if there is none yet.

    Raises:
        CommandError: the key cannot be used or made.
    """
    path = settings.backup_key_file
    if path.resolve().is_relative_to(settings.data_dir.resolve()):
        raise CommandError(
            f"the backup key {path} lies in the data folder, and would be lost with it: set "
            "ENRAYON_BACKUP_KEY_FILE to a file elsewhere",
            USAGE,
        )
    try:
        if path.exists():
            return SealKey.load(path)
        key = SealKey.make(path)
    except SealError as error:
        raise CommandError(f"{error}; ENRAYON_BACKUP_KEY_FILE names another file") from None
    errors.print(
        f"[yellow]made the backup key {path}. Keep a copy of it apart from the backups: without "
        "it a backup cannot be checked, and an encrypted one not be read[/]",
        highlight=False,
    )
    return key


def key_to_open(settings: ChassisSettings, *, unsigned: bool) -> SealKey | None:
    """The backup key; None if there is none and signatures do not count.

    Raises:
        CommandError: there is no usable key.
    """
    path = settings.backup_key_file
    if unsigned and not path.exists():
        return None
    try:
        return SealKey.load(path)
    except SealError as error:
        raise CommandError(
            f"{error}. Put the key that signed the backup there, or set ENRAYON_BACKUP_KEY_FILE; "
            "--unsigned takes the backup without it, unless it is encrypted"
        ) from None


@contextmanager
def progress_bar(title: str) -> Iterator[chassis.Progress]:
    """Shows a progress bar on the terminal; yields the function that advances it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
