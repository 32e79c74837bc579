"""Rows 2, 9 and 34: absurd baskets, a server that dies, a client that stops waiting."""

import asyncio
from typing import Any

import grpc
import pytest

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from tests.backends import backend
from tests.faults.remote import SOON
from tests.faults.served import Served
from tests.support.refusals import refusal
from tests.support.stock import MILK, PRODUCTS, STOCKMANN, available, basket, hold, state
from tests.support.stores import SHOPS, upsert


async def test_row_2_a_basket_with_a_product_twice_is_summed_and_absurd_units_are_refused(
    stock, figure
):
    await state(stock, STOCKMANN, milk=10)
    twice = stock_pb2.CreateReservationRequest(
        parent=STOCKMANN, items=[*basket(milk=2), *basket(milk=3)]
    )
    held = await stock.CreateReservation(twice)
    two_to_the_31 = stock_pb2.BasketItem.FromString(
        b"\x0a\x0dproducts/milk\x10\x80\x80\x80\x80\x08"
    )
    refused = {}
    for name, item in (
        ("0", basket(milk=0)[0]),
        ("-1", basket(milk=-1)[0]),
        ("2^31", two_to_the_31),
    ):
        request = stock_pb2.CreateReservationRequest(parent=STOCKMANN, items=[item])
        refused[name] = await refusal(stock.CreateReservation(request))

    codes = {name: code.name for name, (code, _, _) in refused.items()}
    left = await available(stock, STOCKMANN)
    figure(2, f"2 and 3 of one product hold {held.items[0].held_quantity}; {codes}; left {left}")
    assert [(MILK, 5)] == [(item.product, item.held_quantity) for item in held.items]
    assert {("INVALID_ARGUMENT", "items[0].quantity")} == {
        (code.name, fields[0]) for code, _, fields in refused.values()
    }
    assert 5 == left


async def test_row_34_a_deadline_during_a_commit_holds_once_or_not_at_all(stock, figure):
    await state(stock, STOCKMANN, milk=1000)
    cut = 0
    for n in range(60):
        request = stock_pb2.CreateReservationRequest(
            parent=STOCKMANN, items=basket(milk=1), request_id=f"r{n}"
        )
        call = stock.CreateReservation(request)
        await asyncio.sleep(n % 6 * 0.0003)  # deadlines are kept to a millisecond, too coarse here
        call.cancel()
        cut += await call.code() is grpc.StatusCode.CANCELLED
        await hold(stock, STOCKMANN, f"r{n}", milk=1)

    figure(34, f"deadlines: {cut} of 60 cut short, each held once after a retry")
    assert 940 == await available(stock, STOCKMANN)
    assert 0 < cut


async def test_row_9_a_server_killed_mid_call_holds_once_after_a_retry(tmp_path, figure):
    with (
        backend(tmp_path / "database") as url,
        Served(tmp_path / "server", url) as server,
    ):
        async with grpc.aio.insecure_channel(server.address, options=SOON) as channel:
            await channel.channel_ready()
            await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
            stock = stock_pb2_grpc.StockServiceStub(channel)
            await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
            await state(stock, STOCKMANN, milk=1000)
            made = asyncio.Semaphore(0)
            running = [asyncio.create_task(holder(stock, n, made)) for n in range(4)]
            for count in (20, 60):
                for _ in range(count):
                    await made.acquire()
                server.kill()
                server.start()
            retried = await asyncio.gather(*running)
            left = await available(stock, STOCKMANN)
            drift = (await stock.ReconcileStock(stock_pb2.ReconcileStockRequest())).drift_count

    figure(9, f"server killed twice: 160 holds, {sum(retried)} retries, drift {drift}")
    assert (840, 0) == (left, drift)
    assert 0 < sum(retried)


async def holder(stock: Any, number: int, made: asyncio.Semaphore) -> int:
    """Makes forty holds, each with one key until it is there; answers the number of retries."""
    retries = 0
    for n in range(40):
        for _ in range(6000):
            try:
                await hold(stock, STOCKMANN, f"{number}-{n}", milk=1)
                break
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                retries += 1
                await asyncio.sleep(0.02)
        else:
            pytest.fail("the server did not come back")
        made.release()
    return retries
