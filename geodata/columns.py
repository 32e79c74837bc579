"""Small tools for data in columns, one array per field."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def lengths(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lengths of vectors, shape (n, 3)."""
    lengths: NDArray[np.float64] = np.sqrt(np.vecdot(vectors, vectors))
    return lengths


def positions_in_runs(sizes: NDArray[np.integer]) -> NDArray[np.integer]:
    """Runs of these sizes end to end, as the position of each entry within its run."""
    starts = sizes.cumsum() - sizes
    positions: NDArray[np.integer] = np.arange(sizes.sum()) - starts.repeat(sizes)
    return positions


def grown(column: NDArray[Any], capacity: int) -> NDArray[Any]:
    """A copy with room for more entries, which hold anything."""
    copy = np.empty((capacity, *column.shape[1:]), dtype=column.dtype)
    copy[: len(column)] = column
    return copy
