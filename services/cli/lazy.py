"""A command whose parts are imported only when they are asked for, so that each starts at once."""

from importlib import import_module

import typer
from typer.core import TyperGroup
from typer.main import get_group

MODULES = {
    "up": "up",
    "serve": "run",
    "work": "run",
    "import": "imports",
    "edge": "edge",
    "envoy": "envoy",
    "mcp": "mcp",
    "nearest": "nearest",
    "hours": "hours",
    "products": "products",
    "stock": "stock",
    "hold": "hold",
    "fence": "fence",
    "aisle": "aisle",
    "backup": "backup",
    "restore": "backup",
    "status": "status",
    "doctor": "doctor",
    "keys": "keys",
    "settings": "settings",
}
"""The module of `services.cli` that registers each command, in the order of `--help`."""


class LazyGroup(TyperGroup):
    """The commands of `MODULES`, each imported on its first use."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        """The names of all commands."""
        return list(MODULES)

    def get_command(self, ctx: typer.Context, cmd_name: str):  # type: ignore[no-untyped-def,override]  # noqa: ARG002
        """The command of a name; None when there is none."""
        if cmd_name not in MODULES:
            return None
        app = typer.Typer()
        app.callback()(lambda: None)  # keeps a lone command a command of a group
        import_module(f"services.cli.{MODULES[cmd_name]}").register(app)
        return get_group(app).commands[cmd_name]
