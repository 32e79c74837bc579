"""The interface of routers: an embedded network or a remote server."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from geodata.distance import Floats
from geodata.nearest import NearestIndex, Rows
from geodata.points import Point
from geodata.roads import Mode
from geodata.roads.sketch import Sketch
from services.directory.estimated_journeys import Area
from services.directory.filters import Mask
from services.directory.journeys import Journey

NO_ROWS: Rows = np.zeros(0, np.int64)
NO_SECONDS: Floats = np.zeros(0)
BLOCK = 64
"""Stores that are looked at together in order of their times."""


Block = tuple[Rows, Floats]
"""Rows of stores with their times."""


class Ways:
    """The stores that a router reaches from an origin."""

    def __init__(
        self,
        rows: Rows = NO_ROWS,
        seconds: Floats | Callable[[], Floats] = NO_SECONDS,
        journey: Callable[[int, float, bool], Journey] | None = None,
        narrowed: Callable[[Mask | None], Iterator[Block]] | None = None,
    ) -> None:
        """Hold the ways.

        Args:
            rows: Those of the stores, ascending.
            seconds: The times to them, finite; or what finds them, where all are dear.
            journey: The journey to one of the rows, from its seconds and if its length is wanted:
                that is dear. Rows that change later do not change it.
            narrowed: `by_time`, where that need not time all.
        """
        self.rows = rows
        self.journey = journey
        self._found = seconds
        self._narrowed = narrowed

    @cached_property
    def seconds(self) -> Floats:
        """The times to all of the rows."""
        return self._found() if callable(self._found) else self._found

    def by_time(self, wanted: Mask | None) -> Iterator[Block]:
        """Yields the rows, of those wanted, in the order of their times; all that take equally long
        are in one block. `wanted` is by row."""
        if self._narrowed is not None:
            yield from self._narrowed(wanted)
            return
        rows, seconds = self.rows, self.seconds
        if wanted is not None:
            rows, seconds = rows[wanted], seconds[wanted]
        order = np.argsort(seconds, kind="stable")
        rows, seconds = rows[order], seconds[order]
        begin = 0
        while begin < len(rows):
            last = seconds[min(begin + BLOCK, len(rows)) - 1]
            end = int(np.searchsorted(seconds, last, side="right"))
            yield rows[begin:end], seconds[begin:end]
            begin = end


class Router(Protocol):
    """Finds ways between points."""

    @property
    def version(self) -> str:
        """Changes with the roads."""

    @property
    def attribution(self) -> str:
        """The source of the roads, to be shown beside times."""

    @property
    def modes(self) -> Collection[Mode]:
        """Those of which it knows times from memory."""

    async def prepare(self, index: NearestIndex) -> None:
        """Prepare the stores for the first search."""

    def note_change(self) -> None:
        """Note that stores have changed."""

    def seconds(self, mode: Mode, origin: Point, destination: Point) -> float | None:
        """The time between two points, from memory; None where it knows no way."""

    def seconds_to(
        self, mode: Mode, stores: Sequence[Point], destination: Point
    ) -> Sequence[float | None]:
        """The times from stores to a point, from memory; None where it knows no way."""

    def sketch(self, mode: Mode, store: Point, limit_s: float) -> Sketch | None:
        """The sketch of the isochrone of a store; None if it does not reach the store. Takes long:
        run it in a thread."""

    async def to_stores(self, index: NearestIndex, mode: Mode, origin: Point) -> Ways:
        """The ways to stores, of which it may reach some only.

        The rows are those of the index when this returns, until it next changes.
        """

    async def matrix(
        self,
        mode: Mode,
        origins: Sequence[Point],
        destinations: Sequence[Point],
        *,
        has_lines: bool = False,
    ) -> list[list[Journey | None]]:
        """The ways from each origin to each destination, with their lines if it has them and they
        are wanted; None where it knows none."""

    async def area(
        self, mode: Mode, center: Point, limit_s: float, *, towards: bool
    ) -> Area | None:
        """The isochrone of a point; None if it does not reach the point."""
