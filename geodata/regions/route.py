"""Finds the places near a route of geodesics, with distance and position along the route."""

from collections.abc import Iterator, Sequence
from functools import partial
from math import inf
from typing import NamedTuple

import numpy as np

from geodata.columns import positions_in_runs
from geodata.distance import (
    Floats,
    chord_reach_m,
    destinations,
    ecef_many,
    geodesics,
    widened_chord_m,
)
from geodata.nearest import NearestIndex, Rows
from geodata.points import Point
from geodata.regions.pieces import Pieces
from geodata.steps import Steps

MAX_DISTANCE_M = 50_000.0

_SAME_M = 1e-3
_PAIRS_AT_ONCE = 1 << 17


class RouteHit(NamedTuple):
    """A place near a route."""

    row: int
    distance_m: float
    """From the place to the nearest point of the route."""
    position_m: float
    """From the start of the route to that point; the first of equally near (1 mm) points."""

    @property
    def detour_m(self) -> float:
        """Extra length of a straight detour from that point of the route to the place and back."""
        return 2 * self.distance_m


def along_route(
    index: NearestIndex, route: Sequence[Point], max_distance_m: float
) -> Steps[list[RouteHit]]:
    """Find all places within a distance (inclusive) of a route, ordered by position, then id.

    Places that are moved or deleted between its steps are left out.

    The route is the sequence of geodesics between its points. The error of distances and
    positions is at most 0.1 mm.

    Raises:
        ValueError: an argument is out of range; the message names it.
    """
    if not 0 < max_distance_m <= MAX_DISTANCE_M:
        raise ValueError(f"max_distance_m must be in (0, {MAX_DISTANCE_M:g}], got {max_distance_m}")
    pieces: Pieces = yield partial(Pieces, route)
    reach_m = chord_reach_m(max_distance_m)
    found: list[tuple[Rows, Floats]] = []
    for centre, radius_m in zip(pieces.span_centre, pieces.span_radius_m.tolist(), strict=True):
        found.append(index.within_chord(centre, radius_m + reach_m))
        yield None
    places = index.latitudes.copy(), index.longitudes.copy()
    hits: list[RouteHit] = yield partial(_hits, places, pieces, found, max_distance_m)
    rows = np.array([hit.row for hit in hits], np.int64)
    kept = index.unchanged(rows, *(axis[rows] for axis in places)).tolist()
    there = (hit for hit, is_there in zip(hits, kept, strict=True) if is_there)
    return sorted(there, key=lambda hit: (hit.position_m, index.id(hit.row)))


def points_at(route: Sequence[Point], positions_m: Floats) -> tuple[Floats, Floats]:
    """Latitudes and longitudes of the points at some distances from the start of a route.

    A position past the end stands for the end.
    """
    latitudes = np.array([point.latitude for point in route])
    longitudes = np.array([point.longitude for point in route])
    azimuths, lengths_m = geodesics(latitudes[:-1], longitudes[:-1], latitudes[1:], longitudes[1:])
    begins_m = np.concatenate(([0.0], np.cumsum(lengths_m)))
    leg = np.clip(begins_m.searchsorted(positions_m, side="right") - 1, 0, len(lengths_m) - 1)
    on_leg_m = np.minimum(positions_m - begins_m[leg], lengths_m[leg])
    found = destinations(latitudes[leg], longitudes[leg], azimuths[leg], on_leg_m)
    return found[0], found[1]


def _hits(
    places: tuple[Floats, Floats],
    pieces: Pieces,
    found: Sequence[tuple[Rows, Floats]],
    max_distance_m: float,
) -> list[RouteHit]:
    hits: list[RouteHit] = []
    for rows, spans in _spans_near(pieces, found):
        hits += _measure(places, pieces, rows, spans, max_distance_m)
    return hits


def _spans_near(
    pieces: Pieces, found: Sequence[tuple[Rows, Floats]]
) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of a row and a span that may hold the nearest point of the route.

    `found` has the rows near each span and their chords from its centre. The pairs come in
    portions of at most about `_PAIRS_AT_ONCE` pieces, to bound memory; all spans of a row are in
    one portion.
    """
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
    places: tuple[Floats, Floats], pieces: Pieces, rows: Rows, spans: Rows, max_distance_m: float
) -> Iterator[RouteHit]:
    latitudes, longitudes = places
    sizes = pieces.span_size[spans]
    piece = pieces.span_first[spans].repeat(sizes) + positions_in_runs(sizes)
    away = ecef_many(latitudes[rows], longitudes[rows]).repeat(sizes, axis=0)
    rows = rows.repeat(sizes)
    off_m, along = pieces.chord_distance_m(piece, away)
    sag_m = pieces.sag_m[piece]
    bound_m = _doubtful_m(_least(off_m + sag_m, rows))
    kept = off_m - sag_m <= np.minimum(bound_m, chord_reach_m(max_distance_m))
    rows, piece, along = rows[kept], piece[kept], along[kept]
    distance_m, position_m = pieces.nearest_points(piece, along, latitudes[rows], longitudes[rows])
    least_m = _least(distance_m, rows)
    kept = (least_m <= max_distance_m) & (distance_m <= least_m + _SAME_M)
    rows, least_m, position_m = rows[kept], least_m[kept], position_m[kept]
    order = np.lexsort((position_m, rows))
    rows, firsts = np.unique(rows[order], return_index=True)
    order = order[firsts]
    return map(RouteHit, rows.tolist(), least_m[order].tolist(), position_m[order].tolist())


def _least(values: Floats, keys: Rows) -> Floats:
    """For each entry, the least value among the entries with the same key."""
    _, which = np.unique(keys, return_inverse=True)
    least = np.full(int(which.max(initial=-1)) + 1, inf)
    np.minimum.at(least, which, values)
    return least[which]


def _doubtful_m(chords_m: Floats) -> Floats:
    """Chords within which a place may be nearer, by geodesic, than a place at the given chords.

    Below 1,000 km the widening grows with the chord, so that of the longest chord bounds all.
    """
    longest = float(chords_m.max(initial=0))
    return chords_m + (widened_chord_m(longest) - longest)
