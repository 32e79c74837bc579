"""Times on roads: a network read from OpenStreetMap, shortest times, ways and isochrones.

`RoadNetwork.load` reads a file that `enrayon roads build` wrote. A time is the shortest one on
the network for a mode, from the point on the nearest edge to the point on the nearest edge, plus
the walk to and from these edges. Where there is no network, `estimated_seconds` gives a time
from the geodesic. Importing needs nothing but the core; loading needs the extra `roads`.
"""

from geodata.roads.bucket import Block, Bucket
from geodata.roads.errors import BadNetwork
from geodata.roads.estimates import (
    FALLBACK_SPEEDS,
    HIGHEST_SPEEDS,
    WALKING_SPEED,
    estimated_seconds,
)
from geodata.roads.isochrone import Isochrone
from geodata.roads.modes import Mode
from geodata.roads.network import RoadNetwork, Way
from geodata.roads.places import Snapped
from geodata.roads.snapping import SNAP_LIMIT_M

__all__ = [
    "FALLBACK_SPEEDS",
    "HIGHEST_SPEEDS",
    "SNAP_LIMIT_M",
    "WALKING_SPEED",
    "BadNetwork",
    "Block",
    "Bucket",
    "Isochrone",
    "Mode",
    "RoadNetwork",
    "Snapped",
    "Way",
    "estimated_seconds",
]
