"""Times and languages as people give them to a command."""

import datetime as dt
import os
import zoneinfo
from typing import Annotated

import typer
from babel import Locale, UnknownLocaleError

from services.cli.output import USAGE, CommandError

LanguageOption = Annotated[
    str | None,
    typer.Option("--language", help="Of words and clocks: fr, en_US, fi ... [from LANG]"),
]


def language(given: str | None) -> str:
    """The language to speak: the one given, else that of the terminal, else English."""
    variables = ("LC_ALL", "LC_TIME", "LANG")
    found = given or next((value for name in variables if (value := os.environ.get(name))), "")
    name = found.partition(".")[0].partition("@")[0]
    return "en_GB" if name in ("", "C", "POSIX") else name[:35]


def locale(name: str) -> Locale:
    """What is known of how a language writes dates; English where nothing is."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def instant(text: str, time_zone: str, option: str) -> dt.datetime:
    """The instant that was typed; without an offset, by the clock of the zone.

    Raises:
        CommandError: it is no time.
    """
    zone = zoneinfo.ZoneInfo(time_zone or "UTC")
    now = dt.datetime.now(zone)
    if text == "now":
        return now
    try:
        if len(text) <= len("00:00:00"):
            return dt.datetime.combine(now.date(), dt.time.fromisoformat(text), zone)
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"{option} {text}: want a time such as 18:30, 2026-12-24T18:30 or "
            "2026-12-24T18:30+01:00",
            USAGE,
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def has_offset(text: str) -> bool:
    """Whether a time means the same instant everywhere."""
    try:
        return text == "now" or dt.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
