"""Writes the extract of a made town of any size, the same one for the same seed.

    python -m tests.support.town town.osm.pbf --side 330 --seed 21

Streets follow a bent grid with blocks left out, so that there are dead ends and detours. Some are
one-way, some have limits, some are for walkers or destinations alone; every fiftieth crossing has
signals, every fortieth a turn restriction; a river with few bridges crosses the town.
"""

import argparse
from pathlib import Path

import numpy as np

from geodata.points import Point
from tests.support.roads import write_extract

_SPACING_DEGREES = 0.0008
_KINDS = ("residential", "tertiary", "secondary", "footway", "service", "cycleway", "steps")
_SHARES = (0.62, 0.1, 0.06, 0.1, 0.06, 0.05, 0.01)


Nodes = dict[int, tuple[Point, dict[str, str]]]
Ways = dict[int, tuple[list[int], dict[str, str]]]
Relations = list[tuple[list[tuple[str, int, str]], dict[str, str]]]


def write_town(path: Path, *, side: int, seed: int) -> int:
    """Write a town of `side` by `side` crossings; returns their number."""
    nodes, ways, relations, corners = town(side=side, seed=seed)
    write_extract(path, nodes, ways, relations, corners)
    return len(nodes)


def town(*, side: int, seed: int) -> tuple[Nodes, Ways, Relations, tuple[Point, Point]]:
    """The nodes, ways and restrictions of a town, and the corners of its box."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:side, 0:side]
    wave = 2 * np.sin(rows / 9) + 2 * np.cos(columns / 11)
    lat = 52.0 + (rows + rng.normal(0, 0.18, rows.shape) + wave) * _SPACING_DEGREES
    lon = 5.0 + (columns + rng.normal(0, 0.18, rows.shape) - wave) * _SPACING_DEGREES * 1.6
    ids = rows * side + columns + 1
    signals = rng.random(rows.shape) < 0.02
    nodes: Nodes = {
        int(ids[r, c]): (
            Point(float(lat[r, c]), float(lon[r, c])),
            {"highway": "traffic_signals"} if signals[r, c] else {},
        )
        for r in range(side)
        for c in range(side)
    }
    ways: Ways = {}
    touching: dict[int, list[int]] = {}
    river = side // 2
    for r in range(side):
        for c in range(side):
            for to_r, to_c in ((r, c + 1), (r + 1, c)):
                if to_r >= side or to_c >= side:
                    continue
                is_bridge = r == river and to_r == river + 1
                if rng.random() < (0.96 if is_bridge else 0.12) and r > 0 and c > 0:
                    continue
                ends = [int(ids[r, c]), int(ids[to_r, to_c])]
                number = len(ways) + 1
                ways[number] = (ends, _tags(rng))
                for end in ends:
                    touching.setdefault(end, []).append(number)
    relations: Relations = []
    for node, streets in touching.items():
        if len(streets) > 2 and rng.random() < 0.025:
            start, to = rng.choice(streets, 2, replace=False).tolist()
            rule = rng.choice(["no_left_turn", "no_right_turn", "only_straight_on", "no_u_turn"])
            members = [("w", start, "from"), ("n", node, "via"), ("w", to, "to")]
            relations.append((members, {"type": "restriction", "restriction": str(rule)}))
    corners = (
        Point(float(lat.min()) - 0.01, float(lon.min()) - 0.01),
        Point(float(lat.max()) + 0.01, float(lon.max()) + 0.01),
    )
    return nodes, ways, relations, corners


def _tags(rng: np.random.Generator) -> dict[str, str]:
    tags = {"highway": str(rng.choice(_KINDS, p=_SHARES))}
    if rng.random() < 0.12:
        tags["oneway"] = "yes" if rng.random() < 0.7 else "-1"
    if rng.random() < 0.2:
        tags["maxspeed"] = str(rng.choice(["20", "30", "50", "70"]))
    if rng.random() < 0.02:
        tags["motor_vehicle"] = str(rng.choice(["destination", "no"]))
    return tags


def main() -> None:
    """Write the town that the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("path", type=Path)
    parser.add_argument("--side", type=int, default=330)
    parser.add_argument("--seed", type=int, default=21)
    given = parser.parse_args()
    print(f"{write_town(given.path, side=given.side, seed=given.seed):,} crossings")


if __name__ == "__main__":
    main()
