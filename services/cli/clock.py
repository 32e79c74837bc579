"""Reads times, lengths of time and languages from a command's options and the terminal."""

import datetime as dt
import os
import zoneinfo

from google.protobuf.timestamp_pb2 import Timestamp

from services.cli.output import USAGE, CommandError

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def language(given: str | None) -> str:
    """The language of the output: the option, else the terminal's locale, else English."""
    variables = ("LC_ALL", "LC_TIME", "LANG")
    chosen = given or next((value for name in variables if (value := os.environ.get(name))), "")
    name = chosen.partition(".")[0].partition("@")[0]
    return "en_GB" if name in ("", "C", "POSIX") else name[:35]


def instant(text: str, time_zone: str, option: str) -> dt.datetime:
    """Reads an instant; a time without an offset is local time of the zone.

    Args:
        text: `now`, a time of today such as `18:30`, or an ISO 8601 date with a time.
        time_zone: the IANA zone of times without an offset; empty for UTC.
        option: the option's name, for the error.

    Raises:
        CommandError: the text is not a time.
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
            f"{option} {text}: must be a time such as 18:30, 2026-12-24T18:30 or "
            "2026-12-24T18:30+01:00",
            USAGE,
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def has_offset(text: str) -> bool:
    """True if a text names the same instant in every zone: `now`, or a time with an offset."""
    try:
        return text == "now" or dt.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def local(moment: Timestamp, time_zone: str = "", *, seconds: bool = False) -> str:
    """An instant on the clock of a zone; without one, on that of this machine."""
    zone = zoneinfo.ZoneInfo(time_zone) if time_zone else None
    clock = "%H:%M:%S" if seconds else "%H:%M"
    return moment.ToDatetime(dt.UTC).astimezone(zone).strftime(f"%Y-%m-%d {clock} %Z")


def length(text: str) -> dt.timedelta:
    """Reads a length of time such as `90m`.

    Raises:
        CommandError: the text is not a number with a unit.
    """
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in UNITS or len(number) > 6:
        raise CommandError(f"{text}: must be a length of time such as 90m, 2h or 1d", USAGE)
    return dt.timedelta(**{UNITS[unit]: int(number)})
