"""Places to measure on: real towns, jittered by population into as many stores as are wanted."""

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.table import Table

SEED = 20261123
JITTER_DEGREES = 0.05
Floats = NDArray[np.float64]


def towns() -> Table:
    """The towns of the gazetteer, with their populations."""
    from geodata.gazetteer.places import _DATA

    return Table.load(_DATA / "towns.npz")


def stores(count: int, *, country: str = "", seed: int = SEED) -> tuple[list[str], Floats, Floats]:
    """Ids, latitudes and longitudes of `count` stores, where people live."""
    table = towns()
    rows = np.arange(len(table))
    if country:
        regions = [number for number, r in enumerate(table.regions) if r.country == country]
        rows = rows[np.isin(table.region, regions)]
    rng = np.random.default_rng(seed)
    weights = np.maximum(table.population[rows].astype(np.float64), 100)
    chosen = rows[rng.choice(len(rows), count, p=weights / weights.sum())]
    latitudes = table.latitude[chosen].astype(np.float64) + rng.normal(0, JITTER_DEGREES, count)
    longitudes = table.longitude[chosen].astype(np.float64) + rng.normal(0, JITTER_DEGREES, count)
    return (
        [f"b-{number}" for number in range(count)],
        np.clip(latitudes, -90, 90),
        (longitudes + 180) % 360 - 180,
    )
