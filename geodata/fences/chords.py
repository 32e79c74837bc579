"""Bounds the distance to pieces of lines by their chords through the earth.

Neighbouring pieces form a run, and a ball contains each run. The ball bounds the distance to
all pieces of the run, so only the runs that may hold the nearest piece are measured.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from geodata.distance import SLACK_M, ecef_many, widened_chord_m
from geodata.fences.grid import leaves
from geodata.fences.pieces import sags_m
from geodata.fences.shape import Floats, Numbers

_RUN = 32
_PAIRS_AT_ONCE = 200_000


class Chords:
    """The chords of at least one piece (shape (n, 4), see `pieces`); places are earth-centred."""

    def __init__(self, pieces: Floats) -> None:
        self._starts = ecef_many(pieces[:, 0], pieces[:, 1])
        self._steps = ecef_many(pieces[:, 2], pieces[:, 3]) - self._starts
        # Avoids a division by zero for a piece without length.
        self._squares = np.maximum((self._steps * self._steps).sum(axis=1), 1e-12)
        self._sags = sags_m(pieces) + SLACK_M
        # In the order of H3 cells, neighbours are mostly adjacent; the last run is padded.
        order = np.argsort(leaves(pieces[:, 0], pieces[:, 1]))
        self._runs = np.pad(order, (0, -len(order) % _RUN), mode="edge").reshape(-1, _RUN)

    @property
    def middle(self) -> Floats:
        """The mean of the starts of the pieces."""
        middle: Floats = self._starts.mean(axis=0)
        return middle

    def bounds_m(self, places: Floats, limit_m: float) -> tuple[Floats, Floats]:
        """Lower and upper bounds of the chord from each place to the nearest piece.

        If no piece is within the limit, the lower bound is beyond the limit and the upper bound
        is infinite.
        """
        lower = np.full(len(places), np.inf)
        upper = np.full(len(places), np.inf)
        for rows in self._blocks(len(places)):
            lower[rows], upper[rows] = self._block_bounds_m(places[rows], limit_m)
        return lower, upper

    def candidates(self, place: Floats) -> Numbers:
        """The pieces that may be the nearest to a place by geodesic."""
        least, most = self._run_bounds_m(place)
        runs = np.flatnonzero(least <= widened_chord_m(float(most.min())))
        pieces = self._runs[runs].ravel()
        chords = self._distances_m(place, pieces)
        reach = widened_chord_m(float((chords + self._sags[pieces]).min()))
        return np.unique(pieces[chords - self._sags[pieces] <= reach])

    def _block_bounds_m(self, places: Floats, limit_m: float) -> tuple[Floats, Floats]:
        least, most = self._run_bounds_m(places[:, None])
        lower, upper = least.min(axis=1), np.full(len(places), np.inf)
        # A run whose lower bound exceeds the least upper bound of all runs has no nearest piece.
        wanted = (least <= most.min(axis=1, keepdims=True)) & (lower <= limit_m)[:, None]
        rows, runs = np.nonzero(wanted)
        if rows.size:
            pieces = self._runs[runs]
            chords, sags = self._distances_m(places[rows, None], pieces), self._sags[pieces]
            first = np.flatnonzero(np.diff(rows, prepend=-1))
            lower[rows[first]] = np.minimum.reduceat((chords - sags).min(axis=1), first)
            upper[rows[first]] = np.minimum.reduceat((chords + sags).min(axis=1), first)
        return lower, upper

    def _run_bounds_m(self, places: Floats) -> tuple[Floats, Floats]:
        centers, radii = self._balls
        away = np.linalg.norm(places - centers, axis=-1)
        return away - radii, away + radii

    def _distances_m(self, places: Floats, pieces: Numbers) -> Floats:
        """Straight distances from places to the chords of pieces; the shapes broadcast."""
        away, steps = places - self._starts[pieces], self._steps[pieces]
        along = np.clip((away * steps).sum(axis=-1) / self._squares[pieces], 0, 1)
        distances: Floats = np.linalg.norm(away - along[..., None] * steps, axis=-1)
        return distances

    @cached_property
    def _balls(self) -> tuple[Floats, Floats]:
        """Centre and radius of a ball around each run."""
        starts = self._starts[self._runs]
        ends = starts + self._steps[self._runs]
        centers = (starts + ends).mean(axis=1) / 2
        radii = np.maximum(
            np.linalg.norm(starts - centers[:, None], axis=-1),
            np.linalg.norm(ends - centers[:, None], axis=-1),
        ).max(axis=1)
        return centers, radii + self._sags[self._runs].max(axis=1)

    def _blocks(self, count: int) -> Iterator[slice]:
        size = max(1, _PAIRS_AT_ONCE // self._runs.size)
        return (slice(first, first + size) for first in range(0, count, size))
