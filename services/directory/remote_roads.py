"""The router on a Valhalla server, for those who run one: off by default.

Positions stand in the bodies of POST requests alone. All requests of a search share one time limit;
what has no answer by then, or a nonsensical one, is left to estimates. After a failure the server
is left alone for a while, so that not every search waits for it.
"""

import asyncio
import functools
from collections.abc import Collection, Mapping, Sequence
from math import isfinite
from typing import Any

import httpx
import numpy as np
import orjson
import structlog

from geodata.distance import distance_m
from geodata.nearest import NearestIndex
from geodata.points import Point
from geodata.roads import HIGHEST_SPEEDS, Mode
from geodata.roads.sketch import Sketch
from services.chassis.clock import steady_s
from services.directory.estimated_journeys import Area
from services.directory.journeys import Journey
from services.directory.router import Ways

log = structlog.get_logger()

COSTINGS = {Mode.DRIVE: "auto", Mode.WALK: "pedestrian", Mode.BIKE: "bicycle"}
ATTRIBUTION = "© OpenStreetMap contributors"
NEAREST = 200
"""Stores that are timed, the nearest by distance; the others are estimates."""
BATCH = 50
"""Destinations of a request: Valhalla's usual limit."""
LONGEST_S = 1e7
"""Longer than any way on earth takes on foot; a longer time is nonsense."""
SLACK_M = 2000.0
"""A router moves both ends to its roads; a time is nonsense only beyond this."""
CONNECTIONS = 8
PAUSE_S = 5.0
"""Time for which the server is left alone after a failure."""


class RemoteRouter:
    """Finds ways by the matrix service of Valhalla (`/sources_to_targets`)."""

    version = "remote"
    attribution = ATTRIBUTION
    modes: Collection[Mode] = ()

    def __init__(
        self, url: str, timeout_s: float, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """A router; `transport` is for tests."""
        self._url = url.rstrip("/") + "/sources_to_targets"
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=timeout_s,
            transport=transport,
            limits=httpx.Limits(max_connections=CONNECTIONS),
        )
        self._rests_until_s = 0.0

    async def prepare(self, index: NearestIndex) -> None:
        """Nothing is kept of stores."""

    def note_change(self) -> None:
        """Nothing is kept of stores."""

    def sketch(self, mode: Mode, store: Point, limit_s: float) -> Sketch | None:
        """None: nothing is known from memory."""
        del mode, store, limit_s
        return None

    def seconds(self, mode: Mode, origin: Point, destination: Point) -> float | None:
        """None: nothing is known from memory."""
        del mode, origin, destination
        return None

    def seconds_to(
        self, mode: Mode, stores: Sequence[Point], destination: Point
    ) -> Sequence[float | None]:
        """None for each: nothing is known from memory."""
        del mode, destination
        return [None] * len(stores)

    async def to_stores(self, index: NearestIndex, mode: Mode, origin: Point) -> Ways:
        """The ways to the nearest stores."""
        rows = np.sort(np.array([row for row, _ in index.nearest(origin, NEAREST)], np.int64))
        places = index.latitudes[rows], index.longitudes[rows]
        stores = list(map(Point, *(axis.tolist() for axis in places)))
        [found] = await self.matrix(mode, [origin], stores)
        kept = index.unchanged(rows, *places).tolist()
        journeys = {
            row: journey
            for row, journey, is_there in zip(rows.tolist(), found, kept, strict=True)
            if journey is not None and is_there
        }
        return Ways(
            np.array(list(journeys), np.int64),
            np.array([journey.seconds for journey in journeys.values()]),
            functools.partial(_told, journeys),
        )

    async def matrix(
        self,
        mode: Mode,
        origins: Sequence[Point],
        destinations: Sequence[Point],
        *,
        has_lines: bool = False,
    ) -> list[list[Journey | None]]:
        """The ways from each origin to each destination, without lines; None where there is no
        answer in time."""
        del has_lines
        found: list[list[Journey | None]] = [[None] * len(destinations) for _ in origins]
        if steady_s() < self._rests_until_s:
            return found

        async def fill(row: int, columns: Sequence[int]) -> None:
            targets = [destinations[column] for column in columns]
            for column, journey in zip(
                columns, await self._asked(mode, origins[row], targets), strict=True
            ):
                found[row][column] = journey

        try:
            async with asyncio.timeout(self._timeout_s), asyncio.TaskGroup() as group:
                for row in range(len(origins)):
                    for begin in range(0, len(destinations), BATCH):
                        columns = range(begin, min(begin + BATCH, len(destinations)))
                        group.create_task(fill(row, columns))
        except* (
            TimeoutError,
            httpx.HTTPError,
            ValueError,
            LookupError,
            AttributeError,
            TypeError,
        ) as errors:
            self._rests_until_s = steady_s() + PAUSE_S
            names = {type(error).__name__ for error in errors.exceptions}
            log.warning("the remote router fails", errors=sorted(names))
        return found

    async def area(
        self, mode: Mode, center: Point, limit_s: float, *, towards: bool
    ) -> Area | None:
        """None: its areas are not exact at a point."""
        del mode, center, limit_s, towards
        return None

    async def _asked(
        self, mode: Mode, origin: Point, destinations: Sequence[Point]
    ) -> list[Journey | None]:
        body = {
            "sources": [_place(origin)],
            "targets": [_place(point) for point in destinations],
            "costing": COSTINGS[mode],
            "units": "kilometers",
        }
        response = await self._http.post(
            self._url,
            content=orjson.dumps(body),
            headers={"content-type": "application/json"},
        )
        if response.status_code != httpx.codes.OK:
            raise httpx.HTTPError(f"the router answered {response.status_code}")
        [row] = orjson.loads(response.content)["sources_to_targets"]
        found: list[Journey | None] = [None] * len(destinations)
        for number, cell in enumerate(row):
            to = cell.get("to_index", number)
            if to not in range(len(found)):
                raise LookupError("the router answered for another place")
            found[to] = _journey(cell, mode, distance_m(origin, destinations[to]))
        return found


def _told(journeys: Mapping[int, Journey], row: int, seconds: float, has_length: bool) -> Journey:
    del seconds
    return journeys[row] if has_length else journeys[row]._replace(distance_m=None)


def _place(point: Point) -> dict[str, float]:
    return {"lat": point.latitude, "lon": point.longitude}


def _journey(cell: Mapping[str, Any], mode: Mode, straight_m: float) -> Journey | None:
    """The journey of a cell; None if it has none, or one that nobody can make."""
    seconds, kilometres = cell.get("time"), cell.get("distance")
    if not (isinstance(seconds, int | float) and 0 <= seconds <= LONGEST_S):
        return None
    if seconds * HIGHEST_SPEEDS[mode] < straight_m - SLACK_M:
        return None
    length_m = None
    if isinstance(kilometres, int | float) and isfinite(kilometres) and kilometres >= 0:
        length_m = kilometres * 1000.0
    return Journey(float(seconds), False, length_m)
