import pytest
import shapely

from geodata.floorplans.placement_validation import placement_problems
from geodata.floorplans.plan import FixtureKind, PlaceKind
from geodata.floorplans.shelves import Precision, Shelves
from geodata.floorplans.synthetic.assortment import Product
from geodata.floorplans.synthetic.groceries import groceries
from geodata.floorplans.synthetic.store import synthetic_store
from geodata.floorplans.validation import plan_problems
from geodata.samples.supermarket import helsinki_supermarket
from geodata.wayfinding.reachability import reach_problems

OUTLINES = {
    "square": shapely.box(0, 0, 40, 40),
    "long": shapely.box(0, 0, 23, 67),
    "L": shapely.Polygon([(0, 0), (40, 0), (40, 60), (12, 60), (12, 48), (0, 48)]),
    "slanted": shapely.Polygon([(0, 0), (50, 5), (45, 45), (20, 60), (-5, 40)]),
    "kiosk": shapely.box(0, 0, 14, 20),
}


@pytest.mark.parametrize("outline", OUTLINES.values(), ids=OUTLINES)
@pytest.mark.parametrize("seed", range(4))
def test_a_furnished_outline_is_sound_and_all_of_it_can_be_walked_to(
    outline: shapely.Polygon, seed: int
) -> None:
    plan, placements = synthetic_store("stores/x", outline, groceries(), seed=seed)
    assert plan_problems(plan) == ()
    assert placement_problems(plan, placements) == ()
    assert reach_problems(plan) == ()


def test_the_same_seed_gives_the_same_store_and_another_seed_another() -> None:
    outline = OUTLINES["L"]
    one = synthetic_store("stores/x", outline, groceries(), seed=7)
    assert one == synthetic_store("stores/x", outline, groceries(), seed=7)
    assert one != synthetic_store("stores/x", outline, groceries(), seed=8)


def test_every_product_has_one_bay_in_its_own_department() -> None:
    plan, placements = helsinki_supermarket("stores/kasarmitori")
    shelves, by_sku = Shelves(plan), {product.sku: product for product in groceries()}
    assert sorted(by_sku) == sorted(placement.sku for placement in placements)
    for placement in placements:
        spot = shelves.find(placement)
        assert spot is not None
        assert spot.precision is Precision.BAY
        assert spot.face is not None
        assert by_sku[placement.sku].department == spot.face.department


def test_the_helsinki_demo_says_that_it_is_synthetic_and_whose_outline_it_is() -> None:
    plan, _ = helsinki_supermarket("stores/kasarmitori")
    assert "Synthetic" in plan.attribution
    assert "OpenStreetMap" in plan.attribution
    assert len(plan.places_of(PlaceKind.ENTRANCE)) == 1
    assert len(plan.places_of(PlaceKind.TILL)) >= 3
    assert plan.frame is not None
    assert plan.frame.origin.latitude == pytest.approx(60.1652, abs=1e-3)


def test_frozen_goods_stand_in_freezers_only_where_nothing_else_does() -> None:
    plan, _ = helsinki_supermarket("stores/kasarmitori")
    for fixture in plan.fixtures:
        if fixture.kind is FixtureKind.FREEZER:
            assert {face.department for face in fixture.faces} == {"frozen"}
    assert [d.id for d in plan.departments if d.frozen] == ["frozen"]


@pytest.mark.parametrize(
    "outline",
    [
        shapely.Polygon(),
        shapely.Polygon([(0, 0), (30, 30), (30, 0), (0, 30)]),
        shapely.box(0, 0, 3, 3),
        shapely.Polygon([(0, 0), (20, 0), (20, 20), (0, 20), (0, 19.7), (19.9, 19.7), (19.9, 0.2)]),
    ],
    ids=["empty", "bow tie", "tiny", "a wall's thickness"],
)
def test_an_outline_that_cannot_be_a_shop_is_refused(outline: shapely.Polygon) -> None:
    with pytest.raises(ValueError, match="outline"):
        synthetic_store("stores/x", outline, groceries())


def test_more_departments_than_bays_still_furnish() -> None:
    many = [Product(f"p{number}", f"P {number}", f"d{number}") for number in range(300)]
    plan, placements = synthetic_store("stores/x", OUTLINES["kiosk"], many)
    assert plan_problems(plan) == ()
    assert len(placements) <= len(many)
