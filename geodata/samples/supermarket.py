"""The sample's floor plan: the outline of a real supermarket with invented shelves."""

from collections.abc import Sequence

from shapely import Polygon

from geodata.floorplans.frame import frame_along
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan
from geodata.floorplans.synthetic.assortment import Product
from geodata.floorplans.synthetic.groceries import groceries
from geodata.floorplans.synthetic.store import synthetic_store
from geodata.samples import building_outline

SEED = 2


def helsinki_supermarket(
    store: str, products: Sequence[Product] = (), seed: int = SEED
) -> tuple[FloorPlan, tuple[Placement, ...]]:
    """A synthetic store in the building of S-Market Kasarmitori, Helsinki.

    Only the outline is real (© OpenStreetMap contributors); shelves, tills and placements are
    invented.

    Args:
        store: the resource name of the store.
        products: the products to place; empty means `groceries()`.
    """
    corners = [(point.longitude, point.latitude) for point in building_outline()]
    frame = frame_along(Polygon(corners))
    outline = frame.geometry_to_local(Polygon(corners))
    assert isinstance(outline, Polygon)
    return synthetic_store(
        store,
        outline,
        products or groceries(),
        seed=seed,
        frame=frame,
        outline_attribution="© OpenStreetMap contributors",
    )
