"""Output of commands: consoles, exit statuses, JSON for scripts, expected errors."""

from typing import Annotated

import typer
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from rich.console import Console

console = Console()
errors = Console(stderr=True)

FAILED = 1
USAGE = 2
UNREACHABLE = 3

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


class CommandError(Exception):
    """An expected failure; its text says what is wrong and how to fix it."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


def print_json(message: Message) -> None:
    """Print a message as ProtoJSON, as the HTTP API returns it."""
    typer.echo(MessageToJson(message, indent=2, ensure_ascii=False))
