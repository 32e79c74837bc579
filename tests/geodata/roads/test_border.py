"""Answers that a way outside of the extract could change are told."""

from pathlib import Path

import numpy as np
import pytest

from geodata.points import Point
from geodata.roads import Mode, RoadNetwork
from tests.support.roads import at, network_of, write_extract
from tests.support.town import town

SIDE = 24


@pytest.mark.parametrize("keeps_ways_whole", [False, True])
def test_a_time_that_the_whole_map_shortens_is_flagged(
    tmp_path: Path, keeps_ways_whole: bool
) -> None:
    nodes, ways, relations, corners = town(side=SIDE, seed=4)
    whole = network_of(write_extract(tmp_path / "whole.osm", nodes, ways, relations, corners))
    south, west = np.add(corners[0].latitude, 0.013), corners[0].longitude + 0.02
    north, east = corners[1].latitude - 0.013, corners[1].longitude - 0.02
    box = Point(float(south), west), Point(north, east)

    def is_inside(number: int) -> bool:
        point = nodes[number][0]
        return south <= point.latitude <= north and west <= point.longitude <= east

    kept = {n: each for n, each in ways.items() if any(map(is_inside, each[0]))}
    used = {n for refs, _ in kept.values() for n in refs}
    there = {
        n: each for n, each in nodes.items() if n in used and (keeps_ways_whole or is_inside(n))
    }
    part = network_of(write_extract(tmp_path / "part.osm", there, kept, relations, box))
    assert part.bounds == pytest.approx((south, west, north, east), abs=1e-6)

    rng = np.random.default_rng(2)
    spots = rng.uniform((south, west), (north, east), (60, 2))
    changed = flagged = 0
    for mode in Mode:
        inside, outside = ([n.snap_many(mode, *spots.T)] for n in (part, whole))
        # Of a way that is cut within the box, the piece from its last node to the border is not
        # known: points nearest to it are left out here.
        pairs = [
            (p, w)
            for p, w in zip(inside[0], outside[0], strict=True)
            if p and w and (p.may_be_nearer_outside or abs(p.distance_m - w.distance_m) < 0.5)
        ]
        assert len(pairs) > 50
        told = part.matrix([p for p, _ in pairs], [p for p, _ in pairs])
        true = whole.matrix([w for _, w in pairs], [w for _, w in pairs])
        differ = ~np.isclose(told, true, rtol=0, atol=0.05)
        for row, (start, _) in enumerate(pairs):
            for column, (end, _) in enumerate(pairs):
                is_flagged = part.near_border(start, end, float(told[row, column]))
                is_changed = bool(differ[row, column])
                assert is_flagged or not is_changed
                changed, flagged = changed + is_changed, flagged + is_flagged
    assert 0 < changed <= flagged
    assert flagged < 0.9 * 3 * 60 * 60


def test_without_a_box_every_time_may_be_clipped(tmp_path: Path) -> None:
    ends = {1: at(0, 0), 2: at(500, 0)}
    spots: dict[int, tuple[Point, dict[str, str]]] = {i: (p, {}) for i, p in ends.items()}
    street = {1: ([1, 2], {"highway": "residential"})}
    for has_box in (True, False):
        path = tmp_path / f"{has_box}.osm"
        write_extract(path, spots, street, has_box=has_box)
        network: RoadNetwork = network_of(path)
        places = [network.snap(Mode.WALK, p.latitude, p.longitude) for p in (at(10, 0), at(90, 0))]
        start, end = places
        assert start
        assert end
        seconds = float(network.times_from(start, [end])[0])
        assert has_box is not network.near_border(start, end, seconds)
        assert has_box is network.about["has_border"]
