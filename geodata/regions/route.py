"""Places along a route made of geodesics: how far from it they are, and where on the way."""

from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

import numpy as np

from geodata.columns import positions_in_runs
from geodata.distance import Floats, chord_reach_m, ecef_many, widened_chord_m
from geodata.nearest import NearestIndex, Rows
from geodata.points import Point
from geodata.regions.pieces import Pieces

MAX_DISTANCE_M = 50_000.0

_SAME_M = 1e-3
_PAIRS_AT_ONCE = 1 << 17


class RouteHit(NamedTuple):
    """A place near a route."""

    row: int
    distance_m: float
    """From the place to the nearest point of the route."""
    position_m: float
    """From the start of the route to that point; the first, if others are as near within 1 mm."""

    @property
    def detour_m(self) -> float:
        """What leaving the route at that point and coming back to it adds, in a straight line."""
        return 2 * self.distance_m


def along_route(
    index: NearestIndex, route: Sequence[Point], max_distance_m: float
) -> list[RouteHit]:
    """Find all places within a distance of a route, inclusive, by position, then id.

    The route is the geodesics between its points. Distances and positions are at most 0.1 mm
    from the truth.

    Raises:
        ValueError: naming the argument that is out of range.
    """
    if not 0 < max_distance_m <= MAX_DISTANCE_M:
        raise ValueError(f"max_distance_m must be in (0, {MAX_DISTANCE_M:g}], got {max_distance_m}")
    pieces = Pieces(route)
    hits: list[RouteHit] = []
    for rows, spans in _spans_near(index, pieces, max_distance_m):
        hits += _measure(index, pieces, rows, spans, max_distance_m)
    return sorted(hits, key=lambda hit: (hit.position_m, index.id(hit.row)))


def _spans_near(
    index: NearestIndex, pieces: Pieces, max_distance_m: float
) -> Iterator[tuple[Rows, Rows]]:
    """Rows, and with each a span that may hold the nearest point of the route.

    They come in portions that can be measured together; a row's spans are all in one portion.
    """
    reach_m = chord_reach_m(max_distance_m)
    balls = zip(pieces.span_centre, pieces.span_radius_m.tolist(), strict=True)
    found = [index.within_chord(centre, radius_m + reach_m) for centre, radius_m in balls]
    rows = np.concatenate([rows for rows, _ in found])
    off_m = np.concatenate([chords_m for _, chords_m in found])
    spans = np.arange(len(found)).repeat([len(rows) for rows, _ in found])
    radius_m = pieces.span_radius_m[spans]
    kept = off_m - radius_m <= _doubtful_m(_least(off_m + radius_m, rows))
    rows, spans = rows[kept], spans[kept]
    order = rows.argsort(kind="stable")
    rows, spans = rows[order], spans[order]
    pairs = pieces.span_size[spans].cumsum() - pieces.span_size[spans]
    portion = pairs[rows.searchsorted(rows)] // _PAIRS_AT_ONCE
    cuts = np.flatnonzero(np.diff(portion)) + 1
    yield from zip(np.split(rows, cuts), np.split(spans, cuts), strict=True)


def _measure(
    index: NearestIndex, pieces: Pieces, rows: Rows, spans: Rows, max_distance_m: float
) -> Iterator[RouteHit]:
    sizes = pieces.span_size[spans]
    piece = pieces.span_first[spans].repeat(sizes) + positions_in_runs(sizes)
    away = ecef_many(index.latitudes[rows], index.longitudes[rows]).repeat(sizes, axis=0)
    rows = rows.repeat(sizes)
    off_m, along = pieces.chord_distance_m(piece, away)
    sag_m = pieces.sag_m[piece]
    bound_m = _doubtful_m(_least(off_m + sag_m, rows))
    kept = off_m - sag_m <= np.minimum(bound_m, chord_reach_m(max_distance_m))
    rows, piece, along = rows[kept], piece[kept], along[kept]
    distance_m, position_m = pieces.nearest_points(
        piece, along, index.latitudes[rows], index.longitudes[rows]
    )
    least_m = _least(distance_m, rows)
    kept = (least_m <= max_distance_m) & (distance_m <= least_m + _SAME_M)
    rows, least_m, position_m = rows[kept], least_m[kept], position_m[kept]
    order = np.lexsort((position_m, rows))
    rows, firsts = np.unique(rows[order], return_index=True)
    order = order[firsts]
    return map(RouteHit, rows.tolist(), least_m[order].tolist(), position_m[order].tolist())


def _least(values: Floats, keys: Rows) -> Floats:
    """For each entry the least value of those with its key."""
    _, which = np.unique(keys, return_inverse=True)
    least = np.full(int(which.max(initial=-1)) + 1, inf)
    np.minimum.at(least, which, values)
    return least[which]


def _doubtful_m(chords_m: Floats) -> Floats:
    """Chords up to which a place may be nearer, by geodesic, than one at these chords.

    Below 1,000 km the doubt grows with the chord, so that of the longest does for all.
    """
    longest = float(chords_m.max(initial=0))
    return chords_m + (widened_chord_m(longest) - longest)
