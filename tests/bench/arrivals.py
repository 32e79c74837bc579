"""The errors of arrival times: the straight line's on a real drive, the road's on simulated trips.

    python -m tests.bench.arrivals

The two are never mixed: no roads under the real drive can be had, and a trip that is simulated on
the network says nothing about traffic that the noise does not have.

The noise: each trip has a factor of all its times, exp(N(0, 0.15)), and each road of it one more,
exp(N(0, 0.35)); waits at signals are even in [0, twice the mean]. The seed is fixed.
"""

import csv
import datetime as dt
import gzip
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from geodata.fences.trips import Mode as TripMode
from geodata.fences.trips import eta_s
from geodata.points import Point
from geodata.roads import Mode, RoadNetwork, file
from geodata.roads.build import build
from tests.bench.places import SEED
from tests.support.paths import SHARED_DATA

DRIVE = "barefoot/x0001-001"
EXTRACTS = ("porto", "munchen", "liechtenstein")
TRIPS = 300
ASKED = (0.0, 0.25, 0.5, 0.75)
"""Shares of the simulated time at which the arrival is asked for."""
OF_TRIP, OF_ROAD = 0.15, 0.35


class Told(NamedTuple):
    """A time to go as it was told, and as it came."""

    told_s: float
    came_s: float


def straight() -> list[Told]:
    """On the drive in Munich, every ten seconds until a minute before its end."""
    with gzip.open(SHARED_DATA / "gps_traces.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["track"] == DRIVE]
    times = [dt.datetime.fromisoformat(row["time"]) for row in rows]
    points = [Point(float(row["lat"]), float(row["lon"])) for row in rows]
    found = []
    for time, point in list(zip(times, points, strict=True))[::10]:
        left_s = (times[-1] - time).total_seconds()
        if left_s >= 60:
            found.append(Told(eta_s(point, points[-1], TripMode.CAR), left_s))
    return found


def by_road(network: RoadNetwork, path: Path, rng: np.random.Generator) -> list[Told]:
    """On simulated drives between random places of a network."""
    _, _, columns = file.read(path)
    travel_ms, penalty_ms = columns["drive/travel_ms"], columns["drive/penalty_ms"]
    south, west, north, east = network.bounds
    found: list[Told] = []
    while len(found) < TRIPS * len(ASKED):
        ends = [
            network.snap(Mode.DRIVE, rng.uniform(south, north), rng.uniform(west, east))
            for _ in range(2)
        ]
        start, end = ends
        if start is None or end is None or start.island != end.island:
            continue
        way = network.way(start, end)
        if way is None or way.seconds < 120:
            continue
        _, parts = network._found(start, end) or (0, [])
        arcs = np.array([2 * edge + (begin > to) for edge, begin, to in parts])
        shares = np.array([abs(to - begin) for _, begin, to in parts])
        noise = np.exp(rng.normal(0, OF_TRIP) + rng.normal(0, OF_ROAD, len(arcs)))
        rolling_s = travel_ms[arcs] * shares * noise / 1000
        waits_s = penalty_ms[arcs] * rng.uniform(0, 2, len(arcs)) / 1000
        waits_s[-1] = 0
        on_foot_s = start.access_s, end.access_s
        left_s = np.cumsum((rolling_s + waits_s)[::-1])[::-1]
        for share in ASKED:
            at = int(np.searchsorted(-left_s, -left_s[0] * (1 - share), side="right")) - 1
            edge, begin, _ = parts[max(at, 0)]
            latitude, longitude = network._line(edge, begin, begin)[0]
            here = network.snap(Mode.DRIVE, latitude, longitude)
            told_s = np.inf if here is None else network.times_from(here, [end])[0]
            if share == 0:
                told_s, more_s = way.seconds, on_foot_s[0] + on_foot_s[1]
            else:
                more_s = on_foot_s[1]
            if np.isfinite(told_s):
                found.append(Told(float(told_s), float(left_s[max(at, 0)] + more_s)))
    return found


def described(found: list[Told]) -> str:
    """Median, tenth and ninetieth percentile of told over came, and the median absolute error."""
    told, came = np.array(found).T
    low, middle, high = np.percentile(told / came, (10, 50, 90))
    off_s = np.median(np.abs(told - came))
    return (
        f"{len(found)} times of {came.mean() / 60:.1f} min on average: told / came "
        f"{middle:.2f} ({low:.2f} to {high:.2f}), median error {off_s:.0f} s"
    )


def main() -> None:
    """Print both."""
    print("straight line, a real drive in Munich:", described(straight()))
    rng = np.random.default_rng(SEED)
    with TemporaryDirectory() as folder:
        for name in EXTRACTS:
            path = Path(folder) / f"{name}.roads"
            build(SHARED_DATA / "roads" / f"{name}.osm.pbf", path)
            found = by_road(RoadNetwork.load(path), path, rng)
            print(f"road, simulated drives in {name}:", described(found))


if __name__ == "__main__":
    main()
