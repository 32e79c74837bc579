"""`enrayon backup` and `enrayon restore`."""

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
"""Where people were last is kept nowhere else; a new epoch makes servers load everything anew."""

File = Annotated[Path, typer.Argument(dir_okay=False, help="The file.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(file: File) -> None:
    """Copy all that the store holds into a file, but where devices are; the suite may run on.

    What belongs together is copied as at one moment: all stock of a partition with its holds, all
    records of a kind. The signing keys are not in it; keep them elsewhere.
    """
    settings = ChassisSettings()
    keyring = fingerprint(settings)
    with shown("copying") as progress:
        count = done(
            settings,
            lambda client: chassis.backup(client, file, keyring, LEFT_OUT, progress),
        )
    size = file.stat().st_size
    console.print(f"{count:,} keys in {file}, {size / 1e6:,.1f} MB", highlight=False)


def restore(
    file: File,
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete all that the store holds first.")
    ] = False,
) -> None:
    """Copy a backup into an empty store. Stop the servers and workers before, start them after."""
    settings = ChassisSettings()
    if not file.is_file():
        raise CommandError(f"there is no file {file}")
    header, count = checked(file)
    console.print(f"{count:,} keys of {header.store}, copied at {header.created}", highlight=False)
    ours = fingerprint(settings)
    if header.keyring and header.keyring[0] not in ours:
        errors.print(
            "[yellow]the signing keys are others than those of the backup: receipts, page tokens "
            "and QR codes from before will not be known[/]"
        )
    with shown("restoring") as progress:
        done(
            settings,
            lambda client: chassis.restore(client, file, LEFT_OUT, progress, replace=replace),
        )
    console.print(f"{count:,} keys restored; start the servers and workers", highlight=False)


def done(settings: ChassisSettings, act: Callable[[Client], Awaitable[int]]) -> int:
    """Act on the store; what fails is told on one line."""
    try:
        return chassis.on_database(settings, act)
    except (BackupError, EmbeddedValkeyError) as error:
        hint = "; --replace deletes it first" if "not empty" in str(error) else ""
        raise CommandError(f"{error}{hint}") from None
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from None


def checked(file: Path) -> tuple[Header, int]:
    """What a backup says of itself, and how many keys it has."""
    try:
        return check(file)
    except BackupError as error:
        raise CommandError(str(error)) from None


def fingerprint(settings: ChassisSettings) -> list[str]:
    """What tells signing keys apart and says nothing else of them, the current one first."""
    return [hash.hex()[:16] for hash in load_keyring(settings).hashes("backup", b"")]


@contextmanager
def shown(what: str) -> Iterator[chassis.Progress]:
    """A bar on the terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(what, total=None)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield told
