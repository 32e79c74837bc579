"""Travel as requests ask for it, and the journeys of answers."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from google.protobuf.duration_pb2 import Duration

from enrayon.type.v1 import travel_pb2
from geodata.roads import Mode
from services.chassis.messages.times import instant

MODES = {
    travel_pb2.TRAVEL_MODE_DRIVE: Mode.DRIVE,
    travel_pb2.TRAVEL_MODE_WALK: Mode.WALK,
    travel_pb2.TRAVEL_MODE_BIKE: Mode.BIKE,
}


@dataclass(frozen=True, slots=True)
class Travel:
    """The travel that a search asks for."""

    mode: Mode
    departs_at: dt.datetime
    by_time: bool = True
    """True to rank by time, else by geodesic distance."""
    limit_s: float | None = None
    """The longest time, inclusive."""
    open_on_arrival: bool = False
    service: str = ""
    """The service or counter that is open on arrival; empty: the store."""
    has_lengths: bool = True
    """True if the lengths of ways are wanted."""

    def arrival(self, seconds: float) -> dt.datetime | None:
        """The instant of arrival after a journey; None if it is after the last one."""
        try:
            return self.departs_at + dt.timedelta(seconds=seconds)
        except OverflowError:
            return None


class Journey(NamedTuple):
    """The way from one point to another."""

    seconds: float
    is_estimate: bool
    distance_m: float | None = None
    """The length of the way on the roads; None for an estimate."""
    may_be_clipped: bool = False
    """True if roads beyond the border of the network could make it shorter."""
    line: Sequence[tuple[float, float]] = ()
    """Latitudes and longitudes of the way on the roads, where they are asked for."""


def travel_of(
    message: travel_pb2.Travel, now: dt.datetime, service: str = "", field: str = "travel"
) -> Travel:
    """The travel of a checked request; `field` is its path.

    Raises:
        InvalidArgument: the departure is not a valid Timestamp.
    """
    departs_at = now
    if message.HasField("departure_time"):
        departs_at = instant(message.departure_time, f"{field}.departure_time")
    limit_s = None
    if message.HasField("max_travel_time"):
        limit_s = seconds_of(message.max_travel_time)
    by_time = message.ranking != travel_pb2.Travel.RANKING_DISTANCE
    return Travel(
        MODES[message.mode],
        departs_at,
        by_time,
        limit_s,
        message.open_on_arrival,
        service,
        has_lengths=not message.omit_road_distance,
    )


def journey_message(journey: Journey) -> travel_pb2.Journey:
    """A journey as answers have it."""
    message = travel_pb2.Journey(
        travel_time=duration_of(journey.seconds),
        road_distance_m=journey.distance_m,
        is_estimate=journey.is_estimate,
        may_be_clipped=journey.may_be_clipped,
    )
    for latitude, longitude in journey.line:
        message.line.points.add(latitude=latitude, longitude=longitude)
    return message


def seconds_of(duration: Duration) -> float:
    """The seconds of a duration."""
    return duration.seconds + duration.nanos / 1e9


def duration_of(seconds: float) -> Duration:
    """The duration of some seconds."""
    message = Duration()
    message.FromNanoseconds(round(seconds * 1e9))
    return message
