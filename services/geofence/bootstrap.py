"""Builds the geofence service from settings and the shared parts of a process."""

from contextlib import suppress
from functools import partial

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_servicer
from services.chassis.database.failures import FAILURES
from services.chassis.database.leases import Leases
from services.chassis.loops.forever import forever
from services.chassis.messages.paging import PageTokens
from services.directory.crossing import hold_facts
from services.directory.events import StreamSettings
from services.directory.parts import Parts, Service
from services.directory.records import Records
from services.directory.trip_tokens import TripTokens
from services.directory.writer import Writer
from services.geofence.errors import DeviceKeysMissing
from services.geofence.model.travel import travel_time
from services.geofence.replica.feeds import FENCES, RULES, Feeds
from services.geofence.replica.isochrones import Isochrones
from services.geofence.resources.campaigns import Campaigns
from services.geofence.resources.detection import Detection
from services.geofence.resources.devices import Devices
from services.geofence.resources.fences import Fences
from services.geofence.resources.people import People
from services.geofence.resources.positions import Positions
from services.geofence.resources.rules import Rules
from services.geofence.resources.trips import Trips
from services.geofence.servicer import GeofenceServicer
from services.geofence.settings import GeofenceSettings
from services.geofence.state.devices import DeviceRecords
from services.geofence.state.erased import REWRITE_S, Erased
from services.geofence.state.people import PeopleRecords
from services.geofence.worker.timers import TIMERS_S, Timers

ORDERS_S = 0.02
"""After each turn: trips whose holds end together are told together."""
ISOCHRONES_S = 0.02
"""After each turn: stores that change together are read together."""
CONTRACT = pb.DESCRIPTOR.services_by_name["GeofenceService"]


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    settings = GeofenceSettings()
    client, directory, clock = parts.client, parts.directory, parts.clock
    feeds = Feeds(client, directory, parts.settings.data_dir, clock)

    records = DeviceRecords(
        client,
        StreamSettings().events_backlog,
        settings.geofence_replicas,
        settings.geofence_devices,
        settings.geofence_people,
    )
    people = PeopleRecords(client)
    erased = Erased(client, round(settings.geofence_rewrite_s * 1000))

    detection = Detection(
        directory, travel_time(settings.geofence_travel_time, directory.roads.seconds)
    )
    campaigns = Campaigns(feeds, directory, parts.ask_shelf)
    devices = Devices(records, people, erased, campaigns, parts.keyring, clock)
    facts = hold_facts(client)
    trips = Trips(
        records,
        devices,
        detection,
        directory,
        Leases(client),
        facts,
        TripTokens(parts.keyring),
        settings.trips_per_caller,
        clock,
    )
    servicer: geofence_servicer.GeofenceServicer = GeofenceServicer(
        feeds,
        PageTokens(parts.keyring),
        fences=Fences(Writer(Records(client, FENCES), feeds.fences), feeds, directory, clock),
        rules=Rules(Writer(Records(client, RULES), feeds.rules), feeds, directory, clock),
        positions=Positions(records, devices, feeds, detection, clock, settings.geofence_batches),
        trips=trips,
        devices=devices,
        people=People(records, people, devices, detection, feeds, clock),
    )

    isochrones = Isochrones(feeds, directory)
    timers = Timers(records, people, devices, detection, feeds, erased, clock)

    async def check() -> None:
        with suppress(*FAILURES):  # a process begins with its snapshots while there is no database
            if missing := (await people.by_key()).keys() - {*parts.keyring.versions}:
                raise DeviceKeysMissing(missing)

    return Service(
        CONTRACT,
        servicer,
        check=check,
        workers={
            "geofence timers": partial(forever, "geofence timers", TIMERS_S, timers.run),
            "geofence sweep": timers.sweep_when_needed,
            "geofence orders": partial(
                forever, "geofence orders", ORDERS_S, partial(facts.run, trips.tell)
            ),
            "geofence rewriting": partial(forever, "geofence rewriting", REWRITE_S, erased.run),
        },
        background={
            "geofence isochrones": partial(
                forever, "geofence isochrones", ISOCHRONES_S, isochrones.run
            ),
            "geofence orders": partial(
                forever, "geofence orders", ORDERS_S, partial(facts.stand_by, trips.tell)
            ),
        },
        feeds=(feeds.fences, feeds.rules),
    )
