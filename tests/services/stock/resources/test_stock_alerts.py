"""Alerts: each fires once when stock comes, and no more fire than there are units."""

from typing import Any

import grpc
import pytest

from enrayon.stock.v1 import stock_pb2
from services.stock import worker
from services.stock.state.alerts import Alerts
from tests.support.refusals import refusal
from tests.support.stock import FORUM, MILK, STOCKMANN, state


@pytest.fixture
def fire(database: Any) -> Any:
    """One turn of the worker."""

    async def turn() -> None:
        await worker.fire(Alerts(database))

    return turn


async def alert(stock: Any, request_id: str = "", **options: object) -> Any:
    wanted = stock_pb2.StockAlert(products=[MILK], **options)
    return await stock.CreateStockAlert(
        stock_pb2.CreateStockAlertRequest(stock_alert=wanted, request_id=request_id)
    )


async def fired(stock: Any, made: list[Any]) -> list[str]:
    found = []
    for one in made:
        seen = await stock.GetStockAlert(stock_pb2.GetStockAlertRequest(name=one.name))
        if seen.HasField("fire_time"):
            found.append(seen.name)
    return found


async def test_an_alert_fires_once_when_the_stock_comes(stock, fire):
    watch = stock.WatchStockAlerts(stock_pb2.WatchStockAlertsRequest())
    await watch.read()
    made = await alert(stock, store=STOCKMANN)
    await fire()
    assert [] == await fired(stock, [made])

    await state(stock, STOCKMANN, milk=2)
    await fire()
    await state(stock, STOCKMANN, 2, milk=9)
    await fire()

    delivery = await watch.read()
    assert (made.name, MILK, STOCKMANN, 2) == (
        delivery.stock_alert,
        delivery.product,
        delivery.store,
        delivery.available,
    )
    resumed = stock.WatchStockAlerts(
        stock_pb2.WatchStockAlertsRequest(resume_token=delivery.resume_token)
    )
    await resumed.read()
    second = await alert(stock, store=STOCKMANN)
    await fire()
    assert second.name == (await resumed.read()).stock_alert  # and not the first one again
    watch.cancel()
    resumed.cancel()


async def test_as_many_alerts_fire_as_there_are_units_the_oldest_first(stock, fire):
    made = [await alert(stock, store=STOCKMANN, min_quantity=1) for _ in range(5)]
    await fire()

    await state(stock, STOCKMANN, milk=2)
    await fire()
    await fire()

    assert [one.name for one in made[:2]] == await fired(stock, made)


async def test_an_alert_around_a_place_keeps_no_position_and_fires_for_one_store(
    stock, fire, database
):
    origin = {"point": {"latitude": 60.16901, "longitude": 24.93101}}
    made = await alert(stock, area={"origin": origin, "radius_m": 2000})

    await state(stock, FORUM, milk=1)
    await state(stock, STOCKMANN, milk=1)
    await fire()

    watch = stock.WatchStockAlerts(stock_pb2.WatchStockAlertsRequest(resume_token="MC0w"))
    await watch.read()
    assert made.name == (await watch.read()).stock_alert
    watch.cancel()
    assert 3 == made.store_count
    assert "area" not in [field.name for field, _ in made.ListFields()]
    for key in await database.keys("{a:*"):
        if await database.type(key) == b"hash":
            assert b"24.93101" not in b"".join(await database.hvals(key))


async def test_a_deleted_alert_leaves_its_units_to_the_next(stock, fire):
    first, second = await alert(stock, store=STOCKMANN), await alert(stock, store=STOCKMANN)
    await stock.DeleteStockAlert(stock_pb2.DeleteStockAlertRequest(name=first.name))

    await state(stock, STOCKMANN, milk=1)
    await fire()
    await fire()

    assert [second.name] == await fired(stock, [second])
    _, reason, _ = await refusal(
        stock.GetStockAlert(stock_pb2.GetStockAlertRequest(name=first.name))
    )
    assert "ALERT_NOT_FOUND" == reason


async def test_a_worker_that_died_between_match_and_claim_leaves_the_claim_to_the_next(
    stock, fire, database
):
    made = await alert(stock, store=STOCKMANN)
    await state(stock, STOCKMANN, milk=1)
    assert 1 == await Alerts(database).match("t-stockmann", "milk")  # and dies

    await fire()
    await fire()

    assert [made.name] == await fired(stock, [made])


async def test_a_retry_makes_one_alert(stock):
    first = await alert(stock, "key", store=STOCKMANN)
    second = await alert(stock, "key", store=STOCKMANN)

    assert first.name == second.name


async def test_a_request_id_that_is_used_again_makes_no_wish(stock, database):
    made = await alert(stock, "key", store=STOCKMANN)
    for other in ({"store": FORUM}, {"store": STOCKMANN, "min_quantity": 2}):
        code, reason, _ = await refusal(alert(stock, "key", **other))
        assert (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED") == (code, reason)
    await stock.DeleteStockAlert(stock_pb2.DeleteStockAlertRequest(name=made.name))
    assert [] == [key async for key in database.scan_iter("*:wishes:*")]


async def test_alerts_are_listed_page_by_page_and_old_ones_are_deleted(stock, database):
    made = {(await alert(stock, store=STOCKMANN)).name for _ in range(5)}
    request = stock_pb2.ListStockAlertsRequest(page_size=3)
    first = await stock.ListStockAlerts(request)
    request.page_token = first.next_page_token
    second = await stock.ListStockAlerts(request)

    forgotten = await Alerts(database).forget(2**62)

    assert made == {found.name for page in (first, second) for found in page.stock_alerts}
    assert (3, 2, "") == (len(first.stock_alerts), len(second.stock_alerts), second.next_page_token)
    assert 5 == forgotten
    assert not (await stock.ListStockAlerts(stock_pb2.ListStockAlertsRequest())).stock_alerts


async def test_a_smaller_safety_stock_fires_an_alert_too(stock, fire):
    def snapshot(sequence: int, safety_stock: int) -> stock_pb2.SetStockLevelsRequest:
        level = stock_pb2.StockLevelInput(product=MILK, on_hand=5, safety_stock=safety_stock)
        return stock_pb2.SetStockLevelsRequest(
            store=STOCKMANN, source="erp", sequence=sequence, levels=[level]
        )

    await stock.SetStockLevels(iter([snapshot(1, safety_stock=5)]))
    made = await alert(stock, store=STOCKMANN)
    await fire()
    assert [] == await fired(stock, [made])

    await stock.SetStockLevels(iter([snapshot(2, safety_stock=0)]))
    await fire()

    assert [made.name] == await fired(stock, [made])
