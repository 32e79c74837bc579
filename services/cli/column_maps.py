"""Keeps what the caller says of a feed's columns in a TOML file, and reads it again."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from geodata.importers import ColumnMap
from services.cli.output import USAGE, CommandError


@dataclass(frozen=True, slots=True)
class Feed:
    """What is said of a feed: its columns, its source and its coordinates."""

    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    id_from: tuple[str, ...] = ()
    source: str | None = None
    crs: str | None = None

    @property
    def map(self) -> ColumnMap | None:
        """The map of the columns; None if nothing is said."""
        if not (self.columns or self.constants or self.id_from):
            return None
        return ColumnMap(self.columns, self.constants, self.id_from)


def feed_of(
    file: Path | None,
    map: Sequence[str],
    set: Sequence[str],
    id_from: str,
    source: str | None,
    crs: str | None,
) -> Feed:
    """A feed by a kept file and by options, which have priority.

    Raises:
        CommandError: the file is no such file, or an option has another form.
    """
    kept = read(file) if file else Feed()
    columns = kept.columns | dict(_pair("--map", "COLUMN=FIELD", text) for text in map)
    pairs = (_pair("--set", "FIELD=VALUE", text, first=True) for text in set)
    constants = kept.constants | dict(pairs)
    names = tuple(part.strip() for part in id_from.split(",") if part.strip())
    return Feed(columns, constants, names or kept.id_from, source or kept.source, crs or kept.crs)


def read(file: Path) -> Feed:
    """Read a kept feed.

    Raises:
        CommandError: the file is no such file.
    """
    try:
        given = tomllib.loads(file.read_text("utf-8"))
        return Feed(
            _texts(given.get("map", {})),
            _texts(given.get("set", {})),
            tuple(map(str, given.get("id_from", ()))),
            given.get("source"),
            given.get("crs"),
        )
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CommandError(f"{file}: {error}", USAGE) from None


def write(feed: Feed, file: Path) -> None:
    """Keep a feed, to be read by `read`."""
    said = {"source": feed.source, "crs": feed.crs}
    lines = [f"{name} = {_quoted(value)}" for name, value in said.items() if value]
    if feed.id_from:
        lines.append(f"id_from = [{', '.join(map(_quoted, feed.id_from))}]")
    for title, pairs in (("map", feed.columns), ("set", feed.constants)):
        if pairs:
            lines += ["", f"[{title}]"]
            lines += [f"{_quoted(key)} = {_quoted(value)}" for key, value in pairs.items()]
    file.write_text("\n".join(lines).strip() + "\n", "utf-8")


def _quoted(text: str) -> str:
    # A JSON string is a basic string of TOML, but for the control character DEL.
    return orjson.dumps(text).decode().replace("\x7f", "\\u007f")


def _texts(table: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in table.items()}


def _pair(option: str, form: str, text: str, *, first: bool = False) -> tuple[str, str]:
    # The name of a column may have an equals sign, a field has none.
    left, equals, right = text.partition("=") if first else text.rpartition("=")
    if not equals or not left:
        raise CommandError(f"{option} {text}: must be {form}", USAGE)
    return left, right
