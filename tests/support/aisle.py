"""Stores with floor plans and products, and requests of the aisle service."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from enrayon.aisle.v1 import aisle_pb2 as pb
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan, Side
from services.directory.messages.placements import placement_message
from services.directory.messages.plans import plan_message
from tests.geodata.floorplans.shops import in_aisle

CORNER, VILLAGE, FLOORS, BARE = (
    "stores/a-corner",
    "stores/a-village",
    "stores/a-floors",
    "stores/a-bare",
)
GLN = "9521321000018"

STORES = [
    stores_pb2.Store(name=CORNER, display_name="Corner shop", external_ids={"gln": GLN}),
    stores_pb2.Store(name=VILLAGE, display_name="Village shop"),
    stores_pb2.Store(name=FLOORS, display_name="Two floors"),
    stores_pb2.Store(name=BARE, display_name="No plan"),
    stores_pb2.Store(name="stores/a-dark", display_name="Dark kitchen", private=True),
]

PRODUCTS = [
    stock_pb2.Product(
        name=f"products/{sku}",
        display_name=name,
        department=department,
        localized_names={"fi": finnish, "fr": french},
    )
    for sku, name, department, finnish, french in (
        ("rice", "Basmati rice", "dry", "Basmatiriisi", "Riz basmati"),
        ("oil", "Olive oil", "dry", "Oliiviöljy", "Huile d'olive"),
        ("peas", "Garden peas", "frozen", "Herneet", "Petits pois"),
        ("caviar", "Caviar", "dry", "Kaviaari", "Caviar"),
    )
]

SHELVES = (
    in_aisle("rice", "2", Side.LEFT, 3),
    in_aisle("oil", "1", Side.RIGHT, 1),
    in_aisle("peas", "3", Side.LEFT, 2),
)
"""The placements of the corner shop; the caviar has none."""


def published(store: str, plan: FloorPlan, id: str = "v1", **options: Any) -> Any:
    """The request that publishes a plan."""
    message = plan_message(plan, options.pop("planogram", ""))
    return pb.PublishFloorPlanRequest(parent=store, floor_plan=message, floor_plan_id=id, **options)


def placed(placements: Iterable[Placement]) -> list[pb.ProductPlacements]:
    """Placements as the rows of a stream."""
    by_sku: defaultdict[str, list[pb.Placement]] = defaultdict(list)
    for placement in placements:
        by_sku[placement.sku].append(placement_message(placement))
    return [
        pb.ProductPlacements(product=f"products/{sku}", placements=found)
        for sku, found in by_sku.items()
    ]


def stream(
    parent: str, products: Sequence[pb.ProductPlacements], **options: bool
) -> Iterator[pb.UpsertPlacementsRequest]:
    """A stream of one message with the products of a parent."""
    yield pb.UpsertPlacementsRequest(parent=parent, products=products, **options)


def walk(*skus: str, **options: Any) -> pb.Walk:
    """A walk for a list of SKUs."""
    return pb.Walk(items=[pb.WalkItem(product=f"products/{sku}") for sku in skus], **options)


def route(store: str, *skus: str, language: str = "en", **options: Any) -> pb.PlanRouteRequest:
    """The request for the route of a list."""
    return pb.PlanRouteRequest(store=store, walk=walk(*skus, **options), language_code=language)


def skus_of(answer: pb.PlanRouteResponse) -> list[list[str]]:
    """The SKUs of each stop."""
    return [[item.product.partition("/")[2] for item in stop.items] for stop in answer.stops]


def names(missing: Iterable[pb.MissingProduct]) -> list[str]:
    """The SKUs of missing products."""
    return [each.product.partition("/")[2] for each in missing]


def located(store: str, *skus: str, **options: object) -> pb.LocateProductsRequest:
    """The request that locates products at a store."""
    products = [f"products/{sku}" for sku in skus]
    return pb.LocateProductsRequest(store=store, products=products, **options)


def addresses(answer: pb.LocateProductsResponse) -> dict[str, list[str]]:
    """The addresses of the shelves of each product."""
    return {each.product: [shelf.address for shelf in each.shelves] for each in answer.located}
