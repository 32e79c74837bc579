"""Loads the sample into the database, before anything is served."""

import asyncio
import time

import grpc
import structlog
from rich.progress import Progress

from geodata import importers
from geodata.samples import HELSINKI_STORES
from services import app
from services.chassis.database.failures import FAILURES
from services.cli import demo_aisle, demo_stock
from services.cli.uploads import upload
from services.directory.parts import Parts

SOURCE = "osm"
BEGUN = "{sample}:begun"
"""Kept while the sample is loaded, so that the next start finishes what was interrupted."""
ALL, STOCK_ALONE = b"1", b"stock"
"""Its values."""
CONFIRMED = "{sample}:confirmed"
"""Time of the last load or confirmation of the levels, in seconds since 1970."""
CONFIRMED_FOR_S = 3600
"""A later start confirms levels that were confirmed longer ago; they read UNKNOWN after a day."""


log = structlog.get_logger()


async def load(parts: Parts) -> None:
    """Load the stores, unless the database has some, and made-up stock and a plan for them, once.

    A later start only confirms the levels that were loaded: what was sold, changed or deleted stays
    so. A start without the database loads nothing.
    """
    try:
        begun, confirmed = await parts.client.mget(BEGUN, CONFIRMED)
    except FAILURES:
        log.warning("the sample is not looked at: the database cannot be reached")
        return
    stores, products = parts.directory.stores, parts.directory.products
    with_stores = not stores.size or begun == ALL
    with_stock = with_stores or not products.size or begun is not None
    now_s = int(time.time())
    is_confirmed = confirmed is not None and 0 <= now_s - int(confirmed) < CONFIRMED_FOR_S
    if is_confirmed and not with_stock:
        return
    if with_stock:
        await parts.client.set(BEGUN, ALL if with_stores else STOCK_ALONE)
    found = await asyncio.to_thread(importers.read, HELSINKI_STORES, "auto", source=SOURCE)
    async with app.served_alone(parts) as address:
        with grpc.insecure_channel(address) as channel:
            if with_stores:
                await asyncio.to_thread(upload, channel, found, Progress(disable=True))
            held = [store for store in found.stores if stores.replica.record(store.id) is not None]
            if with_stock:
                await asyncio.to_thread(demo_stock.load, channel, held)
            else:
                skus = {sku for sku, _ in products.replica.records()}
                await asyncio.to_thread(demo_stock.confirm, channel, held, skus)
            await asyncio.to_thread(demo_aisle.load, channel)
    await parts.client.set(CONFIRMED, now_s)
    await parts.client.delete(BEGUN)
