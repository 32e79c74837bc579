"""Small plans that can be checked by hand, and one furnished supermarket."""

import datetime as dt
from functools import cache

import shapely

from geodata.floorplans.frame import LocalFrame
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import (
    Aisle,
    Department,
    Face,
    Fixture,
    FloorPlan,
    Level,
    Link,
    LinkKind,
    Node,
    Place,
    PlaceKind,
    Position,
    Side,
)
from geodata.floorplans.synthetic.assortment import Product
from geodata.floorplans.synthetic.store import synthetic_store
from geodata.points import Point

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
HAKANIEMI = LocalFrame(Point(60.1795, 24.9510), 12.0)


def corner_shop() -> FloorPlan:
    """A shop of 12 m by 10 m with two gondolas of 1 m by 4 m, four bays on each side.

    Aisle 1 is left of x = 3, aisle 2 between x = 4 and x = 8, aisle 3 right of x = 9; bay numbers
    rise from y = 4. The door is in the middle of the front, the till to the right of it.
    """
    return FloorPlan(
        store="stores/corner",
        version="1",
        frame=HAKANIEMI,
        levels=(Level(id="0", name="Shop", walkable=shapely.box(0, 0, 12, 10)),),
        aisles=(
            Aisle(id="1", level="0", order=1, area=shapely.box(0, 4, 3, 8)),
            Aisle(id="2", level="0", order=2, area=shapely.box(4, 4, 8, 8)),
            Aisle(id="3", level="0", order=3, area=shapely.box(9, 4, 12, 8)),
        ),
        fixtures=(_gondola("west", 3.0, "1", "2"), _gondola("east", 8.0, "2", "3", "frozen")),
        departments=(
            Department(id="dry", name="Dry goods"),
            Department(id="frozen", name="Frozen", frozen=True),
        ),
        places=(
            Place(id="door", kind=PlaceKind.ENTRANCE, position=Position("0", 6.0, 0.5)),
            Place(id="till", kind=PlaceKind.TILL, position=Position("0", 10.0, 1.0), name="1"),
        ),
    )


def _gondola(identity: str, x: float, west: str, east: str, right: str = "dry") -> Fixture:
    def face(aisle: str, side: Side, edge: float, department: str) -> Face:
        ends = (edge, 4.0), (edge, 8.0)
        return Face(
            aisle=aisle, side=side, start=ends[0], end=ends[1], bays=4, department=department
        )

    return Fixture(
        id=identity,
        level="0",
        outline=shapely.box(x, 4, x + 1, 8),
        faces=(face(west, Side.RIGHT, x, "dry"), face(east, Side.LEFT, x + 1, right)),
    )


def two_floors() -> FloorPlan:
    """Two empty floors of 20 m by 20 m, with stairs (6 m) in the south-west corner and a lift
    (15 m) in the north-east corner.
    """
    floor = shapely.box(0, 0, 20, 20)
    corners = {"stairs": (1.0, 1.0), "lift": (19.0, 19.0)}
    return FloorPlan(
        store="stores/two-floors",
        frame=HAKANIEMI,
        levels=(
            Level(id="0", name="Ground floor", walkable=floor),
            Level(id="1", ordinal=1, name="First floor", walkable=floor),
        ),
        places=(
            Place(id="door", kind=PlaceKind.ENTRANCE, position=Position("0", 1.0, 4.0)),
            Place(id="shop", kind=PlaceKind.SHOP, position=Position("1", 1.0, 4.0), name="Shop"),
        ),
        nodes=tuple(
            Node(id=f"{name}-{level}", position=Position(level, *at))
            for name, at in corners.items()
            for level in ("0", "1")
        ),
        links=(
            Link(id="s", start="stairs-0", end="stairs-1", length_m=6, kind=LinkKind.STEPS),
            Link(id="l", start="lift-0", end="lift-1", length_m=15, kind=LinkKind.LIFT),
        ),
    )


def village_shop() -> FloorPlan:
    """A plan without a map: five aisles in walking order, with freezers in the second."""
    return FloorPlan(
        store="stores/village",
        levels=(Level(id="0"),),
        aisles=tuple(
            Aisle(id=sign, level="0", order=order, department="frozen" if sign == "F" else "")
            for order, sign in enumerate(["Bread", "F", "3", "2", "1"], start=1)
        ),
        departments=(Department(id="frozen", name="Frozen", frozen=True),),
    )


def in_aisle(sku: str, aisle: str, side: Side | None = None, bay: int | None = None) -> Placement:
    """A placement at a shelf."""
    return Placement(sku=sku, aisle=aisle, side=side, bay=bay)


@cache
def supermarket(seed: int = 1) -> tuple[FloorPlan, tuple[Placement, ...], tuple[Product, ...]]:
    """A synthetic supermarket of 40 m by 60 m without one corner, and its placements."""
    sizes = {"produce": 40, "bakery": 30, "dairy": 40, "meat": 30, "dry": 120, "frozen": 30}
    products = tuple(
        Product(f"{name}-{number}", f"{name.capitalize()} {number}", name)
        for name, size in sizes.items()
        for number in range(size)
    )
    outline = shapely.Polygon([(0, 0), (40, 0), (40, 60), (12, 60), (12, 48), (0, 48)])
    plan, placements = synthetic_store("stores/demo", outline, products, seed=seed, frame=HAKANIEMI)
    return plan, placements, products
