import dataclasses

import pytest

from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import Position, Side
from geodata.floorplans.shelves import Precision, Shelves
from tests.geodata.floorplans.shops import corner_shop, in_aisle, village_shop


@pytest.fixture
def shelves() -> Shelves:
    return Shelves(corner_shop())


def test_the_third_bay_on_the_left_of_aisle_2_is_on_the_west_gondola(shelves: Shelves) -> None:
    spot = shelves.find(in_aisle("rice", "2", Side.LEFT, 3))
    assert spot is not None
    assert spot.precision is Precision.BAY
    # Bays are 1 m wide from y = 4; the edge of the shelf is at x = 4, the shopper 0.6 m before it.
    assert spot.shelf == pytest.approx((4.0, 6.5))
    assert spot.stand == Position("0", pytest.approx(4.6), pytest.approx(6.5))


def test_the_right_of_aisle_2_is_on_the_east_gondola(shelves: Shelves) -> None:
    spot = shelves.find(in_aisle("peas", "2", Side.RIGHT, 1))
    assert spot is not None
    assert spot.stand == Position("0", pytest.approx(7.4), pytest.approx(4.5))


def test_without_a_bay_one_stands_in_the_middle_of_the_side(shelves: Shelves) -> None:
    spot = shelves.find(in_aisle("rice", "2", Side.LEFT))
    assert spot is not None
    assert spot.precision is Precision.SIDE
    assert spot.shelf == pytest.approx((4.0, 6.0))


def test_a_bay_that_is_not_there_falls_back_to_the_side(shelves: Shelves) -> None:
    spot = shelves.find(in_aisle("rice", "2", Side.LEFT, 99))
    assert spot is not None
    assert spot.precision is Precision.SIDE


def test_without_a_side_one_stands_in_the_aisle(shelves: Shelves) -> None:
    spot = shelves.find(in_aisle("rice", "2"))
    assert spot is not None
    assert spot.precision is Precision.AISLE
    assert spot.stand == Position("0", pytest.approx(6), pytest.approx(6))


def test_an_unknown_aisle_is_nowhere(shelves: Shelves) -> None:
    assert shelves.find(in_aisle("rice", "77")) is None


def test_the_floor_tells_apart_aisles_of_one_number(shelves: Shelves) -> None:
    below = Placement(sku="rice", floor="-1", aisle="2")
    assert shelves.find(below) is None
    assert shelves.find(dataclasses.replace(below, floor="0")) is not None


def test_without_a_map_the_aisle_is_all_that_is_known() -> None:
    spot = Shelves(village_shop()).find(in_aisle("rye", "Bread"))
    assert spot is not None
    assert (spot.precision, spot.stand) == (Precision.ORDER, None)


def test_the_last_bay_of_a_side_is_counted_over_all_its_faces(shelves: Shelves) -> None:
    spot = shelves.find(in_aisle("rice", "2", Side.LEFT, 3))
    assert spot is not None
    assert spot.face is not None
    assert shelves.last_bay(spot.face) == 4
