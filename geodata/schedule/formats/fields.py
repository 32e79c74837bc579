"""Take values out of foreign documents, or say which field is wrong."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from geodata.schedule.errors import ScheduleError


def mapping(value: Any, field: str) -> Mapping[str, Any]:
    """The value, if it is an object."""
    if not isinstance(value, Mapping):
        raise ScheduleError(field, "must be an object")
    return value


def mappings(value: Any, field: str) -> list[Mapping[str, Any]]:
    """The value, if it is a list of objects."""
    if not isinstance(value, list):
        raise ScheduleError(field, "must be a list of objects")
    return [mapping(item, f"{field}[{number}]") for number, item in enumerate(value)]


def date(value: Any, field: str) -> dt.date:
    """An ISO 8601 date, or the date of a date and time."""
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise ScheduleError(field, "is no date", suggestion="YYYY-MM-DD") from None
