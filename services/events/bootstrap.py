"""Builds the events service from settings and the shared parts of a process."""

from functools import partial

from enrayon.events.v1 import events_pb2 as pb
from enrayon.events.v1 import events_servicer
from services.chassis.access.key_ring import key_ring
from services.chassis.loops.forever import forever
from services.chassis.messages.paging import PageTokens
from services.chassis.tasks import finish
from services.directory.feed import Feed
from services.directory.parts import Parts, Service
from services.directory.records import Records
from services.directory.writer import Writer
from services.events.replica.subscriptions import SUBSCRIPTIONS, SubscriptionsReplica
from services.events.resources.dead_letters import DeadLetters
from services.events.resources.owners import Owners
from services.events.resources.reading import Reading
from services.events.resources.subscriptions import Subscriptions
from services.events.servicer import EventsServicer
from services.events.settings import EventsSettings
from services.events.state.delivery import Delivery
from services.events.state.secrets import Secrets
from services.events.worker.deliveries import POLL_S, Deliverer
from services.events.worker.upkeep import MEASURE_S, TRIM_S, Upkeep
from services.events.worker.webhooks import Webhooks

CONTRACT = pb.DESCRIPTOR.services_by_name["EventsService"]


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    settings = EventsSettings()
    client, clock = parts.client, parts.clock
    feed = Feed(client, SUBSCRIPTIONS, SubscriptionsReplica, parts.settings.data_dir, clock)
    lease_ms = round(settings.events_lease_s * 1000)
    delivery = Delivery(client, settings.events_queue, settings.events_dead_letters, lease_ms)
    secrets = Secrets(client)
    reading = Reading(client, parts.directory, parts.ask_shelf, clock)
    owners = Owners(key_ring(client, clock))
    subscriptions = Subscriptions(
        Writer(Records(client, SUBSCRIPTIONS), feed),
        feed,
        delivery,
        secrets,
        parts.directory,
        owners,
        clock,
        most=settings.events_subscriptions_per_caller,
        private=settings.webhook_private,
    )
    servicer: events_servicer.EventsServicer = EventsServicer(
        PageTokens(parts.keyring),
        subscriptions,
        DeadLetters(subscriptions, delivery, clock),
        delivery,
        reading,
        settings.events_ack_s,
        clock,
    )

    webhooks = Webhooks(settings.webhook_timeout_s, private=settings.webhook_private)
    deliverer = Deliverer(
        delivery,
        feed,
        reading,
        secrets,
        webhooks,
        subscriptions.disable,
        owners,
        settings,
        clock,
    )
    upkeep = Upkeep(delivery, feed, owners, settings, clock)

    async def deliver() -> None:
        try:
            await forever("events deliveries", POLL_S, deliverer.run)
        finally:
            await finish(deliverer.close())

    return Service(
        CONTRACT,
        servicer,
        workers={
            "events deliveries": deliver,
            "events trim": partial(forever, "events trim", TRIM_S, upkeep.trim),
            "events figures": partial(forever, "events figures", MEASURE_S, upkeep.measure),
        },
        feeds=(feed,),
    )
