"""The `enrayon` command."""

import sys

import typer

from services.cli.lazy import LazyGroup
from services.cli.output import CommandError, errors

app = typer.Typer(
    cls=LazyGroup,
    name="enrayon",
    help="Which store near me, is it open, does it have my basket, and on which shelf is it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback()
def enrayon() -> None:
    """Which store near me, is it open, does it have my basket, and on which shelf is it."""


def main() -> None:
    """Run the command; an expected failure is one line and an exit status, no traceback."""
    try:
        app()
    except CommandError as error:
        errors.print(f"[bold red]error:[/] {error}", highlight=False)
        sys.exit(error.status)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
