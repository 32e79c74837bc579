"""The range of the instants and dates that the suite works with.

Instants go from the year 1000 to two days before the end of Python's `datetime`, so that a day
more, or another time zone, never leaves its range. Dates begin in 1900, as hours in the grammar of
OpenStreetMap do: at an instant before, everything is closed.
"""

import datetime as dt

FIRST = dt.datetime(1000, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(9999, 12, 30, tzinfo=dt.UTC)
"""The first instant that is out of range again."""
FIRST_DATE, LAST_DATE = dt.date(1900, 1, 1), dt.date(9999, 12, 29)


def check_instant(at: dt.datetime) -> None:
    """Check that an instant with a UTC offset is in range.

    Raises:
        ValueError: it is not.
    """
    if not FIRST <= at < END:
        raise ValueError(f"must be from {FIRST.date()} to {LAST_DATE} (UTC)")


def date(year: int, month: int, day: int) -> dt.date:
    """The date of three numbers.

    Raises:
        ValueError: there is no such date, or it is out of range.
    """
    try:
        found = dt.date(year, month, day)
    except ValueError:
        raise ValueError("is no date: want a year, a month and a day") from None
    if not FIRST_DATE <= found <= LAST_DATE:
        raise ValueError(f"must be from {FIRST_DATE} to {LAST_DATE}")
    return found
