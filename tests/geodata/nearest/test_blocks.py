"""The bounds that blocks of candidates promise."""

import numpy as np
import pytest

from geodata.columns import lengths
from geodata.distance import ecef_many
from geodata.nearest.blocks import Block
from geodata.nearest.index import NearestIndex
from geodata.points import Point
from tests.geodata.nearest.oracle import BruteForce, named

AROUND = {
    "equator": (0.0, 0.0),
    "pole": (90.0, 0.0),
    "antimeridian": (-17.0, 180.0),
    "helsinki": (60.17, 24.94),
}


@pytest.mark.parametrize("radius_m", [1.0, 300.0, 20_000.0, 3e6, 1.2e7])
@pytest.mark.parametrize("where", AROUND)
def test_chords_are_wrong_by_the_stated_error_at_most(where: str, radius_m: float) -> None:
    rng = np.random.default_rng(int(radius_m))
    [centre] = ecef_many([AROUND[where][0]], [AROUND[where][1]])
    xyz = centre + _in_ball(rng, 1_000) * radius_m
    xyz[:200] = centre + _in_ball(rng, 200) * radius_m * 1e-3  # near ties
    block = Block.around((*centre.tolist(),), radius_m, np.arange(len(xyz)), xyz)
    for position in [*(centre + _in_ball(rng, 20) * radius_m), xyz[0], xyz[-1], centre]:
        wrong = np.abs(block.chords_m((*position.tolist(),)) - lengths(xyz - position))
        assert wrong.max() <= block.error_m
    assert 0 < block.error_m < 0.0014 * radius_m


def test_a_place_that_moves_out_of_a_block_is_not_found_where_it_was() -> None:
    towns = {f"s{n}": Point(60.0 + n * 1e-3, 25.0) for n in range(200)}
    brute, index = BruteForce(towns), NearestIndex()
    index.upsert_many(list(towns.items()))
    here = Point(60.05, 25.0)
    for _ in range(3):  # the second query makes the block
        index.nearest(here, 5)
    for id, far in (("s50", Point(-30.0, 100.0)), ("s51", Point(60.05, 26.0))):
        brute.places[id] = far
        index.upsert(id, far)
        assert named(index, index.nearest(here, 5)) == brute.nearest(here, 5)
    moves = {f"s{n}": Point(-30.0, float(n)) for n in range(48, 53)}
    brute.places |= moves
    index.upsert_many(list(moves.items()))
    assert named(index, index.nearest(here, 5)) == brute.nearest(here, 5)


def _in_ball(rng: np.random.Generator, count: int) -> np.ndarray:
    """Random points of the unit ball, shape (count, 3); a tenth lie on its surface."""
    directions = rng.normal(size=(count, 3))
    directions /= lengths(directions)[:, None]
    reach = np.cbrt(rng.random(count))
    reach[: count // 10] = 1.0
    return np.asarray(directions * reach[:, None])
