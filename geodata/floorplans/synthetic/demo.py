"""A real supermarket's outline with an invented planogram."""

from collections.abc import Sequence

from shapely import Polygon

from geodata import samples
from geodata.floorplans.frame import frame_along
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan
from geodata.floorplans.synthetic.assortment import Product
from geodata.floorplans.synthetic.groceries import groceries
from geodata.floorplans.synthetic.store import synthetic_store

SEED = 2


def helsinki_supermarket(
    store: str, products: Sequence[Product] = (), seed: int = SEED
) -> tuple[FloorPlan, tuple[Placement, ...]]:
    """The building of S-Market Kasarmitori, Helsinki (© OpenStreetMap contributors), furnished.

    Only the outline is real: shelves, tills and where things stand are made up.

    Args:
        store: The store's resource name.
        products: What to put on the shelves; none takes `groceries()`.
    """
    corners = [(point.longitude, point.latitude) for point in samples.building_outline()]
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
