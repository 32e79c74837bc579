"""`enrayon settings`: all settings with their values, defaults and meanings."""

import re
from typing import Annotated

import orjson
import typer
from pydantic_core import to_jsonable_python
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from services.app import SETTINGS
from services.chassis.settings import EnvironmentSettings
from services.cli.channel import CallerSettings
from services.cli.consoles import console
from services.cli.output import JsonOption

WIDE = 120
"""Columns from which four of them are readable beside each other."""
PASSWORD = re.compile(r":[^:/@]*@")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("settings")(show)


def show(
    word: Annotated[str, typer.Argument(help="Only settings with this in name or meaning.")] = "",
    changed: Annotated[
        bool, typer.Option("--changed", help="Only settings that differ from their default.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show the value, default and meaning of each setting.

    Example: `enrayon settings envoy`.
    """
    rows = [row for kind in (*SETTINGS, CallerSettings) for row in described(kind)]
    rows = [
        row
        for row in rows
        if word.casefold() in f"{row['variable']} {row['meaning']}".casefold()
        and not (changed and row["value"] == row["default"])
    ]
    if json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    elif not rows:
        console.print("No setting matches.")
    elif console.width < WIDE:
        show_narrow(rows)
    else:
        show_wide(rows)


def show_narrow(rows: list[dict[str, str]]) -> None:
    """Print each setting as a paragraph."""
    for row in rows:
        console.print(Text.assemble((row["variable"], "cyan"), " ", shown_value(row)))
        console.print(Padding(Text(row["meaning"], style="dim"), (0, 0, 0, 2)))


def shown_value(row: dict[str, str]) -> Text:
    """The value, bold and with the default if it differs from that."""
    if row["value"] == row["default"]:
        return Text(f"= {row['value'] or '(empty)'}", style="dim")
    return Text.assemble(
        (f"= {row['value'] or '(empty)'}", "bold"), f" (default {row['default'] or 'empty'})"
    )


def show_wide(rows: list[dict[str, str]]) -> None:
    """Print the settings as a table."""
    table = Table(box=None, pad_edge=False)
    table.add_column("variable", no_wrap=True)
    table.add_column("value", overflow="fold", max_width=24)
    table.add_column("default", overflow="fold", max_width=18)
    table.add_column("meaning")
    for row in rows:
        is_changed = row["value"] != row["default"]
        table.add_row(
            Text(row["variable"], style="cyan"),
            Text(row["value"], style="bold" if is_changed else ""),
            Text(row["default"], style="dim"),
            Text(row["meaning"]),
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
