"""The small shop of the suite for tests: three stores in Helsinki, four products, their levels."""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from services.client import Client

NOON = dt.datetime(2031, 6, 3, 9, tzinfo=dt.UTC)
"""The time of the clock at first: a Tuesday in summer, noon in Helsinki."""
CENTRE = "stores/corner-centre"
"""Open from 8 to 20, on Sundays from 10 to 18; it has everything."""
STATION = "stores/corner-station"
"""Always open, 0.6 km from the centre; it has no bread and no shears."""
HARBOUR = "stores/corner-harbour"
"""Open from 9 to 17 on weekdays, 1.3 km from the centre; with pick-up slots of two places."""
MILK, OAT_MILK = "products/milk", "products/oat-milk"
BREAD, SHEARS = "products/rye-bread", "products/garden-shears"
SOURCE = "till"


class _Shop(NamedTuple):
    name: str
    hours: str
    latitude: float
    longitude: float
    units: dict[str, int]


SHOPS = {
    CENTRE: _Shop(
        "Corner Shop Centre",
        "Mo-Sa 08:00-20:00; Su 10:00-18:00",
        60.16952,
        24.93545,
        {MILK: 8, OAT_MILK: 4, BREAD: 3, SHEARS: 1},
    ),
    STATION: _Shop(
        "Corner Shop Station", "24/7", 60.17144, 24.94143, {MILK: 20, OAT_MILK: 6, BREAD: 0}
    ),
    HARBOUR: _Shop(
        "Corner Shop Harbour",
        "Mo-Fr 09:00-17:00",
        60.16758,
        24.95300,
        {MILK: 5, BREAD: 5, SHEARS: 2},
    ),
}
PRODUCTS = [
    stock_pb2.Product(
        name=MILK,
        display_name="Milk",
        localized_names={"fi": "Maito", "fr": "Lait", "de": "Milch"},
        gtins=["6408430000012"],
        department="dairy",
    ),
    stock_pb2.Product(name=OAT_MILK, display_name="Oat milk", department="dairy"),
    stock_pb2.Product(
        name=BREAD,
        display_name="Rye bread",
        localized_names={"fi": "Ruisleipä", "fr": "Pain de seigle", "de": "Roggenbrot"},
        department="bread",
    ),
    stock_pb2.Product(
        name=SHEARS,
        display_name="Garden shears",
        localized_names={"fi": "Puutarhasakset", "fr": "Sécateur", "de": "Gartenschere"},
        department="garden",
    ),
]
SLOTS = stock_pb2.StockPolicy(
    name=f"{HARBOUR}/stockPolicy",
    pickup_slots=[
        stock_pb2.PickupSlotRule(
            method=stock_pb2.PICKUP_METHOD_IN_STORE, duration=Duration(seconds=3600), capacity=2
        )
    ],
)
SEQUENCE = 1
"""Of the first levels at their source; those after it have higher ones."""


async def load(client: Client) -> None:
    """Make the stores, the products and the levels."""
    stores = [_store(name, shop) for name, shop in SHOPS.items()]
    made = await client.stores.UpsertStores(iter([stores_pb2.UpsertStoresRequest(stores=stores)]))
    assert not made.rejected, made.rejected
    products = stock_pb2.UpsertProductsRequest(products=PRODUCTS)
    await client.stock.UpsertProducts(iter([products]))
    await set_levels(client, {name: shop.units for name, shop in SHOPS.items()}, SEQUENCE)
    await client.stock.UpdateStockPolicy(
        stock_pb2.UpdateStockPolicyRequest(
            stock_policy=SLOTS, update_mask=FieldMask(paths=["pickup_slots"])
        )
    )


async def set_levels(client: Client, units: Mapping[str, Mapping[str, int]], sequence: int) -> None:
    """Tell the units on hand by store and product."""
    requests = [
        stock_pb2.SetStockLevelsRequest(
            store=store,
            source=SOURCE,
            sequence=sequence,
            levels=[
                stock_pb2.StockLevelInput(product=product, on_hand=on_hand)
                for product, on_hand in there.items()
            ],
        )
        for store, there in units.items()
    ]
    answer = await client.stock.SetStockLevels(iter(requests))
    assert not answer.rejected, answer.rejected


def _store(name: str, shop: _Shop) -> stores_pb2.Store:
    store = stores_pb2.Store(
        name=name,
        display_name=shop.name,
        brand="Corner Shop",
        opening_hours_text=shop.hours,
        time_zone="Europe/Helsinki",
    )
    store.location.latitude, store.location.longitude = shop.latitude, shop.longitude
    store.address.region_code, store.address.locality = "FI", "Helsinki"
    return store
