"""Travel times of one process: by a router where one reaches, else by estimates."""

from collections.abc import Sequence

from geodata.points import Point
from geodata.roads import Mode
from geodata.roads.sketch import Sketch, nothing
from services.directory.arrivals import Arrivals
from services.directory.estimated_journeys import Area, estimate, estimated_area
from services.directory.feed import Feed
from services.directory.journeys import Journey, Travel
from services.directory.reach import Reach
from services.directory.replicas import Change
from services.directory.router import Router, Ways
from services.directory.schedules import Schedules
from services.directory.stores import StoresReplica
from services.directory.travel_areas import TravelArea, no_roads


class Roads:
    """The travel times of one process."""

    def __init__(
        self, stores: Feed[StoresReplica], schedules: Schedules, router: Router | None = None
    ) -> None:
        self._stores = stores
        self._schedules = schedules
        self._router = router
        stores.listen(self._note)

    @property
    def attribution(self) -> str:
        """The source of the roads; empty if there are none."""
        return self._router.attribution if self._router else ""

    @property
    def version(self) -> str:
        """The version of the roads; empty if there are none."""
        return self._router.version if self._router else ""

    async def reach(self, origin: Point, travel: Travel) -> Reach:
        """The stores as a traveller from a point reaches them."""
        replica, ways = self._stores.replica, Ways()
        if self._router is not None:
            ways = await self._router.to_stores(replica.index, travel.mode, origin)
            while replica is not self._stores.replica:  # all were loaded anew meanwhile
                replica = self._stores.replica
                ways = await self._router.to_stores(replica.index, travel.mode, origin)
        return Reach(Arrivals(replica, self._schedules, origin, travel, ways))

    def knows(self, mode: Mode) -> bool:
        """True if times of a mode are known from memory."""
        return self._router is not None and mode in self._router.modes

    def sketch(self, area: TravelArea) -> Sketch:
        """The sketch of an isochrone. Takes long: run it in a thread."""
        found = None
        if self._router is not None:
            found = self._router.sketch(area.mode, area.store, area.limit_s)
        return found or nothing(area.store)

    def seconds(self, mode: Mode, origin: Point, destination: Point) -> float | None:
        """The time between two points, from memory; None where no roads are known."""
        return self._router.seconds(mode, origin, destination) if self._router else None

    def seconds_to(
        self, mode: Mode, stores: Sequence[Point], destination: Point
    ) -> Sequence[float | None]:
        """The times from stores to a point, from memory; None where no roads are known."""
        if self._router is None:
            return no_roads(mode, stores, destination)
        return self._router.seconds_to(mode, stores, destination)

    def detours(
        self, mode: Mode, origins: Sequence[Point], destinations: Sequence[Point]
    ) -> list[Journey]:
        """For each pair of points the way there and back. Takes long for many."""
        return [
            self._both_ways(mode, origin, destination)
            for origin, destination in zip(origins, destinations, strict=True)
        ]

    def _both_ways(self, mode: Mode, origin: Point, destination: Point) -> Journey:
        ways = (origin, destination), (destination, origin)
        seconds = [self.seconds(mode, *way) for way in ways]
        known = [each for each in seconds if each is not None]
        if len(known) == len(ways):
            return Journey(sum(known), False)
        return Journey(2 * estimate(mode, origin, destination).seconds, True)

    async def matrix(
        self,
        mode: Mode,
        origins: Sequence[Point],
        destinations: Sequence[Point],
        *,
        has_lines: bool = False,
    ) -> list[list[Journey]]:
        """The journeys from each origin to each destination, with their lines if wanted."""
        found: Sequence[Sequence[Journey | None]] = [[None] * len(destinations)] * len(origins)
        if self._router is not None:
            found = await self._router.matrix(mode, origins, destinations, has_lines=has_lines)
        return [
            [
                journey or estimate(mode, origin, destination)
                for destination, journey in zip(destinations, row, strict=True)
            ]
            for origin, row in zip(origins, found, strict=True)
        ]

    async def area(self, mode: Mode, center: Point, limit_s: float, *, towards: bool) -> Area:
        """The isochrone of a point."""
        if self._router is not None:
            area = await self._router.area(mode, center, limit_s, towards=towards)
            if area is not None:
                return area
        return estimated_area(mode, center, limit_s)

    async def prepare(self) -> None:
        """Prepare the stores for the first search."""
        if self._router is not None and self._stores.is_loaded:
            await self._router.prepare(self._stores.replica.index)

    def _note(self, _: Change | None) -> None:
        if self._router is not None:
            self._router.note_change()
