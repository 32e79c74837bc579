"""The record: one row of any format, before it becomes a store."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from geodata.importers.report import Rejected


def words(text: str) -> frozenset[str]:
    """The set of the words of a text."""
    return frozenset(text.split())


FIELDS = words(
    """
    id name brand branch operator lat lon housenumber street unit address address2 city state
    postcode country phone website opening_hours coordinates timezone status opening_date
    end_date private description images payment_methods
    """
)
"""The names of a record's fields, in every format."""


@dataclass(slots=True)
class Record:
    """A row, with its values by name in `FIELDS`, as text."""

    row: int
    fields: dict[str, str]
    raw: Mapping[str, object]
    source: str = ""
    """The source, if the file names it."""
    attributes: set[str] = field(default_factory=set)
    external_ids: dict[str, str] = field(default_factory=dict)
    repairs: list[tuple[str, str]] = field(default_factory=list)
    """(field, note) of the reader's repairs."""
    localized: dict[str, dict[str, str]] = field(default_factory=dict)
    """Field (`name`, `description`) to its texts in other languages, by BCP 47 tag."""
    expression: str = ""
    """The opening hours in OSM grammar, where the reader of the format understood them."""
    day_texts: Mapping[str, str] = field(default_factory=dict)
    """The opening hours of days by column, still to be understood."""
    doubts: list[tuple[str, str]] = field(default_factory=list)
    """(field, note) of values that the reader did not understand."""


Records: TypeAlias = Iterator[Record | Rejected]
"""The output of a reader."""


def clean(value: object) -> str:
    """A value as one line of text, without control characters and extra spaces."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = value if isinstance(value, str) else str(value)
    if not text.isprintable():
        text = "".join(" " if _is_control(character) else character for character in text)
    joined = " ".join(text.split())
    # The same object, so that a row and its raw values share it.
    return text if joined == text else joined


def _is_control(character: str) -> bool:
    # Lone surrogates (Cs) cannot be encoded as UTF-8.
    return unicodedata.category(character) in {"Cc", "Cs"}
