"""Loads the sample into the database, before anything serves: `python -m services.cli.sample`."""

import asyncio

import grpc

from geodata import importers
from geodata.samples import HELSINKI_STORES
from services import app
from services.chassis.settings import ChassisSettings
from services.cli import demo_aisle, demo_stock
from services.cli.commands import imports
from services.directory.parts import Parts

SOURCE = "osm"
BEGUN = "{sample}:begun"
"""Kept while the sample is loaded, so that the next start finishes what was interrupted."""
ALL, STOCK_ALONE = b"1", b"stock"
"""Its values."""


def main() -> None:
    """Load it through the services, which this process hosts for itself alone."""
    app.run(ChassisSettings(metrics_port=0), "sample", lambda parts, _: load(parts))


async def load(parts: Parts) -> None:
    """Load the stores, unless the database has some, and made-up stock and a plan for them, once.

    A later start only confirms the levels that were loaded: what was sold, changed or deleted stays
    so.
    """
    stores, products = parts.directory.stores, parts.directory.products
    found = importers.read(HELSINKI_STORES, "auto", source=SOURCE)
    begun = await parts.client.get(BEGUN)
    with_stores = not stores.size or begun == ALL
    with_stock = with_stores or not products.size or begun is not None
    async with app.served_alone(parts) as address:
        with grpc.insecure_channel(address) as channel:
            if with_stock:
                await parts.client.set(BEGUN, ALL if with_stores else STOCK_ALONE)
            if with_stores:
                await asyncio.to_thread(imports.load, channel, found)
            held = [store for store in found.stores if stores.replica.record(store.id) is not None]
            if with_stock:
                await asyncio.to_thread(demo_stock.load, channel, held)
            else:
                skus = {sku for sku, _ in products.replica.records()}
                await asyncio.to_thread(demo_stock.confirm, channel, held, skus)
            await asyncio.to_thread(demo_aisle.load, channel)
    await parts.client.delete(BEGUN)


if __name__ == "__main__":
    main()
