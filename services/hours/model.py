"""Checks of hours before they are stored, and their changes. Pure: the clock is an argument."""

import datetime as dt
import zoneinfo

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.schedule.closures import FOR_EVER_S, closed_stretches
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import HolidayRules, Schedule, clock_minutes
from geodata.schedule.validation import Caution, check
from services.chassis.errors import FieldViolation
from services.chassis.messages.masks import selects_all
from services.chassis.serving.requests import violations_of
from services.directory.imported_hours import holidays_of, imported_hours, imported_schedule
from services.directory.messages.hours import closure_of, renamed
from services.directory.store_hours import schedules_of

OUTPUT_FIELDS = (
    "source",
    "unusable_reason",
    "closures",
    "time_zone",
    "warnings",
    "etag",
    "update_time",
)
"""Fields of StoreHours that an update does not take from its caller."""
CLOSURES_MOST = 100
EXPRESSIONS_MOST = 8192
"""Characters of all expressions of a store: to judge a long one may take a tenth of a second."""
CLOSURE_KEPT = dt.timedelta(days=30)
"""Time for which a closure that has ended is still shown."""


def hours_name(store_id: str) -> str:
    """`stores/us-1/hours` of `us-1`."""
    return f"stores/{store_id}/hours"


def new_hours(store_id: str) -> hours_pb2.StoreHours:
    """The hours of a store that was given none."""
    return hours_pb2.StoreHours(name=hours_name(store_id))


def shown(store: stores_pb2.Store, kept: hours_pb2.StoreHours) -> hours_pb2.StoreHours:
    """The stored hours, with the fields that come from the store itself."""
    result = hours_pb2.StoreHours()
    result.CopyFrom(kept)
    result.time_zone = store.time_zone
    result.source = hours_pb2.HOURS_SOURCE_EDITED
    if not kept.expression:
        came = imported_schedule(imported_hours(store))
        result.source = hours_pb2.HOURS_SOURCE_IMPORT
        result.expression, result.unusable_reason = came.expression, came.unusable
    if not kept.HasField("holidays"):
        result.holidays.CopyFrom(holidays_message(holidays_of(store)))
    return result


def merged(
    store: stores_pb2.Store,
    kept: hours_pb2.StoreHours,
    change: hours_pb2.StoreHours,
    mask: FieldMask,
) -> hours_pb2.StoreHours:
    """The stored hours with the fields of the mask changed; all set fields if it is empty.

    Values that are sent back as they were shown, but come from the store, stay with the store.
    """
    settable = [f.name for f in change.DESCRIPTOR.fields if f.name not in ("name", *OUTPUT_FIELDS)]
    if mask.paths and selects_all(mask):
        paths = settable
    else:
        paths = list(mask.paths) or [field.name for field, _ in change.ListFields()]
    wanted = FieldMask(paths=[path for path in paths if path.partition(".")[0] in settable])
    result = hours_pb2.StoreHours()
    result.CopyFrom(kept)
    wanted.MergeMessage(change, result, True, True)
    came = shown(store, new_hours(""))
    if not kept.expression and result.expression == came.expression:
        result.expression = ""
    if not kept.HasField("holidays") and result.holidays == came.holidays:
        result.ClearField("holidays")
    services = sorted(result.services, key=lambda service: service.name)
    for service in services:
        service.ClearField("open_state")
    del result.services[:]
    result.services.extend(services)
    result.ClearField("warnings")
    return result


def problems(hours: hours_pb2.StoreHours) -> list[FieldViolation]:
    """The fields of hours that break a rule of the contract."""
    found = violations_of(hours)
    seen = set()
    for number, service in enumerate(hours.services):
        field = f"services[{number}].name"
        if not service.name.startswith(f"{hours.name.removesuffix('hours')}services/"):
            found.append(FieldViolation(field, "must be of a service of this store"))
        if service.name in seen:
            found.append(FieldViolation(field, "stands twice"))
        seen.add(service.name)
    if sum(len(service.expression) for service in hours.services) > EXPRESSIONS_MOST:
        description = f"their expressions must have at most {EXPRESSIONS_MOST} characters in all"
        found.append(FieldViolation("services", description))
    return found


def cautions(store: stores_pb2.Store, hours: hours_pb2.StoreHours, today: dt.date) -> list[Caution]:
    """The parts of hours that are perhaps not meant.

    Raises:
        ScheduleError: they cannot be evaluated.
    """
    schedules = schedules_of(store, hours)
    found = list(check(schedules.own, today))
    for number, (service, schedule) in enumerate(
        zip(hours.services, schedules.services.values(), strict=True)
    ):
        if not service.expression:
            continue
        field = f"services[{number}]"
        try:
            found += [
                Caution(f"{field}.{each.field}", each.message, each.position, each.suggestion)
                for each in check(schedule, today)
            ]
        except ScheduleError as fault:
            raise renamed(fault, f"{field}.{fault.field}") from None
    return list(dict.fromkeys(found))


def check_closure(hours: hours_pb2.StoreHours, closure: hours_pb2.Closure) -> None:
    """Check a closure of a store's hours.

    Raises:
        ScheduleError: it ends before it begins, or its dates are none.
    """
    closure_of(closure)
    services = {service.name.rpartition("/")[2] for service in hours.services}
    if closure.service and closure.service not in services:
        raise ScheduleError("closure.service", f"the store has no service {closure.service!r}")


def without_old_closures(hours: hours_pb2.StoreHours, now: dt.datetime) -> None:
    """Drop the closures that ended long ago."""
    left = [closure for closure in hours.closures if not is_old(closure, now)]
    del hours.closures[:]
    hours.closures.extend(left)


def is_old(closure: hours_pb2.Closure, now: dt.datetime) -> bool:
    """True if a closure ended long ago."""
    before = now - CLOSURE_KEPT
    model = closure_of(closure)
    if model.expires and model.expires < before:
        return True
    if isinstance(model.ends, dt.datetime):
        return model.ends < before
    return model.ends is not None and model.ends < before.date()


def ends_of(schedule: Schedule) -> tuple[int, ...]:
    """The instants, in ms, at which closures of a store end by their own time."""
    zone = zoneinfo.ZoneInfo(schedule.time_zone or "UTC")
    found = (each for each in closed_stretches(schedule.closures, zone))
    return tuple(each.end_s * 1000 for each in found if each.end_s < FOR_EVER_S)


def same_content(one: Message, other: Message) -> bool:
    """True if two resources are equal apart from their times of creation."""
    copies = []
    for message in (one, other):
        copy = type(message)()
        copy.CopyFrom(message)
        copy.ClearField("create_time")
        copies.append(copy)
    return copies[0] == copies[1]


def holidays_message(rules: HolidayRules) -> hours_pb2.HolidayRules:
    """Holiday rules as the contract has them."""
    return hours_pb2.HolidayRules(
        region_code=rules.country,
        subdivision=rules.subdivision,
        school_zone=rules.school_zone,
        on_public_holiday=rules.on_public_holiday,
    )


def minutes_of(clock: str) -> int:
    """Minutes since midnight of a checked `HH:MM`."""
    return clock_minutes(clock, "same_day_order_until")
