"""The `enrayon` command: its entry point, and how it reports expected failures.

Help is quick: what only a running command needs is imported inside functions.
"""

import sys
from typing import Annotated

import typer

from services.cli.lazy import HELP_STYLE, LazyGroup
from services.cli.output import USAGE, CommandError

app = typer.Typer(
    cls=LazyGroup,
    name="enrayon",
    help="Which store near me, is it open, does it have my basket, and on which shelf is it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=HELP_STYLE,
    pretty_exceptions_enable=False,
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"enrayon {version('enrayon')}")
        raise typer.Exit


@app.callback()
def enrayon(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Which store near me, is it open, does it have my basket, and on which shelf is it."""


def main() -> None:
    """Run the command; an expected failure gives one line and an exit status, no traceback."""
    try:
        app()
    except CommandError as error:
        fail(str(error), error.status)
    except ValueError as error:
        from pydantic import ValidationError

        if not isinstance(error, ValidationError):
            raise
        # Only settings are validated by pydantic here.
        problems = [
            f"ENRAYON_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}"
            if e["loc"]
            else e["msg"].removeprefix("Value error, ")
            for e in error.errors()
        ]
        fail("; ".join(problems), USAGE)
    except KeyboardInterrupt:
        sys.exit(130)


def fail(message: str, status: int) -> None:
    """Print an error on one line and exit with the status."""
    from rich.text import Text

    from services.cli.consoles import errors

    errors.print("[bold red]error:[/]", Text(message), highlight=False)
    sys.exit(status)


if __name__ == "__main__":
    main()
