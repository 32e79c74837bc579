"""Builds the geofence service from settings and the shared parts of a process."""

from functools import partial

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_servicer
from services.chassis.database.leases import Leases
from services.chassis.loops.forever import forever
from services.chassis.messages.paging import PageTokens
from services.chassis.tasks import finish
from services.directory.crossing import hold_facts
from services.directory.parts import Parts, Service
from services.directory.records import Records
from services.directory.trip_tokens import TripTokens
from services.directory.writer import Writer
from services.geofence.errors import DeviceKeysMissing
from services.geofence.model.travel import travel_time
from services.geofence.replica.feeds import FENCES, SUBSCRIPTIONS, Feeds
from services.geofence.resources.dead_letters import DeadLetters
from services.geofence.resources.detection import Detection
from services.geofence.resources.devices import Devices
from services.geofence.resources.fences import Fences
from services.geofence.resources.people import People
from services.geofence.resources.positions import Positions
from services.geofence.resources.subscriptions import Subscriptions
from services.geofence.resources.trips import Trips
from services.geofence.servicer import GeofenceServicer
from services.geofence.settings import GeofenceSettings
from services.geofence.state.delivery import Delivery
from services.geofence.state.devices import DeviceRecords
from services.geofence.state.erased import Erased
from services.geofence.state.people import PeopleRecords
from services.geofence.state.secrets import Secrets
from services.geofence.worker.deliveries import POLL_S, Deliverer
from services.geofence.worker.timers import TIMERS_S, Timers
from services.geofence.worker.upkeep import MEASURE_S, REWRITE_S, TRIM_S, Upkeep
from services.geofence.worker.webhooks import Webhooks

ORDERS_S = 0.02
"""After each turn: trips whose holds end together are told together."""
CONTRACT = pb.DESCRIPTOR.services_by_name["GeofenceService"]


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    settings = GeofenceSettings()
    client, directory, clock = parts.client, parts.directory, parts.clock
    feeds = Feeds(client, directory, parts.settings.data_dir, clock)

    records = DeviceRecords(
        client,
        settings.geofence_backlog,
        settings.geofence_replicas,
        settings.geofence_devices,
        settings.geofence_people,
    )
    people = PeopleRecords(client)
    lease_ms = round(settings.geofence_lease_s * 1000)
    delivery = Delivery(client, settings.geofence_queue, settings.geofence_dead_letters, lease_ms)
    secrets = Secrets(client)
    erased = Erased(client, round(settings.geofence_rewrite_s * 1000))

    detection = Detection(directory, travel_time(settings.geofence_travel_time))
    devices = Devices(records, people, delivery, erased, feeds, parts.keyring, clock)
    subscriptions = Subscriptions(
        Writer(Records(client, SUBSCRIPTIONS), feeds.subscriptions),
        feeds,
        delivery,
        secrets,
        clock,
        private=settings.webhook_private,
    )
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
        positions=Positions(records, devices, feeds, detection, clock, settings.geofence_batches),
        subscriptions=subscriptions,
        dead_letters=DeadLetters(subscriptions, delivery, clock),
        trips=trips,
        devices=devices,
        people=People(records, people, devices, detection, feeds, clock),
        delivery=delivery,
        ack_s=settings.geofence_ack_s,
        clock=clock,
    )

    timers = Timers(records, people, devices, detection, feeds, erased, clock)
    webhooks = Webhooks(settings.webhook_timeout_s, private=settings.webhook_private)
    deliverer = Deliverer(
        delivery, feeds, secrets, webhooks, subscriptions.disable, settings, clock
    )
    upkeep = Upkeep(delivery, erased, feeds, settings, clock)

    async def deliver() -> None:
        try:
            await forever("geofence deliveries", POLL_S, deliverer.run)
        finally:
            await finish(deliverer.close())

    async def check() -> None:
        if missing := await people.key_versions() - {*parts.keyring.versions}:
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
            "geofence deliveries": deliver,
            "geofence trim": partial(forever, "geofence trim", TRIM_S, upkeep.trim),
            "geofence rewriting": partial(forever, "geofence rewriting", REWRITE_S, upkeep.rewrite),
            "geofence figures": partial(forever, "geofence figures", MEASURE_S, upkeep.measure),
        },
        background={
            "geofence orders": partial(
                forever, "geofence orders", ORDERS_S, partial(facts.stand_by, trips.tell)
            ),
        },
        feeds=(feeds.fences, feeds.subscriptions),
    )
