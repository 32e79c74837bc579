"""Output of commands: exit statuses, JSON for scripts, expected errors."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from google.protobuf.message import Message

FAILED = 1
USAGE = 2
UNREACHABLE = 3

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


class CommandError(Exception):
    """An expected failure; its text says what is wrong and how to fix it."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


def print_json(message: "Message") -> None:
    """Print a message as ProtoJSON, as the HTTP API returns it."""
    from google.protobuf.json_format import MessageToJson  # `--help` prints none

    typer.echo(MessageToJson(message, indent=2, ensure_ascii=False))
