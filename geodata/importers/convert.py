"""Converts one record to a store, with every check that needs no other row."""

import datetime as dt
import re
import zoneinfo
from functools import lru_cache
from typing import TypeVar

from geodata.importers.address import address, postcode, region_code, region_code_at
from geodata.importers.coordinates import locate
from geodata.importers.hours import hours_of
from geodata.importers.record import Record, words
from geodata.importers.report import Remark
from geodata.stores import Store, StoreStatus

_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_HOST_FIRST = re.compile(r"[\w-]+(\.[\w-]+)+(/|$)")
# The longest values that the stores service accepts.
_MAX_LENGTHS = {"id": 300, "name": 300, "brand": 200, "phone": 100, "website": 2000, "address": 300}
_MAX_ATTRIBUTES = 200
_ATTRIBUTE = re.compile(r"(?=.{1,100}$)[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_MAX_ITEMS = 20
_PRIVATE = words("yes true 1 y oui x")
_NOT_PRIVATE = words("no false 0 n non") | {""}
_STATUSES = {
    "open": StoreStatus.OPEN,
    "active": StoreStatus.OPEN,
    "operational": StoreStatus.OPEN,
    "future_opening": StoreStatus.FUTURE_OPENING,
    "opening_soon": StoreStatus.FUTURE_OPENING,
    "temporarily_closed": StoreStatus.TEMPORARILY_CLOSED,
    "closed_temporarily": StoreStatus.TEMPORARILY_CLOSED,
    "closed": StoreStatus.CLOSED_FOR_GOOD,
    "closed_for_good": StoreStatus.CLOSED_FOR_GOOD,
    "closed_permanently": StoreStatus.CLOSED_FOR_GOOD,
    "permanently_closed": StoreStatus.CLOSED_FOR_GOOD,
}


T = TypeVar("T")


class Refused(Exception):
    """A row cannot become a store; it names the field and the reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def store_of(record: Record, noon_is_24: bool | None = None) -> tuple[Store, list[Remark]]:
    """The store of a record (without its id), and the remarks on it.

    Raises:
        Refused: a required field is missing or invalid.
    """
    fields = record.fields
    notes = _Notes(record)
    if not fields.get("id"):
        raise Refused("id", "missing")
    _fitting(fields["id"], "id")
    country = notes.value("country", _country(fields.get("country", "")))
    code = notes.value("postcode", postcode(fields.get("postcode", ""), country), repaired=True)
    located = locate(fields.get("lat", ""), fields.get("lon", ""), country, code)
    notes.add("lat, lon", located.note, repaired=located.repaired)
    if located.point and not country:
        country = region_code_at(located.point)
    place = address(fields, country, code)
    if located.point is None and not (place.lines or place.locality or place.postal_code):
        raise Refused("lat, lon", "neither usable coordinates nor an address")
    for part in (*place.lines, place.locality, place.administrative_area, place.postal_code):
        _fitting(part, "address")
    hours = hours_of(record, noon_is_24)
    for note in hours.repairs:
        notes.add("opening_hours", note, repaired=True)
    for note in hours.doubts:
        notes.add("opening_hours", note)
    store = Store(
        id="",
        display_name=_display_name(record),
        brand=_fitting(fields.get("brand", ""), "brand"),
        location=located.point,
        address=place,
        phones=_phones(fields.get("phone", "")),
        urls=notes.value("website", _urls(fields.get("website", ""))),
        status=notes.value("status", _status(fields.get("status", ""))),
        opening_date=notes.value("opening_date", _date(fields.get("opening_date", ""))),
        attributes=tuple(sorted(filter(_ATTRIBUTE.fullmatch, record.attributes)))[:_MAX_ATTRIBUTES],
        external_ids=record.external_ids,
        time_zone=notes.value("timezone", _time_zone(fields.get("timezone", ""))),
        opening_hours=hours.text,
        opening_hours_expression=hours.kept_expression,
        private=notes.value("private", _private(fields.get("private", ""))),
    )
    return store, notes.remarks


class _Notes:
    """The remarks on one record."""

    def __init__(self, record: Record) -> None:
        self._row = record.row
        self.remarks: list[Remark] = []
        for field, note in record.repairs:
            self.add(field, note, repaired=True)
        for field, note in record.doubts:
            self.add(field, note)

    def add(self, field: str, note: str, *, repaired: bool = False) -> None:
        """Keep a note, if there is one."""
        if note:
            self.remarks.append(Remark(self._row, field, note, repaired))

    def value(self, field: str, noted: tuple[T, str], *, repaired: bool = False) -> T:
        """The value of a pair of value and note; the note is kept."""
        value, note = noted
        self.add(field, note, repaired=repaired)
        return value


def _fitting(value: str, field: str) -> str:
    longest = _MAX_LENGTHS[field]
    if len(value) > longest:
        raise Refused(field, f"longer than {longest} characters")
    return value


def _display_name(record: Record) -> str:
    fields = record.fields
    maker = fields.get("brand") or fields.get("operator")
    name = fields.get("name") or " ".join(filter(None, (maker, fields.get("branch"))))
    if not name:
        raise Refused("name", "neither a name nor a brand or operator")
    return _fitting(name, "name")


def _country(text: str) -> tuple[str, str]:
    code = region_code(text)
    return code, "" if code or not text else f"{text[:100]!r} is not a country: ignored"


def _phones(text: str) -> tuple[str, ...]:
    phones = (phone.strip() for phone in re.split("[;|]", text))
    fitting = (phone for phone in phones if 0 < len(phone) <= _MAX_LENGTHS["phone"])
    return tuple(dict.fromkeys(fitting))[:_MAX_ITEMS]


def _urls(text: str) -> tuple[tuple[str, ...], str]:
    given = [url for url in (part.strip() for part in text.split(";")) if url]
    good: list[str] = []
    bad: list[str] = []
    for url in given:
        # A URL with another scheme, such as javascript:, could run in the page that shows it. A
        # server that has HTTPS alone still answers HTTP with the way to it.
        full = url if "://" in url or not _HOST_FIRST.match(url) else f"http://{url}"
        is_web = _WEB_ADDRESS.fullmatch(full) and len(full) <= _MAX_LENGTHS["website"]
        (good if is_web else bad).append(full if is_web else url)
    note = f"{bad[0][:100]!r} is not a web address: ignored" if bad else ""
    return tuple(dict.fromkeys(good))[:_MAX_ITEMS], note


def _time_zone(text: str) -> tuple[str, str]:
    """The IANA name at the end of a text such as `GMT-08:00 America/Los_Angeles`."""
    if not text:
        return "", ""
    name = text.split()[-1]
    return (name, "") if name in _zones() else ("", f"{text[:100]!r} is not a time zone: ignored")


def _status(text: str) -> tuple[StoreStatus, str]:
    if not text:
        return StoreStatus.OPEN, ""
    status = _STATUSES.get(re.sub(r"\W+", "_", text.lower()))
    note = "" if status else f"{text[:100]!r} is not a known status: assumed open"
    return status or StoreStatus.OPEN, note


def _private(text: str) -> tuple[bool, str]:
    """True if the store is private; an unknown text counts as private."""
    is_private = text.lower() not in _NOT_PRIVATE
    is_known = not is_private or text.lower() in _PRIVATE
    return is_private, "" if is_known else f"{text[:100]!r} is neither yes nor no: assumed yes"


def _date(text: str) -> tuple[dt.date | None, str]:
    if not text:
        return None, ""
    try:
        return dt.date.fromisoformat(text[:10]), ""
    except ValueError:
        return None, f"{text[:100]!r} is not a date: ignored"


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
