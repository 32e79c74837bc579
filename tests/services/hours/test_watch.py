"""Changes of hours, closures and events as watchers see them."""

from typing import Any

import grpc
import pytest

from enrayon.hours.v1 import hours_pb2
from tests.services.hours.shops import GROCERY, NAME, announce, date, give, put, shop

Response = hours_pb2.WatchHoursResponse
HOURS_CHANGED = Response.CHANGE_TYPE_HOURS_CHANGED
CLOSURE_CREATED = Response.CHANGE_TYPE_CLOSURE_CREATED
CLOSURE_CANCELED = Response.CHANGE_TYPE_CLOSURE_CANCELED
EVENT_CREATED = Response.CHANGE_TYPE_EVENT_CREATED
EVENT_DELETED = Response.CHANGE_TYPE_EVENT_DELETED
SALE = ("grocery", "Sale", "2026-12-01 09:00", "2026-12-24 20:00")


async def close(hours) -> Any:
    closure = hours_pb2.Closure(start_date=date("2026-11-30"))
    return await hours.CreateClosure(hours_pb2.CreateClosureRequest(parent=NAME, closure=closure))


async def cancel(hours, closure: hours_pb2.Closure) -> None:
    await hours.CancelClosure(hours_pb2.CancelClosureRequest(name=closure.name))


async def test_a_watcher_sees_each_kind_of_change_once(stores, hours):
    await put(stores, shop("grocery", GROCERY))
    watch = hours.WatchHours(hours_pb2.WatchHoursRequest())
    start = await watch.read()
    assert (0, "") == (start.change_type, start.store)

    given = await give(hours, NAME, expression="24/7")
    closure = await close(hours)
    await cancel(hours, closure)
    sale = await announce(hours, *SALE)
    await hours.DeleteStoreEvent(hours_pb2.DeleteStoreEventRequest(name=sale.name))

    changed, created, canceled, announced, deleted = [await watch.read() for _ in range(5)]
    watch.cancel()
    assert (HOURS_CHANGED, ["expression"]) == (
        changed.change_type,
        list(changed.changed_fields.paths),
    )
    assert given.expression == changed.store_hours.expression
    assert given.time_zone == changed.store_hours.time_zone
    assert (CLOSURE_CREATED, closure) == (created.change_type, created.closure)
    assert (CLOSURE_CANCELED, closure) == (canceled.change_type, canceled.closure)
    assert (EVENT_CREATED, sale) == (announced.change_type, announced.store_event)
    assert (EVENT_DELETED, sale.name) == (deleted.change_type, deleted.store_event.name)
    assert {NAME} == {each.store for each in (changed, created, canceled, announced, deleted)}


async def test_a_watcher_resumes_where_it_stopped(stores, hours):
    await put(stores, shop("grocery", GROCERY))
    first = hours.WatchHours(hours_pb2.WatchHoursRequest())
    await first.read()
    await give(hours, NAME, expression="24/7")
    token = (await first.read()).resume_token
    first.cancel()
    await announce(hours, *SALE)
    await give(hours, NAME, expression="off")

    second = hours.WatchHours(hours_pb2.WatchHoursRequest(resume_token=token))
    await second.read()
    announced, changed = await second.read(), await second.read()
    second.cancel()
    assert ("Sale", "off") == (announced.store_event.title, changed.store_hours.expression)
    assert [] == list(changed.changed_fields.paths), "not known any more"


async def test_a_watcher_of_some_stores_sees_no_others(stores, hours):
    await put(stores, shop("grocery", GROCERY), shop("other", GROCERY))
    watch = hours.WatchHours(hours_pb2.WatchHoursRequest(stores=[NAME]))
    await watch.read()
    await give(hours, "stores/t-other", expression="24/7")
    await announce(hours, "other", *SALE[1:])
    await give(hours, NAME, expression="off")
    assert (NAME, "off") == ((seen := await watch.read()).store, seen.store_hours.expression)
    watch.cancel()


async def test_a_token_beyond_what_is_kept_is_out_of_range(stores, hours, database):
    await put(stores, shop("grocery", GROCERY))
    watch = hours.WatchHours(hours_pb2.WatchHoursRequest())
    old = (await watch.read()).resume_token
    watch.cancel()
    for text in ("24/7", "off", "Mo 10:00-12:00"):
        await give(hours, NAME, expression=text)
    await database.xtrim("{hours}:changes", maxlen=1, approximate=False)

    late = hours.WatchHours(hours_pb2.WatchHoursRequest(resume_token=old))
    await late.read()
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await late.read()
    assert grpc.StatusCode.OUT_OF_RANGE == failure.value.code()
