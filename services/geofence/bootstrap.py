"""Builds the geofence service."""

from functools import partial

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_servicer
from services.chassis.loops.forever import forever
from services.chassis.messages.paging import PageTokens
from services.chassis.tasks import finish
from services.directory.parts import Parts, Service
from services.directory.records import Records
from services.geofence import fences, subscriptions
from services.geofence.arrivals import Trips
from services.geofence.detection import Detection
from services.geofence.erasure import Erasure
from services.geofence.errors import FenceNotFound, SubscriptionNotFound
from services.geofence.feeds import FENCES, SUBSCRIPTIONS, Feeds
from services.geofence.model.travel import travel_time
from services.geofence.positions import Positions
from services.geofence.servicer import GeofenceServicer
from services.geofence.settings import GeofenceSettings
from services.geofence.state.delivery import Delivery
from services.geofence.state.devices import Devices
from services.geofence.state.erased import Erased
from services.geofence.state.secrets import Secrets
from services.geofence.subscriptions import Subscriptions
from services.geofence.webhooks import Webhooks
from services.geofence.worker.deliveries import POLL_S, Deliverer
from services.geofence.worker.timers import TIMERS_S, Timers
from services.geofence.worker.upkeep import FIGURES_S, REWRITE_S, TRIM_S, Upkeep
from services.geofence.writer import ResourceWriter

CONTRACT = pb.DESCRIPTOR.services_by_name["GeofenceService"]


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    settings = GeofenceSettings()
    client, directory, clock = parts.client, parts.directory, parts.clock
    feeds = Feeds(client, directory, parts.settings.data_dir, clock)
    devices = Devices(client, settings.geofence_backlog, settings.geofence_replicas)
    delivery = Delivery(
        client,
        settings.geofence_queue,
        settings.geofence_dead_letters,
        round(settings.geofence_lease_s * 1000),
    )
    secrets = Secrets(client)
    erased = Erased(client, round(settings.geofence_rewrite_s * 1000))
    detection = Detection(directory, travel_time(settings.geofence_travel_time))
    positions = Positions(
        devices, feeds, detection, parts.keyring, clock, settings.geofence_batches
    )
    fence_writer = ResourceWriter(
        Records(client, FENCES),
        feeds.fences,
        clock,
        pb.Fence,
        "fence",
        FenceNotFound,
        fences.checker(feeds),
    )
    subscription_writer = ResourceWriter(
        Records(client, SUBSCRIPTIONS),
        feeds.subscriptions,
        clock,
        pb.Subscription,
        "subscription",
        SubscriptionNotFound,
        subscriptions.checker(private=settings.webhook_private),
    )
    owner = Subscriptions(subscription_writer, feeds, delivery, secrets, clock)
    servicer: geofence_servicer.GeofenceServicer = GeofenceServicer(
        feeds,
        PageTokens(parts.keyring),
        fence_writer,
        positions,
        owner,
        delivery,
        Trips(devices, positions, detection, feeds, clock),
        Erasure(devices, delivery, erased, positions, feeds, clock),
        settings.geofence_ack_s,
        clock,
    )
    timers = Timers(devices, positions, detection, feeds, erased, clock)
    webhooks = Webhooks(settings.webhook_timeout_s, private=settings.webhook_private)
    deliverer = Deliverer(delivery, feeds, secrets, webhooks, owner.disable, settings, clock)
    upkeep = Upkeep(delivery, erased, feeds, settings, clock)

    async def deliver() -> None:
        try:
            await forever("geofence deliveries", POLL_S, deliverer.deliver)
        finally:
            await finish(deliverer.close())

    return Service(
        CONTRACT,
        servicer,
        workers={
            "geofence feeds": feeds.run,
            "geofence timers": partial(forever, "geofence timers", TIMERS_S, timers.fire),
            "geofence sweep": timers.sweep_when_needed,
            "geofence deliveries": deliver,
            "geofence trim": partial(forever, "geofence trim", TRIM_S, upkeep.trim),
            "geofence rewriting": partial(forever, "geofence rewriting", REWRITE_S, upkeep.rewrite),
            "geofence figures": partial(forever, "geofence figures", FIGURES_S, upkeep.measure),
        },
        background={"geofence feeds": feeds.run},
    )
