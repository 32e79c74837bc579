"""WGS84 geodesic distances, and the bounds that a straight chord puts on them.

Every distance in an answer, or compared with a radius, is the shortest geodesic on the WGS84
ellipsoid, computed by Karney's algorithm in PROJ (C. F. F. Karney, "Algorithms for geodesics",
J. Geodesy 87, 2013), with an error of about 15 nanometres.

A search over many places first measures chords: straight lines through the earth between
earth-centred (ECEF) positions. A chord costs a hundredth of a geodesic. A chord c bounds the
geodesic s between the same two points. With the semi-axes a > b:

- c <= s: a straight line is the shortest path.
- 2b asin(c / 2a) <= s <= 2a asin(c / 2b). The ellipsoid is the unit sphere stretched by a, a
  and b along its axes, and a stretch by factors within [b, a] multiplies the length of any
  curve and of any chord by a factor within [b, a]; on the sphere both sides are equal.
- s <= 2R asin(c / 2R) for c <= 2R, where R = b^2 / a is the smallest radius of curvature of the
  ellipsoid (along the meridian, at the equator). A geodesic curves by at most 1 / R, and
  Schwarz's comparison theorem (S.-S. Chern, "Curves and Surfaces in Euclidean Space", 1967)
  says that such a curve is either at most as long as the shorter arc of radius R over the same
  chord, or at least as long as the longer arc. The previous bound excludes the longer arc,
  because it is shorter than that arc for every c <= 2R.

The two bounds differ by 1 mm at 10 km, 1 m at 100 km, 0.4 % at 5,000 km, and 6 % at most.
"""

from math import asin, cos, inf, pi, prod, radians, sin, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

from geodata.points import Point

GEOD = Geod(ellps="WGS84")

SLACK_M = 1e-6
"""Added to every bound to cover rounding: the error of an ECEF chord is a few nanometres."""

LONGEST_CHORD_M = 2 * GEOD.a + 1.0
"""Upper bound of the chord between any two points on the earth."""

_A = GEOD.a
_B = GEOD.b
_R = _B * _B / _A
_E2 = GEOD.es

Floats = NDArray[np.float64]


def distance_m(a: Point, b: Point) -> float:
    """Length of the shortest WGS84 geodesic between two points, in metres, unrounded."""
    distance: float = GEOD.inv(a.longitude, a.latitude, b.longitude, b.latitude)[2]
    return distance


def distances_m(
    latitudes: ArrayLike, longitudes: ArrayLike, to_latitudes: ArrayLike, to_longitudes: ArrayLike
) -> Floats:
    """Geodesic lengths of many pairs of points, in metres; the four inputs broadcast."""
    return geodesics(latitudes, longitudes, to_latitudes, to_longitudes)[1]


def geodesics(
    latitudes: ArrayLike, longitudes: ArrayLike, to_latitudes: ArrayLike, to_longitudes: ArrayLike
) -> tuple[Floats, Floats]:
    """Azimuths at the start (degrees clockwise from north) and lengths in metres of the
    geodesics of many pairs of points; the four inputs broadcast."""
    shape, columns = _columns(longitudes, latitudes, to_longitudes, to_latitudes)
    azimuths, _, distances = GEOD.inv(*columns, inplace=True)
    return _shaped(azimuths, shape), _shaped(distances, shape)


def destinations(
    latitudes: ArrayLike, longitudes: ArrayLike, azimuths: ArrayLike, distances_m: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """End points of geodesics: latitudes, longitudes, and the azimuths at the end."""
    shape, columns = _columns(longitudes, latitudes, azimuths, distances_m)
    to_longitudes, to_latitudes, onward = GEOD.fwd(
        *columns, inplace=True, return_back_azimuth=False
    )
    return _shaped(to_latitudes, shape), _shaped(to_longitudes, shape), _shaped(onward, shape)


def ecef(latitude: float, longitude: float) -> tuple[float, float, float]:
    """Earth-centred x, y, z in metres of a position in degrees on the ellipsoid."""
    phi, lam = radians(latitude), radians(longitude)
    sin_phi, cos_phi = sin(phi), cos(phi)
    normal = _A / sqrt(1 - _E2 * sin_phi * sin_phi)
    across = normal * cos_phi
    return across * cos(lam), across * sin(lam), normal * (1 - _E2) * sin_phi


def ecef_many(latitudes: ArrayLike, longitudes: ArrayLike) -> Floats:
    """Earth-centred positions of n points, shape (n, 3)."""
    phi, lam = np.radians(latitudes), np.radians(longitudes)
    sin_phi = np.sin(phi)
    normal = _A / np.sqrt(1 - _E2 * sin_phi * sin_phi)
    across = normal * np.cos(phi)
    return np.stack(
        (across * np.cos(lam), across * np.sin(lam), normal * (1 - _E2) * sin_phi), axis=-1
    )


def longest_m(chord_m: float) -> float:
    """Upper bound, in metres, of the geodesic between two points at this chord."""
    chord = chord_m + SLACK_M
    longest = 2 * _A * asin(min(1.0, chord / (2 * _B)))
    if chord <= 2 * _R:
        longest = min(longest, 2 * _R * asin(chord / (2 * _R)))
    return longest + SLACK_M


def chord_reach_m(distance_m: float) -> float:
    """The chord that contains every point within a geodesic distance (the lower bounds,
    inverted)."""
    distance = distance_m + SLACK_M
    return min(distance, 2 * _A * sin(min(pi / 2, distance / (2 * _B)))) + SLACK_M


def chord_core_m(distance_m: float) -> float:
    """The chord within which every point is nearer than a geodesic distance (inverse of
    `longest_m`)."""
    distance = distance_m - SLACK_M
    if distance <= 0:
        return -inf
    core = 2 * _B * sin(min(pi / 2, distance / (2 * _A)))
    if distance <= pi * _R:
        core = max(core, 2 * _R * sin(distance / (2 * _R)))
    return core - SLACK_M


def widened_chord_m(chord_m: float) -> float:
    """The chord beyond which no point is nearer, by geodesic, than a point at `chord_m`."""
    return chord_reach_m(longest_m(chord_m))


def _columns(
    *inputs: ArrayLike,
) -> tuple[tuple[int, ...], tuple[Floats, Floats, Floats, Floats]]:
    """The broadcast inputs as flat copies, which pyproj overwrites with its results."""
    arrays = np.broadcast_arrays(*inputs)
    # At least two elements: pyproj treats an array of one element as a scalar.
    first, second, third, fourth = (
        np.resize(np.asarray(array, dtype=np.float64), max(array.size, 2 * (array.size == 1)))
        for array in arrays
    )
    return arrays[0].shape, (first, second, third, fourth)


def _shaped(column: Floats, shape: tuple[int, ...]) -> Floats:
    return column[: prod(shape)].reshape(shape)
