"""Points snap to edges that can be reached and left by legal ways, so that all have times."""

from pathlib import Path

import numpy as np
import pytest

from geodata import importers
from geodata.roads import Mode, RoadNetwork
from geodata.roads.build import build
from geodata.samples import HELSINKI_ROADS, HELSINKI_STORES
from tests.geodata.roads.grid import STREET, STREETS, grid, place, seconds, snapped
from tests.support.roads import tags_of
from tests.support.town import write_town

DRIVE, WALK, BIKE = Mode.DRIVE, Mode.WALK, Mode.BIKE

CUL_DE_SAC = [street for street in STREETS if street != "DH"]
"""Streets of the grid with C-D as a dead end."""


def turn(start: str, via: str, end: str) -> tuple[list[tuple[str, str]], dict[str, str]]:
    return [("from", start), ("via", via), ("to", end)], {"restriction": "no_straight_on"}


def gap_m(network: RoadNetwork, mode: Mode, name: str) -> float:
    """Metres from a place to the edge that it snaps to."""
    return round(snapped(network, mode, place(name)).distance_m, 1)


@pytest.mark.parametrize("mode", Mode)
def test_all_shops_of_the_demo_have_times_to_and_from_each_other(mode: Mode) -> None:
    network = RoadNetwork.load(HELSINKI_ROADS)
    shops = importers.read(HELSINKI_STORES, source="osm").stores
    assert len(shops) == 938
    latitudes, longitudes = (
        np.array([getattr(shop.location, axis) for shop in shops])
        for axis in ("latitude", "longitude")
    )
    places = [each for each in network.snap_many(mode, latitudes, longitudes) if each]
    assert len(places) == len(shops)
    assert np.isfinite(network.matrix(places, places)).all()


def test_nothing_snaps_to_a_road_that_forbidden_turns_close(tmp_path: Path) -> None:
    free = grid(tmp_path, streets=CUL_DE_SAC)
    assert gap_m(free, DRIVE, "CD") == 0
    no_entry = [turn("BC", "C", "CD"), turn("CG", "C", "CD")]
    no_exit = [turn("CD", "C", "BC"), turn("CD", "C", "CG")]
    for restrictions in (no_entry, no_exit):
        closed = grid(tmp_path, streets=CUL_DE_SAC, restrictions=restrictions)
        assert gap_m(closed, DRIVE, "CD") == 50.0
        assert gap_m(closed, WALK, "CD") == 0
        # 50 m on foot at 5 km/h, then 250 m at 27 km/h.
        told = seconds(closed, DRIVE, "CD", "EF"), seconds(closed, DRIVE, "EF", "CD")
        assert told == pytest.approx((36 + 33.33, 36 + 33.33), rel=1e-3)
    one_side = grid(tmp_path, streets=CUL_DE_SAC, restrictions=no_entry[:1])
    assert gap_m(one_side, DRIVE, "CD") == 0


def test_nothing_snaps_to_a_road_behind_a_barrier(tmp_path: Path) -> None:
    network = grid(tmp_path, streets=CUL_DE_SAC, nodes={"C": {"barrier": "bollard"}})
    assert gap_m(network, DRIVE, "CD") == 50.0
    assert gap_m(network, BIKE, "CD") == 0


def test_a_road_for_destinations_is_one_but_leads_to_no_public_road(tmp_path: Path) -> None:
    streets = [street for street in STREETS if street not in {"GH", "HL"}]
    network = grid(tmp_path, {"CD": {**STREET, "access": "destination"}}, streets=streets)
    assert gap_m(network, DRIVE, "CD") == 0
    assert gap_m(network, DRIVE, "DH") == 50.0


def test_nobody_gets_off_in_a_tunnel_that_is_not_for_walkers(tmp_path: Path) -> None:
    delivery = grid(tmp_path, {"AMB": tags_of("highway=service tunnel=yes layer=-4")})
    assert [gap_m(delivery, mode, "M") for mode in Mode] == [50.0, 50.0, 50.0]
    # It may be passed through: 100 m at 15 km/h.
    assert seconds(delivery, DRIVE, "A", "B") == pytest.approx(24.0, rel=1e-3)
    arcade = grid(tmp_path, {"AMB": tags_of("highway=footway tunnel=yes")})
    assert gap_m(arcade, WALK, "M") == 0
    archway = grid(tmp_path, {"AMB": tags_of("highway=residential tunnel=building_passage")})
    assert gap_m(archway, DRIVE, "M") == 0


@pytest.mark.parametrize("seed", range(5))
def test_in_towns_of_many_rules_each_place_of_an_island_has_a_way_to_each(
    tmp_path: Path, seed: int
) -> None:
    write_town(tmp_path / "town.osm", side=14, seed=seed)
    build(tmp_path / "town.osm", tmp_path / "town.roads")
    network = RoadNetwork.load(tmp_path / "town.roads")
    south, west, north, east = network.bounds
    rng = np.random.default_rng(seed)
    latitudes, longitudes = rng.uniform(south, north, 150), rng.uniform(west, east, 150)
    for mode in Mode:
        places = [each for each in network.snap_many(mode, latitudes, longitudes) if each]
        islands = np.array([each.island for each in places])
        assert (islands == 0).sum() > 50
        has_way = np.isfinite(network.matrix(places, places))
        assert has_way[islands[:, None] == islands].all()
