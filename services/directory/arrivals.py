"""The times at which a traveller reaches stores, and the stores that the travel admits."""

from dataclasses import dataclass

import numpy as np

from geodata.distance import Floats, distances_m
from geodata.nearest import Rows
from geodata.points import Point
from geodata.roads.estimates import FALLBACK_SPEEDS
from services.directory.filters import Mask
from services.directory.journeys import Travel
from services.directory.router import Ways
from services.directory.schedules import Schedules
from services.directory.stores import StoresReplica


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Decides by row. Use it before the next await: rows may change."""

    replica: StoresReplica
    schedules: Schedules
    origin: Point
    travel: Travel
    ways: Ways

    def times(self, rows: Rows) -> tuple[Floats, Mask]:
        """The seconds to some rows, and for each whether they are no estimate."""
        places, is_timed = self.find(rows)
        seconds = np.empty(len(rows))
        seconds[is_timed] = self.ways.seconds[places[is_timed]]
        seconds[~is_timed] = self.estimates(rows[~is_timed])
        return seconds, is_timed

    def find(self, rows: Rows) -> tuple[Rows, Mask]:
        """The places of rows in those of the ways, and for each whether it is there."""
        if not len(self.ways.rows):
            return np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
        places = np.searchsorted(self.ways.rows, rows)
        places[places == len(self.ways.rows)] = 0
        return places, self.ways.rows[places] == rows

    def estimates(self, rows: Rows) -> Floats:
        """The seconds to some rows, where no roads are known."""
        return self.distances_m(rows) / FALLBACK_SPEEDS[self.travel.mode]

    def distances_m(self, rows: Rows) -> Floats:
        """The geodesics to some rows."""
        index, origin = self.replica.index, self.origin
        return distances_m(
            origin.latitude, origin.longitude, index.latitudes[rows], index.longitudes[rows]
        )

    def in_time(self, rows: Rows, seconds: Floats) -> Mask:
        """For rows and their times if the limit, and the hours on arrival, admit them."""
        admitted = np.ones(len(rows), np.bool_)
        if self.travel.limit_s is not None:
            admitted = seconds <= self.travel.limit_s
        admitted[admitted] = self.open(rows[admitted], seconds[admitted])
        return admitted

    def open(self, rows: Rows, seconds: Floats) -> Mask:
        """For rows and their times if they are open on arrival, or that is not asked for."""
        if not self.travel.open_on_arrival:
            return np.ones(len(rows), np.bool_)
        arrivals = [self.travel.arrival(time) for time in seconds.tolist()]
        return self.schedules.open_rows_each(rows, arrivals, self.travel.service)
