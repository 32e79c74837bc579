"""`enrayon settings`: all settings with their values, defaults and meanings."""

import re

import orjson
import typer
from pydantic_core import to_jsonable_python
from rich.table import Table

from services.app import SETTINGS
from services.chassis.settings import EnvironmentSettings
from services.cli.channel import CallerSettings
from services.cli.consoles import console
from services.cli.output import JsonOption

PASSWORD = re.compile(r":[^:/@]*@")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("settings")(show)


def show(json: JsonOption = False) -> None:
    """Show the value, default and meaning of each setting."""
    rows = [row for kind in (*SETTINGS, CallerSettings) for row in described(kind)]
    if json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("variable", no_wrap=True)
    table.add_column("value", overflow="fold", max_width=24)
    table.add_column("default", overflow="fold", max_width=18)
    table.add_column("meaning")
    for row in rows:
        changed = row["value"] != row["default"]
        table.add_row(
            f"[cyan]{row['variable']}[/]",
            f"[bold]{row['value']}[/]" if changed else str(row["value"]),
            f"[dim]{row['default']}[/]",
            row["meaning"],
        )
    console.print(table)


def described(kind: type[EnvironmentSettings]) -> list[dict[str, str]]:
    """The settings of a class; of a secret only whether it is set."""
    values = kind()
    rows = []
    for name, field in kind.model_fields.items():
        variable = f"ENRAYON_{name.upper()}"
        value = getattr(values, name)
        default = field.get_default(call_default_factory=True)
        if value and not field.repr and not variable.endswith("_URL"):
            value = "(set)"
        if variable.endswith("_URL"):
            value = PASSWORD.sub(":***@", value)
        rows.append(
            {
                "variable": variable,
                "value": str(to_jsonable_python(value)),
                "default": str(to_jsonable_python(default)),
                "meaning": field.description or "",
            }
        )
    return rows
