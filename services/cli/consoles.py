"""The consoles of commands, on standard output and on standard error."""

from rich.console import Console

console = Console()
errors = Console(stderr=True)
