"""The router on a network in memory: times to all stores, which are snapped to it in advance."""

import asyncio
import functools
import math
from collections.abc import Collection, Sequence
from math import inf
from pathlib import Path

import h3
import numpy as np
import structlog
from pydantic import Field

from geodata.nearest import NearestIndex
from geodata.points import Point
from geodata.roads import Isochrone, Mode, RoadNetwork, Snapped
from geodata.roads.drawing import draw
from geodata.roads.sketch import Sketch, sketch
from services.chassis.processor import in_thread
from services.chassis.settings import EnvironmentSettings
from services.directory.estimated_journeys import Area
from services.directory.journeys import Journey
from services.directory.remote_roads import RemoteRouter
from services.directory.router import Router, Ways
from services.directory.stores_on_roads import JourneysFrom, StoresOnRoads

log = structlog.get_logger()

STORES_KEPT = 20_000
"""Stores with a service area by travel time whose places on the roads are kept."""


class RoadSettings(EnvironmentSettings):
    """The network of roads for travel times."""

    roads: Path | None = Field(
        None,
        description="a network of roads that `enrayon roads build` wrote; unset: travel times are "
        "estimates",
    )
    roads_url: str = Field(
        "",
        pattern=r"^(https://[^\s?#@]+)?$",
        description="https address of a Valhalla server, in place of a network; empty: none",
    )
    roads_url_timeout_s: float = Field(
        0.5,
        gt=0,
        le=10,
        description="longest wait for that server in a search, in seconds; then estimates answer",
    )


async def load_router(settings: RoadSettings) -> Router | None:
    """The router of the settings; None if they name none. A network goes before a server.

    Raises:
        BadNetwork: the file is not a network, or is damaged.
        OSError: the file cannot be read.
    """
    if settings.roads is None:
        if not settings.roads_url:
            return None
        return RemoteRouter(settings.roads_url, settings.roads_url_timeout_s)
    network = await asyncio.to_thread(RoadNetwork.load, settings.roads)
    log.info("loaded the roads", version=network.version, modes=sorted(network.modes))
    return EmbeddedRouter(network)


class EmbeddedRouter:
    """Finds ways on a network in memory."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        self._stores = {mode: StoresOnRoads(network, mode) for mode in network.modes}
        self._snapped_store = functools.lru_cache(STORES_KEPT)(self._snap_store)

    @property
    def version(self) -> str:
        """The version of the network."""
        return self._network.version

    @property
    def attribution(self) -> str:
        """The source of the network."""
        return self._network.attribution

    @property
    def modes(self) -> Collection[Mode]:
        """Those of the network."""
        return self._network.modes

    async def prepare(self, index: NearestIndex) -> None:
        """Snap the stores for each mode."""
        for stores in self._stores.values():
            await stores.bring(index)

    def note_change(self) -> None:
        """Note that stores have changed."""
        for stores in self._stores.values():
            stores.is_current = False

    def seconds(self, mode: Mode, origin: Point, destination: Point) -> float | None:
        """The time between two points; None where the network knows no way."""
        ends = [
            self._network.snap(mode, point.latitude, point.longitude)
            for point in (origin, destination)
        ]
        start, end = ends
        if start is None or end is None:
            return None
        [found] = self._network.times_from(start, [end]).tolist()
        return found if math.isfinite(found) else None

    def seconds_to(
        self, mode: Mode, stores: Sequence[Point], destination: Point
    ) -> Sequence[float | None]:
        """The times from stores to a point; None where the network knows no way."""
        end = self._network.snap(mode, destination.latitude, destination.longitude)
        if end is None:
            return [None] * len(stores)
        starts = [self._snapped_store(mode, store) for store in stores]
        known = [start for start in starts if start is not None]
        times = iter(self._network.times_to(end, known).tolist())
        found = [inf if start is None else next(times) for start in starts]
        return [None if seconds == inf else seconds for seconds in found]

    def sketch(self, mode: Mode, store: Point, limit_s: float) -> Sketch | None:
        """The sketch of the isochrone of a store; None if the network does not reach it."""
        snapped = self._snapped_store(mode, store)
        if snapped is None:
            return None
        return sketch(self._network.isochrone(snapped, limit_s))

    async def to_stores(self, index: NearestIndex, mode: Mode, origin: Point) -> Ways:
        """The ways to all stores that the network reaches from a point."""
        stores = self._stores.get(mode)
        if stores is None:
            return Ways()
        await stores.bring(index)
        snapped = self._network.snap(mode, origin.latitude, origin.longitude)
        return Ways() if snapped is None else stores.ways(snapped)

    async def matrix(
        self,
        mode: Mode,
        origins: Sequence[Point],
        destinations: Sequence[Point],
        *,
        has_lines: bool = False,
    ) -> list[list[Journey | None]]:
        """The ways from each origin to each destination; None where there is none."""
        if mode not in self._stores:
            return [[None] * len(destinations) for _ in origins]
        targets = await in_thread(self._snap, mode, destinations)
        return [
            await in_thread(self._row, start, targets, has_lines)
            for start in await in_thread(self._snap, mode, origins)
        ]

    async def area(
        self, mode: Mode, center: Point, limit_s: float, *, towards: bool
    ) -> Area | None:
        """The isochrone of a point; None if the network does not reach it."""
        if mode not in self._stores:
            return None
        snapped = self._network.snap(mode, center.latitude, center.longitude)
        if snapped is None:
            return None
        find = functools.partial(self._area, snapped, limit_s, outward=not towards)
        area: Area = await in_thread(find)
        return area

    def _snap_store(self, mode: Mode, store: Point) -> Snapped | None:
        return self._network.snap(mode, store.latitude, store.longitude)

    def _area(self, center: Snapped, limit_s: float, *, outward: bool) -> Area:
        isochrone: Isochrone = self._network.isochrone(center, limit_s, outward=outward)
        return Area(
            draw(isochrone).polygons,
            functools.partial(cells_of, isochrone),
            is_estimate=False,
            may_be_clipped=isochrone.may_be_clipped,
            version=self.version,
            attribution=self.attribution,
        )

    def _snap(self, mode: Mode, points: Sequence[Point]) -> list[Snapped | None]:
        return self._network.snap_many(
            mode,
            np.array([point.latitude for point in points]),
            np.array([point.longitude for point in points]),
        )

    def _row(
        self, start: Snapped | None, targets: Sequence[Snapped | None], has_lines: bool
    ) -> list[Journey | None]:
        if start is None:
            return [None] * len(targets)
        known = [target for target in targets if target is not None]
        times = iter(self._network.times_from(start, known).tolist())
        found = [inf if target is None else next(times) for target in targets]
        journeys = JourneysFrom(self._network, start)
        return [
            None
            if target is None or seconds == inf
            else journeys.to(target, seconds, has_length=True, has_line=has_lines)
            for target, seconds in zip(targets, found, strict=True)
        ]


def cells_of(isochrone: Isochrone, resolution: int) -> tuple[list[str], list[str]]:
    """The H3 cells whose centre is inside, and those that the border crosses; both in order."""
    inside, border = isochrone.cells(resolution)
    centres = [h3.cell_to_latlng(h3.int_to_str(cell)) for cell in border]
    latitudes, longitudes = np.array(centres).reshape(-1, 2).T
    decided = isochrone.contains_many(latitudes, longitudes)
    named = sorted(map(h3.int_to_str, border))
    all_inside = [*inside, *(c for c, is_in in zip(border, decided.tolist(), strict=True) if is_in)]
    return sorted(map(h3.int_to_str, all_inside)), named
