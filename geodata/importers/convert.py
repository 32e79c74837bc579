"""Converts one record to a store, with every check that needs no other row."""

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import NamedTuple, TypeVar

from geodata.importers.address import address, region_code, region_code_at
from geodata.importers.attributes import slugs
from geodata.importers.coordinates import Located, Spot, locate
from geodata.importers.crs import Reprojection
from geodata.importers.dates import PLACEHOLDERS, first_day, last_day
from geodata.importers.hours import hours_of
from geodata.importers.postcodes import judged
from geodata.importers.record import Record, words
from geodata.importers.report import Remark
from geodata.importers.spreadsheets import damage
from geodata.points import Point
from geodata.stores import Store, StoreStatus

_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_HOST_FIRST = re.compile(r"[\w-]+(\.[\w-]+)+(/|$)")
# The longest values that the stores service accepts.
_MAX_LENGTHS = {"id": 300, "name": 300, "brand": 200, "phone": 100, "website": 2000, "address": 300}
_MAX_ATTRIBUTES = 200
_MAX_DESCRIPTION = 1000
_PAYMENT = "osm.payment."
_MAX_PAYMENTS = 50
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


NOWHERE = "no address to stand in for coordinates: "
_NOT_CLOSING = words("no false 0 n non none null never - nan") | {""}
_NO_IDS = frozenset(
    (
        *(
            "nan",
            "NaN",
            "null",
            "NULL",
            "(null)",
            "nil",
            "None",
            "none",
            "<NA>",
            "\\N",
            "N/A",
            "n/a",
        ),
        *("undefined", "Infinity", "[object Object]", "-", "#", "?"),
    )
)
"""What programs write for nothing; as an id it would join rows that have nothing in common."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the caller says of a file beside its rows."""

    crs: Reprojection | None = None
    """The system of the coordinates; None for degrees."""
    today: dt.date = field(default_factory=lambda: dt.datetime.now(dt.UTC).date())
    """The day by which opening and closing dates are past or to come."""


class Converted(NamedTuple):
    """A store without its id, what its coordinates are worth, and the remarks on it."""

    store: Store
    located: Located
    remarks: list[Remark]


class Refused(Exception):
    """A row cannot become a store; it names the field and the reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def store_of(
    record: Record, noon_is_24: bool | None = None, settings: Settings | None = None
) -> Converted:
    """The store of a record, without its id, and the remarks on it.

    Raises:
        Refused: a required field is missing or invalid.
    """
    settings = settings or Settings()
    fields = record.fields
    notes = _Notes(record)
    _check_id(fields.get("id", ""))
    damaged = {name: fault for name, text in fields.items() if (fault := damage(text))}
    if damaged:
        for name, fault in damaged.items():
            notes.add(name, f"{fields[name]!r} is {fault}: ignored")
        fields = {name: text for name, text in fields.items() if name not in damaged}
    country = notes.value("country", _country(fields.get("country", "")))
    city = fields.get("city", "")
    code = fields.get("postcode", "")
    located = locate(
        fields.get("lat", ""), fields.get("lon", ""), Spot(country, code, city), settings.crs
    )
    notes.add("lat, lon", located.note, repaired=located.repaired)
    if located.point and not country:
        country = region_code_at(located.point)
    code = _postcode(code, country, located.point, notes)
    place = address(fields, country, code)
    if located.point is None and not (place.lines or place.locality or place.postal_code):
        raise Refused("lat, lon", f"{NOWHERE}{located.why}")
    for part in (*place.lines, place.locality, place.administrative_area, place.postal_code):
        _fitting(part, "address")
    hours = hours_of(record, noon_is_24)
    for note in hours.repairs:
        notes.add("opening_hours", note, repaired=True)
    for note in hours.doubts:
        notes.add("opening_hours", note)
    opening_date = notes.value("opening_date", _date(fields.get("opening_date", "")))
    closing_date = _closing_date(fields.get("end_date", ""))
    if opening_date and closing_date and closing_date < opening_date:
        notes.add("end_date", f"{closing_date} is before the opening, {opening_date}: ignored")
        closing_date = None
    store = Store(
        id="",
        display_name=_display_name(fields),
        brand=_fitting(fields.get("brand", ""), "brand"),
        location=located.point,
        address=place,
        phones=_phones(fields.get("phone", "")),
        urls=notes.value("website", _urls(fields.get("website", ""))),
        status=_trading(fields, opening_date, settings.today, notes),
        opening_date=opening_date,
        closing_date=closing_date,
        localized_names=_shortened(record.localized.get("name", {}), _MAX_LENGTHS["name"]),
        description=fields.get("description", "")[:_MAX_DESCRIPTION],
        localized_descriptions=_shortened(
            record.localized.get("description", {}), _MAX_DESCRIPTION
        ),
        images=notes.value("images", _urls(fields.get("images", ""))),
        payment_methods=_payment_methods(fields.get("payment_methods", ""), record.attributes),
        # Few attributes are distinct: the stores of a file share their texts.
        attributes=tuple(
            map(intern, sorted(filter(_is_attribute, record.attributes))[:_MAX_ATTRIBUTES])
        ),
        external_ids=record.external_ids,
        time_zone=notes.value("timezone", _time_zone(fields.get("timezone", ""))),
        opening_hours=hours.text,
        opening_hours_expression=hours.kept_expression,
        private=notes.value("private", _private(fields.get("private", ""))),
    )
    return Converted(store, located, notes.remarks)


@lru_cache(maxsize=10_000)
def _is_attribute(text: str) -> bool:
    return _ATTRIBUTE.fullmatch(text) is not None


def _check_id(identifier: str) -> None:
    if not identifier:
        raise Refused("id", "missing")
    if fault := damage(identifier) or ("no id" if identifier in _NO_IDS else ""):
        raise Refused("id", f"{identifier!r} is {fault}")
    _fitting(identifier, "id")


def _postcode(text: str, country: str, point: Point | None, notes: "_Notes") -> str:
    def is_near(code: str) -> bool | None:
        spot = Spot(country, code)
        if point is None:
            return None
        return spot.is_near(point) if spot.places else None

    found = judged(text, country, is_near)
    notes.add("postcode", found.note, repaired=found.repaired)
    return found.code


def _trading(
    fields: Mapping[str, str], opening: dt.date | None, today: dt.date, notes: "_Notes"
) -> StoreStatus:
    """The status of a store: what it says, or what its opening and closing dates say."""
    status = notes.value("status", _status(fields.get("status", "")))
    told = fields.get("end_date", "")
    if told and told.lower() not in _NOT_CLOSING:
        last = last_day(told)
        if told.lower() in _PRIVATE:
            return StoreStatus.CLOSED_FOR_GOOD
        if last is None:
            notes.add("end_date", f"{told[:100]!r} is not a date: not read as closed")
        elif last in PLACEHOLDERS:
            why = "stands for no date in many programs: not read as closed"
            notes.add("end_date", f"{told[:100]!r} {why}")
        elif last < today:
            return StoreStatus.CLOSED_FOR_GOOD
        else:
            notes.add("end_date", f"closes on {told[:100]}: open until then")
    if opening and opening > today and not fields.get("status"):
        notes.add("opening_date", f"opens on {opening}: not open yet", repaired=True)
        return StoreStatus.FUTURE_OPENING
    return status


def _closing_date(told: str) -> dt.date | None:
    """The last trading day that a closing date tells; None where it tells none."""
    last = last_day(told) if told and told.lower() not in _NOT_CLOSING else None
    return None if last in PLACEHOLDERS else last


def _shortened(texts: Mapping[str, str], longest: int) -> dict[str, str]:
    return {language: text[:longest] for language, text in texts.items()}


def _payment_methods(listed: str, attributes: Iterable[str]) -> tuple[str, ...]:
    """OSM's names of the means of payment in a list, and among the attributes."""
    known = (name.removeprefix(_PAYMENT) for name in attributes if name.startswith(_PAYMENT))
    found = {name for name in (*known, *slugs(listed)) if "." not in name}
    return tuple(sorted(found)[:_MAX_PAYMENTS])


class _Notes:
    """The remarks on one record."""

    def __init__(self, record: Record) -> None:
        self._row = record.row
        self.remarks: list[Remark] = []
        for name, note in record.repairs:
            self.add(name, note, repaired=True)
        for name, note in record.doubts:
            self.add(name, note)

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


def _display_name(fields: Mapping[str, str]) -> str:
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
    day = first_day(text)
    return day, "" if day else f"{text[:100]!r} is not a date: ignored"


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
