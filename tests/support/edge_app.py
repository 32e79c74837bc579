"""The edge's application over real services with some real shops."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette

from enrayon.stores.v1 import stores_pb2
from services.client import Client
from services.client.contracts import CONTRACTS
from services.directory.parts import Parts
from services.edge.app import build
from services.edge.settings import EdgeSettings
from tests.support.hosting import serving
from tests.support.stores import ROWS, shop

HOURS = {
    "t-stockmann": "Mo-Fr 09:00-21:00; Sa 09:00-19:00; Su 11:00-18:00; PH off",
    "t-forum": "24/7",
    "t-turku": "Mo-Sa 10:00-18:00",
}
PUBLIC_URL = "https://shops.example"
ZONES = {"FI": "Europe/Helsinki", "FR": "Europe/Paris", "EE": "Europe/Tallinn"}


def shops() -> list[stores_pb2.Store]:
    """Real shops: one closed for good, one private, one that delivers."""
    found = {row[0]: shop(row) for row in ROWS}
    for id, store in found.items():
        store.opening_hours_text = HOURS.get(id, "")
        store.time_zone = ZONES.get(store.address.region_code, "")
    found["t-sello"].status = stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD
    found["t-itis"].private = True
    found["t-sokos"].status = stores_pb2.STORE_STATUS_FUTURE_OPENING
    found["t-stockmann"].service_area.postal_codes.append("00100")
    found["t-stockmann"].service_area.radius_m = 5000
    found["t-stockmann"].address.administrative_area = "Uusimaa"
    found["t-stockmann"].phones.append("+358 9 1211")
    found["t-stockmann"].urls.append("https://www.stockmann.com/")
    found["t-stockmann"].attributes.append("osm.wheelchair")
    return list(found.values())


@asynccontextmanager
async def running(parts: Parts) -> AsyncIterator[tuple[str, str]]:
    """The application with the shops; yields its HTTP address and the gRPC address."""
    async with serving(parts) as address:
        async with Client(address) as enrayon:
            request = stores_pb2.UpsertStoresRequest(stores=shops())
            answer = await enrayon.stores.UpsertStores(iter([request]))
            assert not answer.rejected, answer.rejected
        edge = EdgeSettings(edge_public_url=PUBLIC_URL)
        app = build(address, edge, CONTRACTS)
        async with listening(app) as url:
            yield url, address


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[str]:
    """Serves an application in a task; yields its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        task = asyncio.create_task(server.serve([listener]))
        async with asyncio.timeout(20):
            while not server.started:
                assert not task.done(), "the application did not start"
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await task
