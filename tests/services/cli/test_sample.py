"""The sample is loaded whole, once, and again when that was interrupted."""

import struct
import time

import grpc
import pytest

from enrayon.stores.v1 import stores_pb2
from geodata.samples import SUPERMARKET
from services import app
from services.cli import demo_stock, sample
from services.directory.keys import PRODUCTS, STORES
from services.directory.records import Records, Write, etag_of, record_of
from services.stock.model.levels import decoded
from services.stock.model.partitions import StoreKeys
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels

AS_OF = 10
"""Where a packed level has its time."""
OWN = stores_pb2.Store(name="stores/own", display_name="Own")


@pytest.fixture(autouse=True)
def allow_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database of the tests does not sync."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")


def ids_of(feed) -> list[str]:
    return [id for id, _ in feed.replica.records()]


async def delete(parts, kind: str, ids: list[str]) -> None:
    gone, _ = await Records(parts.client, kind).write([Write(id, b"") for id in ids])
    assert await getattr(parts.directory, kind).caught_up(gone)


async def test_what_was_deleted_stays_so_and_what_was_interrupted_is_finished(parts):
    await sample.load(parts)
    whole = parts.directory.stores.size
    assert whole > 500
    assert not await parts.client.exists(sample.BEGUN)

    await delete(parts, STORES, ids_of(parts.directory.stores)[10:])
    await sample.load(parts)
    assert 10 == parts.directory.stores.size

    await parts.client.set(sample.BEGUN, 1)  # as an interrupted load leaves it
    await sample.load(parts)
    assert whole == parts.directory.stores.size
    assert not await parts.client.exists(sample.BEGUN)


async def test_a_database_with_stores_of_its_own_gets_none(parts):
    record = Write("own", record_of(etag_of(OWN), OWN))
    written, _ = await Records(parts.client, STORES).write([record])
    assert await parts.directory.stores.caught_up(written)
    await sample.load(parts)
    assert 1 == parts.directory.stores.size


async def test_a_product_that_was_deleted_stays_so(parts):
    await sample.load(parts)
    products = parts.directory.products
    count = products.size
    await delete(parts, PRODUCTS, ids_of(products)[:1])
    await sample.load(parts)
    assert count - 1 == products.size


async def test_stock_that_was_interrupted_is_loaded_for_the_stores_that_are_kept(
    parts, monkeypatch
):
    await sample.load(parts)
    keys = [key async for key in parts.client.scan_iter("{s*}:levels:*")]
    levels = sum([await parts.client.hlen(key) for key in keys])
    await parts.client.delete(*keys)
    stocked = {key.decode().rpartition(":")[2] for key in keys}
    await delete(parts, STORES, [id for id in ids_of(parts.directory.stores) if id not in stocked])
    await delete(parts, PRODUCTS, ids_of(parts.directory.products))

    with monkeypatch.context() as patched:  # products are sent, then levels
        patched.setattr(demo_stock, "stock_of", interrupt)
        with pytest.raises(grpc.RpcError):
            await sample.load(parts)
    await sample.load(parts)
    assert levels == sum([await parts.client.hlen(key) for key in keys])
    assert len(stocked) == parts.directory.stores.size
    raws = [raw for key in keys for raw in await parts.client.hvals(key)]
    assert any(decoded(raw).on_hand for raw in raws)


def interrupt(*_: object) -> None:
    raise RuntimeError("interrupted")


async def test_what_was_sold_stays_sold_and_is_known_the_day_after(parts, monkeypatch):
    await sample.load(parts)
    key = StoreKeys.of(SUPERMARKET).levels
    sku, raw = min((await parts.client.hgetall(key)).items())
    loaded = decoded(raw)
    await Levels(parts.client).adjust(SUPERMARKET, "till", 1, loaded.as_of_s, {sku.decode(): -3})
    sold = decoded(await parts.client.hget(key, sku))
    assert loaded.on_hand - 3 == sold.on_hand
    yesterday_s = loaded.as_of_s - 2 * 86_400
    stale = await parts.client.hget(key, sku)
    stale = stale[:AS_OF] + struct.pack("<I", yesterday_s) + stale[AS_OF + 4 :]
    assert yesterday_s == decoded(stale).as_of_s
    await parts.client.hset(key, sku, stale)

    monkeypatch.setattr(time, "time", lambda: loaded.as_of_s + 10)  # a later start
    await sample.load(parts)
    assert stale == await parts.client.hget(key, sku), "the levels were loaded just now"
    await parts.client.set(sample.CONFIRMED, loaded.as_of_s + 10 - sample.CONFIRMED_FOR_S)
    await sample.load(parts)
    found = decoded(await parts.client.hget(key, sku))
    assert sold.on_hand == found.on_hand
    assert loaded.as_of_s <= found.as_of_s
    assert [] == (await Ledger(parts.client).reconcile()).drifts


async def test_services_of_a_process_alone_listen_on_no_port(parts):
    async with app.served_alone(parts) as address:
        assert address.startswith("unix:")
