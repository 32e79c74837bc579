"""Every Starbucks within two kilometres of Times Square is found, among thousands of that name."""

import csv
import gzip

import httpx
import pytest
from pyproj import Geod

from enrayon.stores.v1 import stores_pb2
from services.client import Client
from services.client.contracts import CONTRACTS
from services.edge.app import build
from services.edge.settings import EdgeSettings
from tests.support.edge_app import listening
from tests.support.hosting import serving
from tests.support.paths import SHARED_DATA
from tests.support.ucp import check_answer

FILE = SHARED_DATA / "stores_world_starbucks.csv.gz"
TIMES_SQUARE = {"latitude": 40.758, "longitude": -73.9855}
RADIUS_M = 2000


@pytest.mark.skipif(not FILE.is_file(), reason="needs the stores in ../shared/data")
async def test_a_query_with_a_distance_finds_every_store(parts):
    with gzip.open(FILE, "rt", encoding="utf-8") as rows:
        stores = [row for row in csv.DictReader(rows) if row["country"] in ("US", "CA")]
    geod = Geod(ellps="WGS84")
    near = {
        f"s-{row['id']}"
        for row in stores
        if geod.inv(
            TIMES_SQUARE["longitude"],
            TIMES_SQUARE["latitude"],
            float(row["lon"]),
            float(row["lat"]),
        )[2]
        <= RADIUS_M
    }
    found: set[str] = set()
    async with serving(parts) as address:
        async with Client(address) as enrayon:
            requests = [
                stores_pb2.UpsertStoresRequest(stores=map(store, stores[first : first + 1000]))
                for first in range(0, len(stores), 1000)
            ]
            answer = await enrayon.stores.UpsertStores(iter(requests))
            assert not answer.rejected, answer.rejected[:3]
        app = build(address, EdgeSettings(), CONTRACTS)
        async with listening(app) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
            page: dict[str, object] = {"limit": 50}
            while True:
                asked = {
                    "query": "starbucks",
                    "distance": {"center": TIMES_SQUARE, "max": RADIUS_M},
                    "pagination": page,
                }
                answer = (await http.post("/ucp/locations/search", json=asked)).json()
                check_answer("search", answer)
                found |= {location["id"] for location in answer["locations"]}
                if not answer["pagination"]["has_next_page"]:
                    break
                page = {"limit": 50, "cursor": answer["pagination"]["cursor"]}

    assert len(stores) > 10_000
    assert len(near) > 50
    assert near == found


def store(row: dict[str, str]) -> stores_pb2.Store:
    return stores_pb2.Store(
        name=f"stores/s-{row['id'].lower()}",
        display_name=row["name"],
        brand=row["brand"],
        location={"latitude": float(row["lat"]), "longitude": float(row["lon"])},
        address={"region_code": row["country"], "locality": row["city"]},
    )
