"""The server that P6 and P7 measure: stores and stock, full shelves, and a bare RPC for holds."""

import asyncio
import gc
import itertools
import sys
import time
from typing import Any

import grpc
import numpy as np
import uvloop

from enrayon.stock.v1 import stock_pb2
from geodata.gazetteer import Gazetteer
from services import app
from services.chassis.clock import utc_now
from services.chassis.database.client import connect
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.keyring import load_keyring
from services.chassis.serving.methods import methods_of
from services.chassis.serving.server import Server
from services.chassis.settings import ChassisSettings
from services.chassis.telemetry.logs import configure_logs
from services.directory.directory import Directory
from services.directory.keys import PRODUCTS
from services.directory.origins import Origins
from services.directory.parts import Parts
from services.directory.records import Records, Write, etag_of, record_of
from services.stock.model.holds import encoded
from services.stock.model.levels import HEADER, SOURCE
from services.stock.model.partitions import StoreKeys
from services.stock.state.holds import Holds
from tests.bench.host import fill
from tests.bench.places import SEED

BASKET = ("sku-1", "sku-2", "sku-3")
ON_SHELF = 0.8
"""The part of the stores that have a product."""
HOLDS_AT = "b-0"
PLENTY = 1_000_000


def main() -> None:
    """Serve until told to stop; says `ready` and the process of the store once it can answer."""
    settings = ChassisSettings()
    configure_logs(settings)
    stores, products, fsync = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with (
        EmbeddedValkey(settings.data_dir, {"appendfsync": fsync}) as valkey,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(serve(settings, valkey.url, stores, products))


async def serve(settings: ChassisSettings, url: str, stores: int, products: int) -> None:
    """Fill the store, then host both services and the bare RPC."""
    client = connect(settings, url)
    directory = Directory(client, settings.data_dir)
    await directory.start()
    origins, keyring = Origins(Gazetteer.load()), load_keyring(settings)
    parts = Parts(settings, client, directory, origins, keyring, utc_now)
    await fill(parts, stores)
    await fill_products(parts, products)
    await fill_shelves(parts, stores, products)
    services = app.built(parts, ["stores", "stock"])
    methods = [
        method
        for service in services
        for method in methods_of(service.descriptor, service.servicer, settings.max_request_bytes)
    ]
    server = Server(settings, methods)
    handlers: dict[str, Any] = {"Reserve": grpc.unary_unary_rpc_method_handler(bare_reserve(parts))}
    generic = grpc.method_handlers_generic_handler("bench.Stock", handlers)
    server._server.add_generic_rpc_handlers([generic])
    async with app.background(services):
        gc.collect()
        gc.freeze()
        await server.start()
        store_pid = (await client.info("server"))["process_id"]
        print("ready", store_pid, flush=True)
        await app.stop_signal()
        await server.stop()
    await directory.stop()


def bare_reserve(parts: Parts) -> Any:
    """An RPC that runs the script of a hold, and nothing else."""
    holds = Holds(parts.client)
    numbers = itertools.count()

    async def reserve(_request: bytes, _context: object) -> bytes:
        record = encoded(f"bare-{next(numbers)}", "bare", "", 0)
        outcome = await holds.reserve(
            HOLDS_AT, record, dict.fromkeys(BASKET, 1), ttl_ms=7_200_000, fresh_ms=86_400_000
        )
        return outcome.hold.id.encode()

    return reserve


async def fill_products(parts: Parts, count: int) -> None:
    """Write so many products."""
    records = Records(parts.client, PRODUCTS)
    writes = []
    for number in range(count):
        product = stock_pb2.Product(
            name=f"products/sku-{number}", display_name=f"Article {number}", department="all"
        )
        writes.append(Write(f"sku-{number}", record_of(etag_of(product), product)))
    sequence = 0
    for start in range(0, count, 1000):
        sequence, _ = await records.write(writes[start : start + 1000])
    await parts.directory.products.caught_up(sequence, timeout_s=600)


async def fill_shelves(parts: Parts, stores: int, products: int) -> None:
    """Write a level of each product at each store, as a feed leaves them."""
    rng = np.random.default_rng(SEED)
    now_s = int(time.time())
    source = SOURCE.pack(1, (1).to_bytes(6, "little"))
    skus = [f"sku-{number}" for number in range(products)]
    packed = [HEADER.pack(units, 0, 0, now_s, 1, 0, 0, 1) + source for units in range(100)]
    plenty = HEADER.pack(PLENTY, 0, 0, now_s, 1, 0, 0, 1) + source
    for number in range(stores):
        units = rng.integers(2, 100, products) * (rng.random(products) < ON_SHELF)
        levels = dict(zip(skus, (packed[u] for u in units.tolist()), strict=True))
        if f"b-{number}" == HOLDS_AT:
            levels.update(dict.fromkeys(BASKET, plenty))
        keys = StoreKeys.of(f"b-{number}")
        await parts.client.hset(keys.levels, mapping=levels)
        await parts.client.hset(keys.sources, "bench", 1)


if __name__ == "__main__":
    main()
