"""Draws seven days of opening hours as a chart for the terminal."""

import datetime as dt
from collections.abc import Iterable, Mapping

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from google.type import date_pb2
from rich.table import Table
from rich.text import Text

from enrayon.hours.v1 import hours_pb2
from geodata.schedule.words import time_words

MIDNIGHT_MIN = 24 * 60
FINE_MIN, COARSE_MIN = 30, 60
"""Minutes per character of the chart, on a wide terminal and on a narrow one."""
WIDE = 100

STYLES: Mapping[int, tuple[str, str]] = {
    hours_pb2.STATE_OPEN: ("█", "green"),
    hours_pb2.STATE_UNKNOWN: ("▒", "yellow"),
}
CLOSED = ("·", "dim")


def chart(days: Iterable[hours_pb2.LocalDay], now: dt.datetime, language: str, width: int) -> Table:
    """One row per day: a bar from midnight to midnight, its hours, and the holiday or rule."""
    cell_min = FINE_MIN if width >= WIDE else COARSE_MIN
    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim")
    table.add_column("")
    table.add_column(axis(cell_min), no_wrap=True)
    table.add_column("")
    for day in days:
        date = date_of(day.date)
        today = date == now.date()
        name = Text(format_skeleton("MMMEd", date, locale=locale(language)))
        if today:
            name.stylize("bold")
        bar = bar_of(day, cell_min)
        if today:
            cell = (now.hour * 60 + now.minute) // cell_min
            bar.stylize("reverse", cell, cell + 1)
        table.add_row(name, bar, hours_of(day, language))
    return table


def axis(cell_min: int) -> Text:
    """The hours of the day, above the bars."""
    marks = [" "] * (MIDNIGHT_MIN // cell_min)
    for hour in range(0, 24, 3):
        start = hour * 60 // cell_min
        marks[start : start + len(str(hour))] = str(hour)
    return Text("".join(marks))


def bar_of(day: hours_pb2.LocalDay, cell_min: int) -> Text:
    """A bar; each character shows the state in the middle of its time."""
    bar = Text()
    for start in range(0, MIDNIGHT_MIN, cell_min):
        middle = start + cell_min // 2
        state = next((s.state for s in day.spans if minutes(s.start) <= middle < minutes(s.end)), 0)
        character, style = STYLES.get(state, CLOSED)
        bar.append(character, style=style)
    return bar


def hours_of(day: hours_pb2.LocalDay, language: str) -> Text:
    """The hours of a day, with the name of its holiday or special rule."""
    parts = []
    for span in day.spans:
        if (span.start, span.end) == ("00:00", "24:00"):
            parts.append("24 h")
        else:
            parts.append(f"{clock(span.start, language)} – {clock(span.end, language)}")
        if span.comment:
            parts[-1] += f" ({span.comment})"
    text = Text(", ".join(parts) or "–", style="" if parts else "dim")
    special = day.rule.display_name or day.holiday
    if special:
        text.append(f"  {special}", style="yellow")
    return text


def clock(text: str, language: str) -> str:
    """A time `HH:MM` in the format of a language."""
    hours, minute = divmod(minutes(text) % MIDNIGHT_MIN, 60)
    return time_words(dt.time(hours, minute), language)


def minutes(text: str) -> int:
    """Minutes since midnight of `HH:MM`."""
    return int(text[:2]) * 60 + int(text[3:])


def date_of(date: date_pb2.Date) -> dt.date:
    """The date of a date message."""
    return dt.date(date.year, date.month, date.day)


def locale(name: str) -> Locale:
    """Babel's locale of a language; English for an unknown language."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
