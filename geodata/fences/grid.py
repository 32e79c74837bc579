"""H3 as an index of places: by a cell's number alone, never by its drawn outline.

Each place has one cell at `LEAF_RESOLUTION`, and above it the ancestors that the leaf's number
holds. "Under a cell" means: the cell is among those ancestors. It is not the same as lying in
the cell's hexagon, because seven children do not tile their parent exactly, but it is exact,
costs a few bit operations, and has this bound:

**Every place under a cell of resolution r is within `reach_rad(r)` of the cell's centre**, as
an angle on H3's sphere. H3 lays its hexagons on the faces of an icosahedron, in a gnomonic
projection with neighbouring centres 0.381966 * 7^(-r/2) apart at resolution r
(`RES0_U_GNOMONIC` in uber/h3's constants.h, aperture 7). A child is its parent's centre child or
a neighbour of it, so one step down moves the centre by at most that of the child's resolution,
and all steps together by at most

    0.381966 * (7^(-(r+1)/2) + 7^(-(r+2)/2) + ...) = 0.381966 / (sqrt(7) - 1) * 7^(-r/2).

The last step, from a leaf's centre to a corner of the leaf, is 1/sqrt(3) of the leaf's spacing,
less than the rest of that sum. Going from the plane to the sphere shortens every length, also
where the way crosses into another face, since both planes agree along the edge.

H3 takes geodetic latitude for latitude on a sphere. An angle of 1 rad there is at most
`METRES_PER_RADIAN` on WGS84, and at least `MIN_METRES_PER_RADIAN`: the largest and the smallest
radius of curvature of the ellipsoid.
"""

from itertools import repeat

import numpy as np
from h3.api import basic_int as h3
from numpy.typing import NDArray

from geodata.distance import GEOD

LEAF_RESOLUTION = 11

METRES_PER_RADIAN = GEOD.a**2 / GEOD.b
MIN_METRES_PER_RADIAN = GEOD.b**2 / GEOD.a

_REACH_AT_0_RAD = 0.38196601125010500 / (7**0.5 - 1)

_ROUNDING_DEGREES = 1e-9

Cells = NDArray[np.int64]


def reach_rad(resolution: int) -> float:
    """No place under a cell of this resolution is farther from its centre, on H3's sphere."""
    return float(_REACH_AT_0_RAD * 7 ** (-resolution / 2))


def leaves(latitudes: NDArray[np.float64], longitudes: NDArray[np.float64]) -> Cells:
    """The leaf of each position in degrees."""
    return np.fromiter(
        map(h3.latlng_to_cell, latitudes.tolist(), longitudes.tolist(), repeat(LEAF_RESOLUTION)),
        np.int64,
        latitudes.size,
    )


def ancestors(cells: Cells, resolution: int) -> Cells:
    """The ancestors of cells at a coarser or the same resolution."""
    unused_digits = (1 << 3 * (15 - resolution)) - 1
    parents: Cells = (cells & ~(0xF << 52)) | (resolution << 52) | unused_digits
    return parents


def centers(cells: list[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes of the centres, in degrees."""
    pairs = np.array([h3.cell_to_latlng(cell) for cell in cells]).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def cap_boxes(
    latitudes: NDArray[np.float64], longitudes: NDArray[np.float64], radius_rad: float
) -> tuple[NDArray[np.float64], ...]:
    """West, south, east and north of boxes that hold a cap round each position.

    West is in [-180, 180), east may leave it. A cap over a pole has a box round the whole earth.
    """
    spread = np.degrees(radius_rad) + _ROUNDING_DEGREES
    south, north = latitudes - spread, latitudes + spread
    polar = (south <= -90) | (north >= 90)
    sine = np.sin(np.radians(spread)) / np.where(polar, 1, np.cos(np.radians(latitudes)))
    east = np.degrees(np.arcsin(np.minimum(sine, 1))) + _ROUNDING_DEGREES
    west = np.where(polar, -180, longitudes - east)
    width = np.where(polar, 360, 2 * east)
    west -= 360 * np.floor((west + 180) / 360)
    return west, np.maximum(south, -90), west + width, np.minimum(north, 90)
