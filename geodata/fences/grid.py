"""Indexes positions by H3 cell numbers, with a proved bound of the distance to a cell's centre.

Each position has one cell at `LEAF_RESOLUTION`, its leaf, and the ancestors of the leaf. A
position is *under* a cell if the cell is the leaf or one of its ancestors. This differs from
lying in the hexagon of the cell, because seven children do not tile their parent exactly. But it
is exact, costs a few bit operations, and has this bound:

**Every position under a cell of resolution r is within `reach_rad(r)` of the cell's centre**, as
an angle on H3's sphere. H3 places its hexagons on the faces of an icosahedron, in a gnomonic
projection in which neighbouring centres are 0.381966 * 7^(-r/2) apart at resolution r
(`RES0_U_GNOMONIC` in uber/h3's constants.h, aperture 7). A child is the centre child of its
parent or a neighbour of it, so one step down moves the centre by at most the spacing at the
child's resolution, and all steps together move it by at most

    0.381966 * (7^(-(r+1)/2) + 7^(-(r+2)/2) + ...) = 0.381966 / (sqrt(7) - 1) * 7^(-r/2).

The last step, from the centre of the leaf to a corner of it, is 1/sqrt(3) of the leaf's spacing,
less than the rest of that sum. The projection from the plane to the sphere shortens every
length, also across the edge between two faces, because both planes agree along the edge.

H3 uses geodetic latitude as latitude on a sphere. An angle of 1 rad on that sphere is at most
`METRES_PER_RADIAN` and at least `MIN_METRES_PER_RADIAN` on WGS84: the largest and the smallest
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
    """Bound of the angle, on H3's sphere, between a cell's centre and any position under it."""
    return float(_REACH_AT_0_RAD * 7 ** (-resolution / 2))


def leaves(latitudes: NDArray[np.float64], longitudes: NDArray[np.float64]) -> Cells:
    """The leaves of positions in degrees."""
    return np.fromiter(
        map(h3.latlng_to_cell, latitudes.tolist(), longitudes.tolist(), repeat(LEAF_RESOLUTION)),
        np.int64,
        latitudes.size,
    )


def ancestors(cells: Cells, resolution: int) -> Cells:
    """The ancestors of cells at a coarser or equal resolution, by bit operations."""
    unused_digits = (1 << 3 * (15 - resolution)) - 1
    parents: Cells = (cells & ~(0xF << 52)) | (resolution << 52) | unused_digits
    return parents


def centers(cells: list[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes of the centres of cells, in degrees."""
    pairs = np.array([h3.cell_to_latlng(cell) for cell in cells]).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def cap_boxes(
    latitudes: NDArray[np.float64], longitudes: NDArray[np.float64], radius_rad: float
) -> tuple[NDArray[np.float64], ...]:
    """West, south, east and north of boxes that contain a cap around each position.

    West is in [-180, 180); east may exceed 180. The box of a cap that contains a pole spans all
    longitudes.
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
