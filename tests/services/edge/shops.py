"""The application of the edge over real services, with some real shops in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette

from enrayon.stores.v1 import stores_pb2
from services import app as root
from services.client import Client
from services.directory.parts import Parts
from services.edge.app import build
from services.edge.settings import EdgeSettings
from tests.services.conftest import serving
from tests.services.stores.places import ROWS, shop

HOURS = {
    "t-stockmann": "Mo-Fr 09:00-21:00; Sa 09:00-19:00; Su 11:00-18:00; PH off",
    "t-forum": "24/7",
    "t-turku": "Mo-Sa 10:00-18:00",
}
ZONES = {"FI": "Europe/Helsinki", "FR": "Europe/Paris", "EE": "Europe/Tallinn"}


def shops() -> list[stores_pb2.Store]:
    """The shops; one closed for good, one not for the public, one that delivers."""
    found = {row[0]: shop(row) for row in ROWS}
    for id, store in found.items():
        store.opening_hours_text = HOURS.get(id, "")
        store.time_zone = ZONES.get(store.address.region_code, "")
    found["t-sello"].status = stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD
    found["t-itis"].private = True
    found["t-sokos"].status = stores_pb2.STORE_STATUS_FUTURE_OPENING
    found["t-stockmann"].service_area.postal_codes.append("00100")
    found["t-stockmann"].service_area.radius_m = 5000
    found["t-stockmann"].phones.append("+358 9 1211")
    found["t-stockmann"].urls.append("https://www.stockmann.com/")
    found["t-stockmann"].attributes.append("osm.wheelchair")
    return list(found.values())


@asynccontextmanager
async def running(parts: Parts) -> AsyncIterator[tuple[Starlette, str]]:
    """The application with the shops, and the address of the services behind it."""
    async with serving(parts) as address:
        async with Client(address) as enrayon:
            request = stores_pb2.UpsertStoresRequest(stores=shops())
            answer = await enrayon.stores.UpsertStores(iter([request]))
            assert not answer.rejected, answer.rejected
        app = build(address, EdgeSettings(), root.descriptors())
        async with app.router.lifespan_context(app):
            yield app, address


@asynccontextmanager
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A browser, as it were."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://shops.example") as client:
        yield client
