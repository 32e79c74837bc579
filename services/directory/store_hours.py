"""The schedules of a store and its services: imported hours joined with an hours record.

How it works: the record replaces the imported expression and holidays where it has its own, and
adds exceptions and closures. A service without an expression of its own has the store's schedule,
where its own exceptions replace those of the store on the same dates. One with its own expression
keeps the store as its `host`, which decides the days on which the store is closed; an independent
one has no host.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import follows_sun
from geodata.schedule.model import DatedException, Schedule
from services.directory.imported_hours import imported_hours, imported_schedule, location_of
from services.directory.messages.hours import closures_of, exceptions_of, holiday_rules, renamed


class StoreSchedules(NamedTuple):
    """The schedules of a store, and of its services by id."""

    own: Schedule
    services: Mapping[str, Schedule]


def schedules_of(store: stores_pb2.Store, hours: hours_pb2.StoreHours | None) -> StoreSchedules:
    """The schedules of a store and its services; `hours` is its hours record, if it has one.

    Raises:
        ScheduleError: the hours cannot be evaluated; the error names the field of `hours`.
    """
    imported = imported_schedule(imported_hours(store))
    if hours is None:
        return StoreSchedules(imported, {})
    holidays = holiday_rules(hours.holidays) if hours.HasField("holidays") else imported.holidays
    own = dataclasses.replace(
        imported,
        expression=hours.expression or imported.expression,
        unusable="" if hours.expression else imported.unusable,
        location=location_of(store) if follows_sun(hours.expression) else imported.location,
        holidays=holidays,
        exceptions=tuple(exceptions_of(hours.exceptions, "exceptions")),
        closures=(*imported.closures, *closures_of(hours.closures, "")),
    )
    services = {
        service.name.rpartition("/")[2]: _service_schedule(store, own, hours, number)
        for number, service in enumerate(hours.services)
    }
    return StoreSchedules(own, services)


def _service_schedule(
    store: stores_pb2.Store, own: Schedule, hours: hours_pb2.StoreHours, number: int
) -> Schedule:
    service, field = hours.services[number], f"services[{number}]"
    exceptions = list(exceptions_of(service.exceptions, f"{field}.exceptions"))
    closures = tuple(closures_of(hours.closures, service.name.rpartition("/")[2]))
    base = own
    if service.independent_of_store:
        base = dataclasses.replace(
            own,
            exceptions=(),
            closures=(),
            status="",
            holidays=dataclasses.replace(own.holidays, on_public_holiday=""),
        )
    inherited = [] if service.expression else list(base.exceptions)
    in_store = bool(service.expression) and not service.independent_of_store
    try:
        return dataclasses.replace(
            base,
            expression=service.expression or own.expression,
            unusable="" if service.expression else own.unusable,
            location=location_of(store) if follows_sun(service.expression) else own.location,
            exceptions=(*exceptions, *_without(inherited, exceptions)),
            closures=(*base.closures, *closures),
            host=dataclasses.replace(own, closures=()) if in_store else None,
        )
    except ScheduleError as fault:
        raise renamed(fault, f"{field}.{fault.field}") from None


def _without(
    exceptions: Iterable[DatedException], others: Iterable[DatedException]
) -> Iterable[DatedException]:
    """The exceptions without the dates of the others."""
    one_day = dt.timedelta(1)
    remaining = list(exceptions)
    for other in others:
        cut = []
        for each in remaining:
            if other.last_date < each.first_date or each.last_date < other.first_date:
                cut.append(each)
                continue
            if each.first_date < other.first_date:
                cut.append(dataclasses.replace(each, last_date=other.first_date - one_day))
            if other.last_date < each.last_date:
                cut.append(dataclasses.replace(each, first_date=other.last_date + one_day))
        remaining = cut
    return remaining
