"""Array helpers for data that is kept in columns, one array per field."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def lengths(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean lengths of vectors of shape (n, 3)."""
    lengths: NDArray[np.float64] = np.sqrt(np.vecdot(vectors, vectors))
    return lengths


def positions_in_runs(sizes: NDArray[np.integer]) -> NDArray[np.integer]:
    """Index of each entry within its run, for runs of these sizes laid end to end."""
    starts = sizes.cumsum() - sizes
    positions: NDArray[np.integer] = np.arange(sizes.sum()) - starts.repeat(sizes)
    return positions


def grown(column: NDArray[Any], capacity: int) -> NDArray[Any]:
    """A copy with room for `capacity` entries; the new entries are not initialised."""
    copy = np.empty((capacity, *column.shape[1:]), dtype=column.dtype)
    copy[: len(column)] = column
    return copy
