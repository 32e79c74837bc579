"""`enrayon repair`: mends the embedded Valkey's files, or takes new signing keys for the data."""

from typing import Annotated

import typer

from services.chassis.database import append_only
from services.chassis.database.client import Client
from services.chassis.database.embedded import EmbeddedValkey, EmbeddedValkeyError, server_binary
from services.chassis.keyring import load_keyring
from services.chassis.settings import ChassisSettings
from services.cli.commands.backup import run
from services.cli.consoles import console
from services.cli.output import USAGE, CommandError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("repair")(repair)


def repair(
    yes: Annotated[
        bool, typer.Option("--yes", help="Cut off the damaged end without a question.")
    ] = False,
    adopt_keys: Annotated[
        bool,
        typer.Option(
            "--adopt-keys",
            help="Take the present signing keys for those of the data. What the lost keys signed "
            "does not verify any more, and records of devices end with their time alone.",
        ),
    ] = False,
) -> None:
    """Mend the embedded Valkey's append-only file after a power loss or a disk error.

    The part after the first damage is cut off. A copy of all files is kept in the data folder.
    """
    settings = ChassisSettings()
    if adopt_keys:
        adopt(settings)
        return
    if settings.database_url:
        raise CommandError(
            "repair is for the embedded Valkey, and ENRAYON_DATABASE_URL names another one; "
            "run `valkey-check-aof --fix` on its machine",
            USAGE,
        )
    valkey = EmbeddedValkey(settings.data_dir)
    try:
        valkey.lock()
        mend(valkey, is_sure=yes)
    except (EmbeddedValkeyError, append_only.RepairError) as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from None
    finally:
        valkey.unlock()


def adopt(settings: ChassisSettings) -> None:
    """Take the signing keys of the settings for those of the data."""
    keyring = load_keyring(settings)

    async def act(client: Client) -> int:
        from services.app import adopt_keys  # loads all services

        await adopt_keys(client, keyring)
        return 0

    run(settings, act)
    console.print("the present signing keys are those of the data now; start the suite")


def mend(valkey: EmbeddedValkey, *, is_sure: bool) -> None:
    """Show the damage, ask, and cut it off."""
    server = server_binary()
    found = append_only.damage(valkey.folder, server)
    if found is None:
        console.print("the append-only file is whole: nothing to repair", highlight=False)
        return
    console.print(f"{found.file}: {explained(found)}", highlight=False)
    if not is_sure and not typer.confirm("Cut them off?"):
        raise CommandError("nothing was changed")
    copy = append_only.repair(found, valkey.folder, valkey.data_dir, server)
    console.print(
        f"mended; the files as they were are in {copy}. Start the suite; if records are missing, "
        "`enrayon restore --replace FILE` loads a backup",
        highlight=False,
    )


def explained(found: append_only.Damage) -> str:
    """The damage in words, with what a repair would lose."""
    cut = f"the last {found.cut_bytes:,} of {found.good_bytes + found.cut_bytes:,} bytes"
    if found.is_blank:
        return f"{cut} are zeros, as a power loss leaves them. No change is in them."
    return (
        f"{cut} cannot be read. A change that was not acknowledged may lie there, and after a disk "
        "error also acknowledged ones. If the end is long, restore a backup instead."
    )
