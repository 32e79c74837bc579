"""`enrayon backup` and `enrayon restore`: the database into a file, and back."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from services.chassis.database import backup as chassis
from services.chassis.database.backup_file import BackupError, Header, check
from services.chassis.database.client import Client
from services.chassis.database.embedded import EmbeddedValkeyError
from services.chassis.keyring import load_keyring
from services.chassis.settings import ChassisSettings
from services.cli.output import CommandError, console, errors

LEFT_OUT = ("devices", "timers", "trips", "epoch", "probe")
"""Keys that are not copied: people's positions stay nowhere else, and without the epoch servers
load everything again after a restore."""

File = Annotated[Path, typer.Argument(dir_okay=False, help="The backup file.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(file: File) -> None:
    """Copy the database into a file, without device positions; the suite may keep running.

    Each partition is copied as of one moment: its stock with its holds, or all records of a kind.
    The signing keys are not in the file; keep a copy of them elsewhere.
    """
    settings = ChassisSettings()
    keyring = fingerprint(settings)
    with progress_bar("copying") as progress:
        count = run(
            settings,
            lambda client: chassis.backup(client, file, keyring, LEFT_OUT, progress),
        )
    size = file.stat().st_size
    console.print(f"{count:,} keys in {file}, {size / 1e6:,.1f} MB", highlight=False)


def restore(
    file: File,
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete the whole content of the database first.")
    ] = False,
) -> None:
    """Load a backup into an empty database. Stop servers and workers first, start them after."""
    settings = ChassisSettings()
    if not file.is_file():
        raise CommandError(f"there is no file {file}")
    header, count = checked(file)
    console.print(f"{count:,} keys of {header.store}, copied at {header.created}", highlight=False)
    ours = fingerprint(settings)
    if header.keyring and header.keyring[0] not in ours:
        errors.print(
            "[yellow]the signing keys differ from those of the backup: receipts, page tokens "
            "and QR codes made before it will not verify[/]"
        )
    with progress_bar("restoring") as progress:
        run(
            settings,
            lambda client: chassis.restore(client, file, LEFT_OUT, progress, replace=replace),
        )
    console.print(f"{count:,} keys restored; start the servers and workers", highlight=False)


def run(settings: ChassisSettings, act: Callable[[Client], Awaitable[int]]) -> int:
    """Run an act on the database; its expected failures become one-line errors."""
    try:
        return chassis.on_database(settings, act)
    except (BackupError, EmbeddedValkeyError) as error:
        hint = "; --replace deletes its content first" if "not empty" in str(error) else ""
        raise CommandError(f"{error}{hint}") from None
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from None


def checked(file: Path) -> tuple[Header, int]:
    """The header of a backup, and its number of keys.

    Raises:
        CommandError: the file is not a complete backup.
    """
    try:
        return check(file)
    except BackupError as error:
        raise CommandError(str(error)) from None


def fingerprint(settings: ChassisSettings) -> list[str]:
    """Fingerprints of the signing keys, the current key first; they reveal nothing else."""
    return [hash.hex()[:16] for hash in load_keyring(settings).hashes("backup", b"")]


@contextmanager
def progress_bar(title: str) -> Iterator[chassis.Progress]:
    """Shows a progress bar on the terminal; yields the function that advances it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
