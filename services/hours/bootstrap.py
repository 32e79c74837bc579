"""Builds the hours service from the shared parts of a process."""

from functools import partial

from enrayon.hours.v1 import hours_pb2, hours_servicer
from services.chassis.loops.forever import forever
from services.chassis.messages.paging import PageTokens
from services.directory.keys import HOURS
from services.directory.parts import Parts, Service
from services.directory.records import Records
from services.directory.writer import Writer
from services.hours.resources.store_events import StoreEvents
from services.hours.resources.store_hours import Hours
from services.hours.servicer import HoursServicer
from services.hours.state import Ends
from services.hours.worker import PAUSE_S, Closures

CONTRACT = hours_pb2.DESCRIPTOR.services_by_name["HoursService"]


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
    closures = Closures(Ends(parts.client), parts.directory, parts.clock)
    return Service(
        CONTRACT,
        servicer,
        workers={"hours closures": partial(forever, "hours closures", PAUSE_S, closures.run)},
    )
