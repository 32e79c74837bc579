"""Cuts lines that are straight in longitude and latitude into short pieces, and measures them.

Such a line is not a geodesic, so the distance to it has no closed formula. A piece of at most
`_MAX_PIECE_M` and `_MAX_PIECE_DEGREES` of longitude is close to its chord through the earth: a
curve q(t), 0 <= t <= 1, stays within max |q''| / 8 of its chord (the error of linear
interpolation). This bound is the sag of the piece.

Edges and pieces are arrays of shape (n, 4): latitude and longitude of the start, then of the
end, in degrees. Longitudes may be outside [-180, 180]: their difference gives the direction.
"""

from math import cos, hypot, radians, sin

import numpy as np

from geodata.distance import GEOD
from geodata.fences.grid import METRES_PER_RADIAN
from geodata.fences.shape import FenceError, Floats
from geodata.points import Point

MAX_PIECES = 100_000
"""The largest number of pieces of an outline: about two million kilometres."""

_MAX_PIECE_M = 25_000.0
_MAX_PIECE_DEGREES = 5.0
_BEND_M = 6.6e6
"""Bound of the second derivatives of an ECEF position by latitude and longitude in radians: the
radius of curvature, at most 6.4e6, plus the effect of the flattening."""
_ALONG_M = 1e-4
"""Tolerance, along the piece, of the foot of the perpendicular."""
_MAX_STEPS = 60


def cut(edges: Floats) -> Floats:
    """Cut edges into pieces.

    Raises:
        FenceError: the edges need more than `MAX_PIECES` pieces.
    """
    spread = np.abs(edges[:, 3] - edges[:, 1])
    wanted = np.maximum(lengths_m(edges) / _MAX_PIECE_M, spread / _MAX_PIECE_DEGREES)
    counts = np.maximum(np.ceil(wanted), 1)
    if counts.sum() > MAX_PIECES:
        raise FenceError("outline", f"is too long: it needs over {MAX_PIECES} pieces")
    counts = counts.astype(np.intp)
    edge = np.repeat(np.arange(counts.size), counts)
    number = np.arange(edge.size) - np.repeat(np.cumsum(counts) - counts, counts)
    starts, ends = edges[edge, :2], edges[edge, 2:]
    shares = ((number + first) / counts[edge] for first in (0, 1))
    # Weighted means keep the ends of an edge exact to the last bit.
    stops = [starts * (1 - share)[:, None] + ends * share[:, None] for share in shares]
    pieces = np.concatenate(stops, axis=1)
    pieces[:, ::2] = np.clip(pieces[:, ::2], -90, 90)
    return pieces


def lengths_m(edges: Floats) -> Floats:
    """Upper bounds, in metres, of the lengths of straight lines.

    Short lines are at most 1 % too long; no line is shorter than its geodesic.
    """
    lat0, lon0, lat1, lon1 = np.radians(edges.T)
    lengths: Floats = METRES_PER_RADIAN * np.hypot(lat1 - lat0, (lon1 - lon0) * _widest(lat0, lat1))
    return lengths


def sags_m(edges: Floats) -> Floats:
    """Upper bounds, in metres, of the distance of straight lines and geodesics from their
    chords."""
    lat0, lon0, lat1, lon1 = np.radians(edges.T)
    north, east = np.abs(lat1 - lat0), np.abs(lon1 - lon0)
    across, tilt = _widest(lat0, lat1), np.sin(np.maximum(np.abs(lat0), np.abs(lat1)))
    sags: Floats = _BEND_M / 8 * (north**2 + 2 * tilt * north * east + across * east**2)
    return sags


def _widest(lat0: Floats, lat1: Floats) -> Floats:
    """The largest cosine of a latitude between the two latitudes."""
    nearest_equator = np.where(lat0 * lat1 < 0, 0, np.minimum(np.abs(lat0), np.abs(lat1)))
    cosines: Floats = np.cos(nearest_equator)
    return cosines


def distance_to_piece_m(piece: list[float], point: Point) -> float:
    """The geodesic distance in metres from a point to one piece; at most 1 mm too long.

    The nearest point of a piece is an end, or the foot where the geodesic to the point is
    perpendicular to the piece. The foot is the one root of the offset along the piece; the
    Illinois method finds it (M. Dowell and P. Jarratt, "A modified regula falsi method for
    computing the root of an equation", BIT 11, 1971).
    """
    at_start, behind = _measure_from(piece, 0.0, point)
    at_end, ahead = _measure_from(piece, 1.0, point)
    nearest = min(at_start, at_end)
    if behind <= 0 or ahead >= 0:
        return nearest
    low, high = 0.0, 1.0
    for _ in range(_MAX_STEPS):
        share = low + (high - low) * behind / (behind - ahead)
        distance, offset = _measure_from(piece, share, point)
        nearest = min(nearest, distance)
        if abs(offset) <= _ALONG_M:
            break
        # Illinois: halve the value at the end that stays, so that it cannot stay for long.
        if offset > 0:
            low, behind, ahead = share, offset, ahead / 2
        else:
            high, behind, ahead = share, behind / 2, offset
    return nearest


def _measure_from(piece: list[float], share: float, point: Point) -> tuple[float, float]:
    """From the position at `share` (0 to 1) of a piece: the distance to the point, and the part
    of it along the piece, both in metres."""
    lat0, lon0, lat1, lon1 = piece
    # Rounding may put a weighted mean of two poles beyond the pole.
    latitude = min(90.0, max(-90.0, lat0 * (1 - share) + lat1 * share))
    longitude = lon0 * (1 - share) + lon1 * share
    azimuth, _, distance = GEOD.inv(longitude, latitude, point.longitude, point.latitude)
    turn, phi = radians(azimuth), radians(latitude)
    curvature = 1 - GEOD.es * sin(phi) ** 2
    north = (1 - GEOD.es) / curvature * (lat1 - lat0)
    east = cos(phi) * (lon1 - lon0)
    length = hypot(north, east)
    if length == 0:
        return distance, 0.0
    return distance, distance * (cos(turn) * north + sin(turn) * east) / length
