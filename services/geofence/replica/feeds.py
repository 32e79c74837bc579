"""The feeds that keep the fences and subscriptions of a process current."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from services.chassis.clock import Clock
from services.chassis.database.client import Client
from services.directory.directory import Directory
from services.directory.feed import Feed
from services.directory.replicas import Change
from services.geofence.replica.fences import FencesReplica
from services.geofence.replica.subscriptions import SubscriptionsReplica

FENCES = "fences"
SUBSCRIPTIONS = "subscriptions"


class Feeds:
    """Both feeds. The process starts and stops them."""

    def __init__(self, client: Client, directory: Directory, folder: Path, clock: Clock) -> None:
        self._directory = directory

        def build(records: Iterable[tuple[str, bytes]]) -> FencesReplica:
            return FencesReplica(directory, records)

        self.fences = Feed(client, FENCES, build, folder, clock)
        self.subscriptions = Feed(client, SUBSCRIPTIONS, SubscriptionsReplica, folder, clock)
        directory.stores.listen(self._store_changed)

    @property
    def stale_as_of(self) -> dt.datetime | None:
        """When the fences were last known to be current; None while they are."""
        return self.fences.stale_as_of

    async def caught_up(self) -> bool:
        """Wait for every change of fences and stores made until now; False if that takes long."""
        return await self.fences.catch_up() and await self._directory.stores.catch_up()

    def _store_changed(self, change: Change | None) -> None:
        if self.fences.is_loaded:
            self.fences.replica.store_changed(change)
