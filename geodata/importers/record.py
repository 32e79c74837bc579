"""One row of any format, on its way to becoming a store."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from geodata.importers.report import Rejected


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


FIELDS = words(
    """
    id name brand branch operator lat lon housenumber street unit address address2 city state
    postcode country phone website opening_hours timezone status opening_date private
    """
)
"""The names by which a row's values are known, whatever the format called them."""


@dataclass(slots=True)
class Record:
    """A row with the fields of `FIELDS` that it has, as text."""

    row: int
    fields: dict[str, str]
    raw: Mapping[str, object]
    source: str = ""
    """The source, where the file tells it."""
    attributes: set[str] = field(default_factory=set)
    external_ids: dict[str, str] = field(default_factory=dict)
    repairs: list[tuple[str, str]] = field(default_factory=list)
    """Field and note of what the reader set right already."""
    doubts: list[tuple[str, str]] = field(default_factory=list)
    """Field and note of what the reader could not make out."""


Records: TypeAlias = Iterator[Record | Rejected]
"""What the reader of a format yields."""


def clean(value: object) -> str:
    """Any value as one line of text: no control characters, no double or outer spaces."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = value if isinstance(value, str) else str(value)
    if not text.isprintable():
        text = "".join(" " if _is_control(character) else character for character in text)
    return " ".join(text.split())


def _is_control(character: str) -> bool:
    # Lone surrogates (Cs) cannot be written as UTF-8 either.
    return unicodedata.category(character) in {"Cc", "Cs"}
