"""The table of commands, each imported only when it runs: `--help` needs none of them."""

from importlib import import_module

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

HELP_STYLE = None
"""Plain help: rich would take longer to import than all else that `--help` needs."""

COMMANDS = {
    "up": ("up", "Run the whole suite on this machine, on the embedded Valkey, until Ctrl-C."),
    "serve": ("run", "Serve the named services on the gRPC port, until told to stop."),
    "work": ("run", "Run the background loops of the named services, until told to stop."),
    "import": ("imports", "Import stores from a file, and report the outcome of each row."),
    "export": ("exports", "Export stores into a file for others, or to import it again."),
    "edge": (
        "edge",
        "Serve the application behind Envoy (web page, UCP, MCP), until told to stop.",
    ),
    "envoy": ("envoy", "Run Envoy, the edge, in front of the services and `enrayon edge`."),
    "mcp": (
        "mcp",
        "Serve a chat agent over standard input and output (Model Context Protocol).",
    ),
    "nearest": (
        "nearest",
        "Find the nearest stores: `enrayon nearest pharmacy Hakaniemi`, `nearest 60.17 24.94`.",
    ),
    "hours": (
        "hours",
        "Say whether a store is open: `enrayon hours osm-123 --week` draws its week.",
    ),
    "products": ("products", "Import and search products."),
    "stock": ("stock", "Find, import, export and check stock."),
    "hold": ("hold", "Create, show, change, hand over and cancel holds."),
    "fence": ("fence", "Create fences, replay tracks, see who is inside."),
    "rule": ("people", "Create, list and delete rules: messages to people near stores."),
    "device": ("people", "Register, show and erase the devices of people with consent."),
    "events": ("events", "Watch the events of the suite live."),
    "subscription": (
        "events",
        "Create, list and delete subscriptions to events; replay dead letters.",
    ),
    "aisle": ("aisle", "Inside a store: routes, shelves, floor plans."),
    "roads": ("roads", "Make and check road networks."),
    "backup": (
        "backup",
        "Copy the database into a file, without device positions; the suite may keep running.",
    ),
    "restore": (
        "backup",
        "Load a backup into an empty database. Stop servers and workers first, start them after.",
    ),
    "repair": (
        "repair",
        "Mend the embedded Valkey's append-only file after a power loss or a disk error.",
    ),
    "status": (
        "status",
        "Show the health of services and their parts; exit status 1 if one is unhealthy.",
    ),
    "doctor": (
        "doctor",
        "Check this machine and the running suite, and advise; exit status 1 if a check fails.",
    ),
    "keys": ("keys", "Create, list, rotate and revoke API keys; sign people in."),
    "settings": ("settings", "Show the value, default and meaning of each setting."),
}
"""For each command: its module in `services.cli.commands`, and its line in `--help`."""


class LazyGroup(TyperGroup):
    """A command group that imports a command of `COMMANDS` when it runs, not when it is listed."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str):  # type: ignore[no-untyped-def,override]  # noqa: ARG002
        """A placeholder with the command's help line; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, short_help=COMMANDS[cmd_name][1])

    def get_help_option(self, ctx: typer.Context):  # type: ignore[no-untyped-def,override]
        """The `--help` option, off unless given: typer imports pydantic to read an unset one."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option

    def resolve_command(self, ctx: typer.Context, args: list[str]):  # type: ignore[no-untyped-def,override]
        """The name, the command and the arguments of the command to run."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, imported(name) if name and listed else listed, rest


def imported(name: str):  # type: ignore[no-untyped-def]  # typer does not export its class of commands
    """Imports a command."""
    app = typer.Typer(rich_markup_mode=HELP_STYLE)
    app.callback()(lambda: None)  # without it typer turns an app of one command into that command
    import_module(f"services.cli.commands.{COMMANDS[name][0]}").register(app)
    command = get_group(app).commands[name]
    for listed in command.commands.values() if isinstance(command, TyperGroup) else ():
        # The whole first paragraph; the list of commands cuts a text that is not its short one.
        listed.short_help = (listed.help or "").partition("\n\n")[0]
    return command
