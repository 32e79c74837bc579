"""Builds the hours service from the shared parts of a process."""

from collections.abc import Collection, Iterable
from functools import partial

from enrayon.hours.v1 import hours_pb2, hours_servicer
from services.chassis.loops.forever import forever
from services.chassis.messages.paging import PageTokens
from services.directory.by_time import PAUSE_S, ByTime
from services.directory.keys import HOURS
from services.directory.parts import Parts, Service
from services.directory.records import Records
from services.directory.writer import Writer
from services.hours.model import ends_of
from services.hours.resources.store_events import StoreEvents
from services.hours.resources.store_hours import Hours
from services.hours.servicer import HoursServicer

CONTRACT = hours_pb2.DESCRIPTOR.services_by_name["HoursService"]


def closure_ends(parts: Parts) -> ByTime:
    """Tells that closures have ended by their own time."""
    directory = parts.directory

    def ends(store: str) -> Collection[int]:
        schedules = directory.schedules.of(store)
        return ends_of(schedules.own) if schedules else ()

    def stores() -> Iterable[str]:
        return directory.hours.replica.store_ids()

    feeds = (directory.hours, directory.stores)
    return ByTime(parts.client, HOURS, "closure.ended", feeds, stores, ends, parts.clock)


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    writer = Writer(Records(parts.client, HOURS), parts.directory.hours)
    servicer: hours_servicer.HoursServicer = HoursServicer(
        parts.directory,
        parts.origins,
        PageTokens(parts.keyring),
        Hours(writer, parts.directory, parts.clock),
        StoreEvents(writer, parts.directory, parts.clock),
        parts.clock,
    )
    closures = closure_ends(parts)
    return Service(
        CONTRACT,
        servicer,
        workers={"hours closures": partial(forever, "hours closures", PAUSE_S, closures.run)},
    )
