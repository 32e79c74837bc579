"""The feeds that keep the fences and rules of a process current, and the stores of fences."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from services.chassis.clock import Clock
from services.chassis.database.client import Client
from services.directory.directory import Directory
from services.directory.feed import Feed
from services.directory.replicas import Change
from services.geofence.replica.fences import FencesReplica
from services.geofence.replica.rules import RulesReplica

FENCES = "fences"
RULES = "rules"


class Feeds:
    """The feeds of fences and rules. The process starts and stops them."""

    def __init__(self, client: Client, directory: Directory, folder: Path, clock: Clock) -> None:
        self._directory = directory
        self._missed: list[Change | None] | None = None
        """Changes of stores while a replica is built, in a thread; None while none is."""

        def build(records: Iterable[tuple[str, bytes]]) -> FencesReplica:
            self._missed = []
            return FencesReplica(directory, records)

        self.fences = Feed(client, FENCES, build, folder, clock)
        self.rules = Feed(client, RULES, RulesReplica, folder, clock)
        directory.stores.listen(self._store_changed)
        self.fences.listen(self._fences_changed)

    @property
    def stale_as_of(self) -> dt.datetime | None:
        """When the fences were last known to be current; None while they are."""
        return self.fences.stale_as_of

    async def caught_up(self) -> bool:
        """Wait for every change of fences and stores made until now; False if that takes long."""
        return await self.fences.catch_up() and await self._directory.stores.catch_up()

    def _store_changed(self, change: Change | None) -> None:
        if self._missed is not None:
            self._missed.append(change)
        if self.fences.is_loaded:
            self.fences.replica.store_changed(change)

    def _fences_changed(self, change: Change | None) -> None:
        """Let a replica that was just built follow the stores that changed meanwhile."""
        if change is None:
            missed, self._missed = self._missed or (), None
            for each in missed:
                self.fences.replica.store_changed(each)
