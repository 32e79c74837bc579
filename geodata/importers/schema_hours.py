"""Opening hours of schema.org as OSM text.

`openingHours` is nearly OSM's grammar; `openingHoursSpecification` is a list of spans by day, some
of them for certain dates only. 00:00 to 00:00 means closed and 00:00 to 23:59 all day, as search
engines read them.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

from geodata.importers.hours import DAYS, week
from geodata.importers.record import clean

_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_OF = dict(zip(_NAMES, DAYS, strict=True)) | {"publicholidays": "PH"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def opening_hours(node: Mapping[str, Any]) -> tuple[str, str]:
    """OSM text of a store's hours, empty when it has none; and what was not understood."""
    regular: dict[str, list[str]] = {}
    dated: list[str] = []
    doubts: list[str] = []
    specifications = [
        *_items(node.get("openingHoursSpecification")),
        *_items(node.get("specialOpeningHoursSpecification")),
    ]
    for item in specifications:
        times, days, dates = _times(item), _days(item), _dates(item)
        if times is None or days is None or dates is None:
            doubts.append(clean(str(item))[:100])
        elif dates:
            dated.append(f"{dates} {','.join(days)} {times}".replace("  ", " "))
        else:
            for day in days or DAYS:
                regular.setdefault(day, []).append(times)
    by_day = {day: ",".join(dict.fromkeys(times)) for day, times in regular.items()}
    rules = [week(by_day), f"PH {by_day['PH']}" if "PH" in by_day else "", *dated]
    text = "; ".join(filter(None, rules)) or _from_text(node.get("openingHours"))
    return text, f"not understood: {'; '.join(doubts)}" if doubts else ""


def _from_text(value: object) -> str:
    texts = value if isinstance(value, list) else [value]
    return "; ".join(re.sub(r"\s*,\s*", ",", text) for text in map(clean, texts) if text)


def _items(value: object) -> Iterator[Mapping[str, Any]]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def _times(item: Mapping[str, Any]) -> str | None:
    """OSM times of one specification, None when they make no sense."""
    opens, closes = _clock(item.get("opens")), _clock(item.get("closes"))
    if opens is None or closes is None:
        return None
    if not opens and not closes:
        return "off"
    if not opens or not closes:
        return None
    if opens == closes:
        return "off"
    return f"{opens}-{'24:00' if closes == '23:59' else closes}"


def _clock(value: object) -> str | None:
    text = clean(value)
    if not text:
        return ""
    match = re.fullmatch(r"([01]?\d|2[0-4]):([0-5]\d)(:\d\d)?(Z|[+-]\d\d:\d\d)?", text)
    return f"{int(match[1]):02d}:{match[2]}" if match else None


def _days(item: Mapping[str, Any]) -> list[str] | None:
    value = item.get("dayOfWeek")
    names = value if isinstance(value, list) else [value]
    names = [
        name.get("name") or name.get("@id") if isinstance(name, dict) else name for name in names
    ]
    texts = [re.split(r"[/:#]", clean(name))[-1].lower() for name in names if clean(name)]
    days = [_DAY_OF.get(text) or _short(text) for text in texts]
    return None if None in days else [day for day in days if day]


def _short(text: str) -> str | None:
    """A day by its first letters: `Mo`, `mon`."""
    return next(
        (day for name, day in _DAY_OF.items() if len(text) > 1 and name.startswith(text)), None
    )


def _dates(item: Mapping[str, Any]) -> str | None:
    """OSM dates of a specification; empty when it is for always, None when they make no sense."""
    first, last = clean(item.get("validFrom")), clean(item.get("validThrough"))
    if not first and not last:
        return ""
    try:
        start = dt.date.fromisoformat((first or last)[:10])
        end = dt.date.fromisoformat((last or first)[:10])
    except ValueError:
        return None
    return _date(start) if start == end else f"{_date(start)}-{_date(end)}"


def _date(date: dt.date) -> str:
    return f"{date.year} {_MONTHS[date.month - 1]} {date.day:02d}"
