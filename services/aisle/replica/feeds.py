"""The feeds that keep the floor plans and placements of a process current."""

import datetime as dt
from pathlib import Path

from services.aisle.replica.placements import PlacementsReplica
from services.aisle.replica.plans import PlansReplica
from services.chassis.clock import Clock
from services.chassis.database.client import Client
from services.directory.directory import Directory
from services.directory.feed import Feed

PLANS = "plans"
PLACEMENTS = "placements"
"""The kinds of record that the aisle service owns."""


class Feeds:
    """The feeds of the service, and the directory beside them."""

    def __init__(self, client: Client, directory: Directory, folder: Path, clock: Clock) -> None:
        self.directory = directory
        self.plans = Feed(client, PLANS, PlansReplica, folder, clock)
        self.placements = Feed(client, PLACEMENTS, PlacementsReplica, folder, clock)

    @property
    def stale_as_of(self) -> dt.datetime | None:
        """The time at which all records were last known to be current; None while they are."""
        feeds = (self.directory, self.plans, self.placements)
        return min((at for feed in feeds if (at := feed.stale_as_of) is not None), default=None)
