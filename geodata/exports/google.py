"""Writes stores as the spreadsheet of Google Business Profile.

Columns and forms of values are those of https://support.google.com/business/answer/3370250.
"""

import csv
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import IO, Any

from geodata.store_rows import disarmed
from geodata.stores import Store

DAYS = ("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")
MOST_LINES = 5
"""Lines of an address that Google takes."""
MOST_DESCRIPTION = 750
COLUMNS = (
    *("Store code", "Business name"),
    *(f"Address line {number}" for number in range(1, MOST_LINES + 1)),
    *("Sub-locality", "Locality", "Administrative area", "Country / Region", "Postal code"),
    *("Latitude", "Longitude", "Primary phone", "Additional phones", "Website"),
    *("Primary category", "Additional categories"),
    *(f"{day.capitalize()} hours" for day in DAYS),
    *("Special hours", "From the business", "Opening date", "Logo photo", "Cover photo"),
    *("Other photos", "Labels"),
)
LOSSES = (
    "brand, status, closing date and the store it moved to",
    "the time zone, and hours that are not the same every week beyond a year",
    "attributes, payment methods, service area, entrance and external ids",
    "names and descriptions in other languages, descriptions beyond 750 characters",
    "web addresses after the first, lines of an address after the fifth",
)
"""What the spreadsheet has no column for."""


def write(
    stores: Iterable[tuple[Store, Mapping[str, Any]]],
    file: IO[bytes],
    *,
    category: str = "",
    for_spreadsheet: bool = False,
) -> int:
    """Write stores, each with its hours as Google's API has them; answers how many.

    Args:
        stores: to write, each with its `regularHours` and `specialHours`.
        file: to write to.
        category: the primary category of all, without which Google refuses a row.
        for_spreadsheet: disarm cells that a spreadsheet would run as formulas.
    """
    text = io.TextIOWrapper(file, "utf-8-sig" if for_spreadsheet else "utf-8", newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    count = 0
    for store, hours in stores:
        row = _row(store, hours) | {"Primary category": category}
        if for_spreadsheet:
            row = {column: disarmed(cell) for column, cell in row.items()}
        writer.writerow(row)
        count += 1
    text.flush()
    text.detach()
    return count


def _row(store: Store, hours: Mapping[str, Any]) -> dict[str, str]:
    address, place = store.address, store.location
    lines = [*address.lines[:MOST_LINES], *[""] * MOST_LINES][:MOST_LINES]
    row = {
        "Store code": store.id,
        "Business name": store.display_name,
        **{f"Address line {number}": line for number, line in enumerate(lines, start=1)},
        "Sub-locality": address.sublocality,
        "Locality": address.locality,
        "Administrative area": address.administrative_area,
        "Country / Region": address.region_code,
        "Postal code": address.postal_code,
        "Latitude": repr(place.latitude) if place else "",
        "Longitude": repr(place.longitude) if place else "",
        "Primary phone": next(iter(store.phones), ""),
        "Additional phones": ", ".join(store.phones[1:]),
        "Website": next(iter(store.urls), ""),
        "From the business": store.description[:MOST_DESCRIPTION],
        "Opening date": store.opening_date.isoformat() if store.opening_date else "",
        "Cover photo": next(iter(store.images), ""),
        "Other photos": ", ".join(store.images[1:]),
        "Special hours": _special(hours.get("specialHours", {}).get("specialHourPeriods", ())),
    }
    return row | _week(hours.get("regularHours", {}).get("periods"))


def _week(periods: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """The cell of each day: `9:00 AM-5:00 PM`, `x` on a closed day, none without hours."""
    if periods is None:
        return {}
    cells: defaultdict[str, list[str]] = defaultdict(list)
    for period in periods:
        cells[period["openDay"]].append(_stretch(period))
    return {f"{day.capitalize()} hours": ", ".join(cells[day]) or "x" for day in DAYS}


def _special(periods: Iterable[Mapping[str, Any]]) -> str:
    """`2026-12-24: 9:00 AM-2:00 PM, 2026-12-25: x`."""
    return ", ".join(
        f"{_date(period['startDate'])}: {'x' if period.get('closed') else _stretch(period)}"
        for period in periods
    )


def _stretch(period: Mapping[str, Any]) -> str:
    return f"{_clock(period.get('openTime', {}))}-{_clock(period.get('closeTime', {}))}"


def _clock(time: Mapping[str, Any]) -> str:
    hours, minutes = int(time.get("hours", 0)) % 24, int(time.get("minutes", 0))
    return f"{(hours - 1) % 12 + 1}:{minutes:02} {'AM' if hours < 12 else 'PM'}"


def _date(date: Mapping[str, Any]) -> dt.date:
    return dt.date(int(date["year"]), int(date["month"]), int(date["day"]))
