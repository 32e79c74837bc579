"""Times without a road network: the geodesic at a stated speed.

An estimate is never a bound: a way round a bay can take much longer.
"""

from collections.abc import Mapping
from types import MappingProxyType

from geodata.roads.modes import Mode

_M_PER_S = 1 / 3.6
"""One kilometre per hour in metres per second."""

FALLBACK_SPEEDS: Mapping[Mode, float] = MappingProxyType(
    {Mode.DRIVE: 25 * _M_PER_S, Mode.WALK: 4 * _M_PER_S, Mode.BIKE: 11 * _M_PER_S}
)
"""Metres of geodesic per second of an estimate. Roads are longer than the geodesic, so these are
lower than the speeds on a road."""

HIGHEST_SPEEDS: Mapping[Mode, float] = MappingProxyType(
    {Mode.DRIVE: 130 * _M_PER_S, Mode.WALK: 70 * _M_PER_S, Mode.BIKE: 70 * _M_PER_S}
)
"""Metres per second that no edge of any network exceeds. Geodesic over this speed is a lower
bound of every time on a network. A ferry is faster than a walker; 70 km/h is the most for one."""

WALKING_SPEED = 5 * _M_PER_S
"""Metres per second on foot, on ways and between a point and its nearest edge."""


def estimated_seconds(mode: Mode, distance_m: float) -> float:
    """The estimated time of a journey, from the geodesic between its ends."""
    return distance_m / FALLBACK_SPEEDS[mode]
