"""The `enrayon` command: its entry point, and how it reports expected failures."""

import sys

import typer
from pydantic import ValidationError
from rich.text import Text

from services.cli.lazy import LazyGroup
from services.cli.output import USAGE, CommandError, errors

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
    """Run the command; an expected failure gives one line and an exit status, no traceback."""
    try:
        app()
    except CommandError as error:
        fail(str(error), error.status)
    except ValidationError as error:  # only settings are validated by pydantic here
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
    errors.print("[bold red]error:[/]", Text(message), highlight=False)
    sys.exit(status)


if __name__ == "__main__":
    main()
