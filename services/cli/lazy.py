"""A command whose parts are imported only when they are asked for, so that each starts at once."""

from importlib import import_module

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

COMMANDS = {
    "up": ("up", "Run the whole suite on this machine, on the embedded Valkey, until Ctrl-C."),
    "serve": ("run", "Serve the named services on the gRPC port, until told to stop."),
    "work": ("run", "Run the background loops of the named services, until told to stop."),
    "import": ("imports", "Import stores from a file, and say what became of each row."),
    "edge": (
        "edge",
        "Serve the application behind Envoy (web page, UCP, MCP), until told to stop.",
    ),
    "envoy": ("envoy", "Run Envoy, the edge, in front of the services and of `enrayon edge`."),
    "mcp": (
        "mcp",
        "Serve a chat agent over standard input and output (Model Context Protocol).",
    ),
    "nearest": (
        "nearest",
        "Find the nearest stores: `enrayon nearest Kamppi`, `enrayon nearest 60.1699 24.9384`.",
    ),
    "hours": (
        "hours",
        "Say whether a store is open: `enrayon hours osm-123 --week` draws its week too.",
    ),
    "products": ("products", "Import and search products."),
    "stock": ("stock", "Find, import, export and check stock."),
    "hold": ("hold", "Make, see, carry out and give up holds."),
    "fence": ("fence", "Geofences: live events, and tracks replayed."),
    "aisle": ("aisle", "In the store: routes, shelves, plans."),
    "backup": (
        "backup",
        "Copy all that the store holds into a file, but where devices are; the suite may run on.",
    ),
    "restore": (
        "backup",
        "Copy a backup into an empty store. Stop the servers and workers before, start them after.",
    ),
    "status": (
        "status",
        "Show whether services and their parts are well; exit status 1 when one is not.",
    ),
    "doctor": (
        "doctor",
        "Check this machine and the running suite, and say what to do; "
        "exit status 1 if any is bad.",
    ),
    "keys": ("keys", "Make, see, change and revoke API keys."),
    "settings": ("settings", "Show each setting with its value, its default and its meaning."),
}
"""For each command its module in `services.cli.commands`, and its line in `--help`."""


class LazyGroup(TyperGroup):
    """`COMMANDS`, each imported when it is run; the list of them imports none."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str):  # type: ignore[no-untyped-def,override]  # noqa: ARG002
        """What stands for the command of a name in a list; None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: typer.Context, args: list[str]):  # type: ignore[no-untyped-def,override]
        """The name, the command and the arguments of what is to be run."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, imported(name) if name and listed else listed, rest


def imported(name: str):  # type: ignore[no-untyped-def]  # typer keeps its class of commands to itself
    """The command itself."""
    app = typer.Typer()
    app.callback()(lambda: None)  # keeps a lone command a command of a group
    import_module(f"services.cli.commands.{COMMANDS[name][0]}").register(app)
    return get_group(app).commands[name]
