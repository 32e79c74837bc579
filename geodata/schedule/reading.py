"""The rules of a text as people spell it, and what was taken for what."""

from geodata.schedule.grammar import parse
from geodata.schedule.syntax import Rule


def understood(text: str) -> tuple[Rule, ...]:
    """The rules of a text."""
    return parse(text)
