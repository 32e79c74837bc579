"""Reads real tracks as fixes, and adds noise to them."""

import csv
import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from geodata.fences.state import Fix
from geodata.points import Point

VISNJAN = Point(45.27639, 13.72083)
"""The centre of the town, from GeoNames (3187662), CC BY 4.0."""


def visnjan() -> list[Fix]:
    """A drive of eight minutes around Visnjan, with times."""
    with (Path(__file__).parent / "visnjan.csv").open(encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [
            Fix(
                point=Point(float(row["lat"]), float(row["lon"])),
                time_ms=round(dt.datetime.fromisoformat(row["time"]).timestamp() * 1000),
                sequence=int(row["seq"]),
            )
            for row in rows
        ]


def numbered(rows: Iterable[dict[str, str]], seconds: int = 1) -> list[Fix]:
    """A track with missing or wrong times, replaced by equal steps of seconds in its order."""
    return [
        Fix(
            point=Point(float(row["lat"]), float(row["lon"])),
            time_ms=1000 * seconds * n,
            sequence=n,
        )
        for n, row in enumerate(rows)
    ]


def blurred(fixes: Iterable[Fix], accuracy_m: float, seed: int) -> list[Fix]:
    """The fixes with a normal error, 68 % of them within their stated accuracy.

    68 % of normal errors in the plane are within 1.51 standard deviations (per axis).
    """
    rng = np.random.default_rng(seed)
    noisy = []
    for fix in fixes:
        north, east = rng.normal(0, accuracy_m / 1.51, 2)
        latitude = fix.point.latitude + north / 111_200
        longitude = fix.point.longitude + east / 111_200 / np.cos(np.radians(latitude))
        noisy.append(
            Fix(
                point=Point(float(latitude), float(longitude)),
                time_ms=fix.time_ms,
                sequence=fix.sequence,
                accuracy_m=accuracy_m,
            )
        )
    return noisy
