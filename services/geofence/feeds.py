"""The fences and subscriptions of a process, followed while anything needs them."""

import asyncio
import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.clock import Clock
from services.chassis.database.client import Client
from services.chassis.tasks import finish
from services.directory.directory import Directory
from services.directory.feed import Feed
from services.directory.replicas import Change
from services.geofence.book import FencesReplica

FENCES = "fences"
SUBSCRIPTIONS = "subscriptions"


class SubscriptionsReplica:
    """The subscriptions in memory."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._records: dict[str, bytes] = {}
        self.by_id: dict[str, pb.Subscription] = {}
        for id, encoded in records:
            self.apply(id, encoded)

    def __len__(self) -> int:
        return len(self._records)

    def record(self, id: str) -> bytes | None:
        """The encoded subscription of an id."""
        return self._records.get(id)

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their encoded subscriptions."""
        return self._records.items()

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one subscription."""
        before = self._records.pop(id, None)
        self.by_id.pop(id, None)
        if after is not None:
            self._records[id] = after
            self.by_id[id] = pb.Subscription.FromString(after)
        return Change(id, before, after)


class Feeds:
    """Both feeds. They start when first asked for; `run` keeps them, and stops them in the end."""

    def __init__(self, client: Client, directory: Directory, folder: Path, clock: Clock) -> None:
        self._directory = directory

        def build(records: Iterable[tuple[str, bytes]]) -> FencesReplica:
            return FencesReplica(directory, records)

        self.fences = Feed(client, FENCES, build, folder, clock)
        self.subscriptions = Feed(client, SUBSCRIPTIONS, SubscriptionsReplica, folder, clock)
        self._starting: asyncio.Task[None] | None = None
        directory.stores.listen(self._store_changed)

    @property
    def stale_as_of(self) -> dt.datetime | None:
        """When the fences were last known to be current; None while they are."""
        return self.fences.stale_as_of

    async def ready(self) -> None:
        """Wait until the feeds have begun."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        await asyncio.shield(self._starting)

    async def run(self) -> None:
        """Follow until cancelled."""
        try:
            await self.ready()
            await asyncio.Event().wait()
        finally:
            await finish(self._stop())

    async def caught_up(self) -> bool:
        """Bring fences and stores up to what they are in the store now."""
        return await self.fences.catch_up() and await self._directory.stores.catch_up()

    async def _start(self) -> None:
        await asyncio.gather(self.fences.start(), self.subscriptions.start())

    async def _stop(self) -> None:
        if self._starting is not None:
            await asyncio.wait([self._starting])
            self._starting = None
            await self.fences.stop()
            await self.subscriptions.stop()

    def _store_changed(self, change: Change | None) -> None:
        if self._starting is not None and self._starting.done():
            self.fences.replica.store_changed(change)
