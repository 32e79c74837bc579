"""What makes a store fit to be kept. Pure: no clock, no network, no database."""

from functools import cache
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.stores.v1 import stores_pb2
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import check_time_zone
from services.chassis.errors import FieldViolation
from services.chassis.messages.masks import selects_all
from services.chassis.serving.requests import violations_of
from services.directory.service_areas import ServiceArea

OUTPUT_FIELDS = ("etag", "update_time")


def normalized(store: stores_pb2.Store) -> stores_pb2.Store:
    """A copy in the form that is kept: attributes in order, a status, a time zone."""
    kept = stores_pb2.Store()
    kept.CopyFrom(store)
    for field in OUTPUT_FIELDS:
        kept.ClearField(field)  # type: ignore[arg-type]
    attributes = sorted(set(kept.attributes))
    kept.ClearField("attributes")
    kept.attributes.extend(attributes)
    kept.status = kept.status or stores_pb2.STORE_STATUS_OPEN
    if not kept.time_zone and kept.HasField("location"):
        kept.time_zone = time_zone_finder()(kept.location.longitude, kept.location.latitude)
    return kept


def problems(store: stores_pb2.Store) -> list[FieldViolation]:
    """What is wrong with a store that someone wants kept."""
    found = violations_of(store)
    if store.time_zone and store.time_zone not in time_zones():
        found.append(FieldViolation("time_zone", zone_problem(store.time_zone)))
    try:
        ServiceArea.of(store)
    except ValueError as error:
        if not found:  # else it is the location, which is named already
            found.append(FieldViolation("service_area.polygons", str(error)))
    if store.opening_date.year and not is_whole_date(store.opening_date):
        found.append(FieldViolation("opening_date", "must have a year, a month and a day"))
    return found


def merged(stored: stores_pb2.Store, change: stores_pb2.Store, mask: FieldMask) -> stores_pb2.Store:
    """The stored store with the fields of the mask changed; all set fields when it is empty."""
    if selects_all(mask) and mask.paths:
        return change
    paths = list(mask.paths) or [field.name for field, _ in change.ListFields()]
    result = stores_pb2.Store()
    result.CopyFrom(stored)
    wanted = FieldMask(paths=[path for path in paths if path not in ("name", *OUTPUT_FIELDS)])
    wanted.MergeMessage(change, result, True, True)
    result.name = change.name
    return result


def changed_fields(before: stores_pb2.Store, after: stores_pb2.Store) -> list[str]:
    """The names of the fields in which two stores differ, the output fields aside."""
    return [
        field.name
        for field in stores_pb2.Store.DESCRIPTOR.fields
        if field.name not in OUTPUT_FIELDS
        and getattr(before, field.name) != getattr(after, field.name)
    ]


def is_whole_date(date: Any) -> bool:
    """Whether a `google.type.Date` names a day."""
    return bool(date.year and date.month and date.day)


def zone_problem(name: str) -> str:
    """What is wrong with a time zone, and which one may be meant."""
    try:
        check_time_zone(name)
    except ScheduleError as fault:
        return f"{fault.message}; try {fault.suggestion!r}" if fault.suggestion else fault.message
    return f"no IANA time zone {name!r}"


@cache
def time_zones() -> frozenset[str]:
    """The names of all IANA time zones."""
    import zoneinfo

    return frozenset(zoneinfo.available_timezones())


@cache
def time_zone_finder() -> Any:
    """tzfpy's look-up by longitude and latitude; loaded when the first store needs it."""
    import tzfpy

    return tzfpy.get_tz
