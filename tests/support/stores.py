"""Real shops, and requests about them; positions to about 100 m, from common knowledge."""

from collections.abc import Iterable

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from enrayon.type.v1 import geometry_pb2

PARKING = "dev.ucp.amenity.parking"
WIFI = "dev.ucp.amenity.wifi"

Row = tuple[str, str, str, float, float, str, str, str]

ROWS: tuple[Row, ...] = (
    # id, name, brand, latitude, longitude, region, city, attribute
    ("t-stockmann", "Stockmann", "Stockmann", 60.1687, 24.9418, "FI", "Helsinki", PARKING),
    ("t-forum", "Forum", "Forum", 60.1694, 24.9380, "FI", "Helsinki", WIFI),
    ("t-sokos", "Sokos Helsinki", "Sokos", 60.1708, 24.9400, "FI", "Helsinki", WIFI),
    ("t-itis", "Itis", "Itis", 60.2108, 25.0817, "FI", "Helsinki", PARKING),
    ("t-sello", "Sello", "Sello", 60.2180, 24.8110, "FI", "Espoo", PARKING),
    ("t-turku", "Stockmann Turku", "Stockmann", 60.4510, 22.2690, "FI", "Turku", WIFI),
    ("t-tallinn", "Kaubamaja", "Kaubamaja", 59.4362, 24.7557, "EE", "Tallinn", WIFI),
    ("t-lafayette", "Lafayette Haussmann", "Lafayette", 48.8735, 2.3320, "FR", "Paris", WIFI),
    ("t-printemps", "Printemps Haussmann", "Printemps", 48.8738, 2.3280, "FR", "Paris", WIFI),
    ("t-suva", "MHCC Suva", "MHCC", -18.1416, 178.4230, "FJ", "Suva", PARKING),
    ("t-apia", "Farmer Joe", "Farmer Joe", -13.8333, -171.7667, "WS", "Apia", PARKING),
    ("t-longyearbyen", "Svalbardbutikken", "Coop", 78.2208, 15.6480, "SJ", "Longyearbyen", PARKING),
    ("t-ushuaia", "La Anónima", "La Anónima", -54.8019, -68.3030, "AR", "Ushuaia", PARKING),
)  # fmt: skip


def shop(row: Row) -> stores_pb2.Store:
    """The store of a row."""
    id, name, brand, latitude, longitude, region, city, attribute = row
    return stores_pb2.Store(
        name=f"stores/{id}",
        display_name=name,
        brand=brand,
        location={"latitude": latitude, "longitude": longitude},
        address={"region_code": region, "locality": city},
        attributes=[attribute],
    )


SHOPS = [shop(row) for row in ROWS]
KAMPPI = (60.1690, 24.9310)
"""The centre of a district of Helsinki."""


async def upsert(
    stores: "stores_pb2_grpc.StoresServiceAsyncStub",
    sent: Iterable[stores_pb2.Store],
    **options: object,
) -> stores_pb2.UpsertStoresResponse:
    """Send stores in one message."""
    request = stores_pb2.UpsertStoresRequest(stores=sent, **options)
    return await stores.UpsertStores(iter([request]))


def near(
    latitude: float, longitude: float, **fields: object
) -> stores_pb2.FindNearestStoresRequest:
    """The request for the stores nearest to a point."""
    point = {"latitude": latitude, "longitude": longitude}
    return stores_pb2.FindNearestStoresRequest(
        origin=geometry_pb2.Origin(point=point),
        **fields,
    )
