"""Decides which entries of a stream a subscription gets, and reads them as events."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from enrayon.events.v1 import events_pb2 as pb
from services.chassis.clock import Clock
from services.chassis.database.client import Client
from services.directory.deliveries import queue_subject
from services.directory.directory import Directory
from services.directory.feed import Feed
from services.directory.hours import store_of
from services.directory.keys import STORES, parse_store, store_id
from services.directory.known import read_known
from services.directory.products import product_name
from services.directory.shelves import AskShelf
from services.events import metrics
from services.events.convert.changes import change_of
from services.events.convert.told import Told, told_of
from services.events.model.matching import admits, may_see
from services.events.model.sources import BY_PARTITION, FENCES
from services.events.state.delivery import Entry, entry_id


class Reading:
    """Reads entries of all sources; stores and their brands come from the directory."""

    def __init__(
        self, client: Client, directory: Directory, ask_shelf: AskShelf, clock: Clock
    ) -> None:
        self._client = client
        self._directory = directory
        self._ask_shelf = ask_shelf
        self._clock = clock

    async def admitted(
        self, subscription: pb.Subscription, partition: str, entries: Sequence[Entry]
    ) -> list[Told | None]:
        """For each entry of a partition the event that a subscription gets, or None."""
        if entries and BY_PARTITION[partition].has_log:
            last, _ = entry_id(entries[-1][0])
            await self._feed(partition).caught_up(last)
        told = [self._told(partition, *entry) for entry in entries]
        await self.add_known(subscription, partition, [each.event for each in told if each])
        return [each if each and self._admits(subscription, each) else None for each in told]

    async def add_known(
        self, subscription: pb.Subscription, partition: str, events: Sequence[pb.Event]
    ) -> None:
        """Add what is known of the devices that events are about, as long as it is known.

        The staff of a shop gets the reference alone: the labels of a person and the products looked
        at are what the caller of the trip keeps.
        """
        if BY_PARTITION[partition] is not FENCES:
            return
        subjects = dict.fromkeys(queue_subject(event.subject) for event in events)
        known = await read_known(self._client, {f"{{{partition}}}": subjects})
        for event in events:
            if found := known.get(queue_subject(event.subject)):
                event.reference = found.reference
                if subscription.scope != pb.Subscription.SCOPE_STORES:
                    products = names_of(found.products)
                    event.data.update({"device_labels": dict(found.labels), "products": products})
                    await self._add_available(event, found.products)

    async def _add_available(self, event: pb.Event, viewed: Sequence[str]) -> None:
        """Add which of the products looked at the store has, to a message that is sent for them."""
        if "viewed_available" not in event.data or not viewed:
            return
        available = (await self._ask_shelf(store_id(event.store), viewed)).available
        told = event.data.get_or_create_list("available_products")
        named = {each.string_value for each in told.values}
        found = names_of(sku for sku in viewed if sku in available)
        told.extend([name for name in found if name not in named])

    def _told(self, partition: str, id: str, fields: Mapping[bytes, bytes]) -> Told | None:
        if BY_PARTITION[partition].has_log:
            store = store_of(fields[b"id"].decode())
            return change_of(partition, id, fields, self._directory.stores.replica.record(store))
        return told_of(partition, id, fields)

    def _admits(self, subscription: pb.Subscription, told: Told) -> bool:
        event, wanted = told.event, subscription.filter
        return (
            may_see(subscription, event, told.owner, told.home, is_private=told.is_private)
            and admits(wanted, event, self._brand(told) if wanted.brands else "")
            and not self.is_expired(event)
        )

    def is_expired(self, event: pb.Event) -> bool:
        """True for an event that is worth nothing more, which is counted."""
        if not event.HasField("expire_time"):
            return False
        is_over = event.expire_time.ToDatetime(dt.UTC) <= self._clock()
        if is_over:
            metrics.EXPIRED.labels(event.type).inc()
        return is_over

    def _feed(self, partition: str) -> Feed[Any]:
        return self._directory.stores if partition == STORES else self._directory.hours

    def _brand(self, told: Told) -> str:
        if told.brand:
            return told.brand
        encoded = self._directory.stores.replica.record(store_id(told.event.store))
        return parse_store(encoded).brand if encoded else ""


def names_of(skus: Iterable[str]) -> list[str]:
    """The names of products."""
    return [product_name(sku) for sku in skus]
