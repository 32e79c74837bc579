"""Generates a synthetic store: a floor plan and placements from an outline."""

import random
from collections.abc import Sequence

from shapely import Polygon

from geodata.floorplans.frame import LocalFrame
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan, Level
from geodata.floorplans.shapes import grown
from geodata.floorplans.synthetic.assortment import Product, departments_of, fill
from geodata.floorplans.synthetic.front import FRONT_M, put_front
from geodata.floorplans.synthetic.shelving import BLOCK_M, put_gondolas, put_wall_shelves

WALL_M = 0.3
SYNTHETIC = "Synthetic planogram"


def synthetic_store(
    store: str,
    outline: Polygon,
    products: Sequence[Product],
    *,
    seed: int = 0,
    frame: LocalFrame | None = None,
    outline_attribution: str = "",
) -> tuple[FloorPlan, tuple[Placement, ...]]:
    """Furnish an outline as a supermarket, and place the products on its shelves.

    Args:
        store: the resource name of the store.
        outline: the walls, in metres of `frame`, with the front at the lower edge.
        products: the products; each gets one placement, and departments share the shelves by
            their number of products.
        seed: the seed of all choices; the same arguments give the same store.
        frame: the position of the plan on the earth.
        outline_attribution: the source of the outline; the plan says that the rest is synthetic.

    Raises:
        ValueError: the outline is invalid, or too small for shelves.
    """
    if not outline.is_valid or outline.is_empty:
        raise ValueError("outline must be a polygon that does not cross itself")
    rng = random.Random(seed)
    floor = grown(outline, -WALL_M)
    if not isinstance(floor, Polygon) or floor.is_empty:
        raise ValueError("outline must leave one connected floor inside its walls")
    from_right = rng.random() < 0.5
    front, back = floor.bounds[1], floor.bounds[3]
    depth = back - front - FRONT_M
    blocks = max(1, round(depth / BLOCK_M))
    across = [
        front + FRONT_M + depth * (block + rng.uniform(-0.05, 0.05)) / blocks
        for block in range(1, blocks)
    ]
    level = Level(id="0", name="Ground floor", outline=outline, walkable=floor)
    walls, wall_aisles = put_wall_shelves(floor, level.id)
    gondolas, aisles = put_gondolas(floor, level.id, walls, across, from_right)
    if not aisles and not wall_aisles:
        raise ValueError("outline is too small for any shelf")
    tills, places = put_front(floor, level.id, from_right)
    fixtures, placements = fill([*walls, *gondolas], products, store, rng)
    credits = [SYNTHETIC, f"outline {outline_attribution}" if outline_attribution else ""]
    plan = FloorPlan(
        store=store,
        version=f"synthetic-{seed}",
        frame=frame,
        levels=(level,),
        aisles=(*aisles, *wall_aisles),
        fixtures=(*fixtures, *tills),
        departments=departments_of(products),
        places=tuple(places),
        attribution="; ".join(part for part in credits if part),
    )
    return plan, tuple(placements)
