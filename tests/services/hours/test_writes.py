"""Hours as they are changed, and closures as they come and go."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from tests.services.hours.shops import (
    GROCERY,
    HOURS,
    NAME,
    date,
    give,
    local,
    put,
    shop,
    state,
    timestamp,
)

OPEN, CLOSED = hours_pb2.STATE_OPEN, hours_pb2.STATE_CLOSED
MONDAY = "2026-11-30"


@pytest.fixture
async def grocery(stores, hours) -> Any:
    """A client of the hours service, in which there is a grocery."""
    await put(stores, shop("grocery", GROCERY, address={"region_code": "FR"}))
    return hours


async def get(hours) -> Any:
    return await hours.GetStoreHours(hours_pb2.GetStoreHoursRequest(name=HOURS))


async def update(hours, change: hours_pb2.StoreHours, *paths: str, **fields: object):
    return await hours.UpdateStoreHours(
        hours_pb2.UpdateStoreHoursRequest(
            store_hours=change, update_mask=FieldMask(paths=paths), **fields
        )
    )


async def test_an_update_changes_the_fields_of_its_mask_alone(grocery):
    await give(grocery, NAME, exceptions=[{"first_date": date(MONDAY)}])
    change = hours_pb2.StoreHours(name=HOURS, expression="24/7")

    answer = await update(grocery, change, "expression")

    assert ("24/7", 1) == (answer.expression, len(answer.exceptions))
    assert answer == await get(grocery)
    answer = await update(grocery, change, "*")
    assert ("24/7", 0) == (answer.expression, len(answer.exceptions))


async def test_the_first_change_and_each_later_one_change_the_etag(grocery):
    before = await get(grocery)
    first = await give(grocery, NAME, expression="24/7", etag=before.etag)
    same = await give(grocery, NAME, expression="24/7")
    second = await give(grocery, NAME, expression="off", etag=first.etag)

    assert 3 == len({before.etag, first.etag, second.etag})
    assert (first.etag, first.update_time) == (same.etag, same.update_time)
    assert not before.HasField("update_time")


@pytest.mark.parametrize("is_first", [True, False])
async def test_an_old_etag_is_aborted_and_changes_nothing(grocery, is_first):
    if not is_first:
        await give(grocery, NAME, expression="off")
    old = (await get(grocery)).etag
    kept = await give(grocery, NAME, expression="24/7")

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await give(grocery, NAME, expression="Mo 10:00-12:00", etag=old)

    assert grpc.StatusCode.ABORTED == failure.value.code()
    assert kept.expression == (await get(grocery)).expression


async def test_validate_only_answers_with_warnings_and_changes_nothing(grocery):
    change = hours_pb2.StoreHours(
        name=HOURS, expression="Mo-Su 08:00-08:00; SH off", holidays={"region_code": "US"}
    )

    answer = await update(grocery, change, validate_only=True)

    found = {warning.field: warning for warning in answer.warnings}
    assert {"expression", "holidays.school_zone"} == set(found)
    assert (0, "00:00-24:00") == (found["expression"].position, found["expression"].suggestion)
    assert "Mo-Su 08:00-08:00; SH off" == answer.expression
    assert GROCERY == (await get(grocery)).expression
    assert [] == list((await get(grocery)).warnings)


async def test_output_fields_of_an_update_are_not_taken(grocery):
    change = hours_pb2.StoreHours(
        name=HOURS,
        time_zone="America/New_York",
        source=hours_pb2.HOURS_SOURCE_EDITED,
        closures=[hours_pb2.Closure(start_date=date(MONDAY))],
    )
    answer = await update(grocery, change)
    assert ("Europe/Paris", hours_pb2.HOURS_SOURCE_IMPORT, 0) == (
        answer.time_zone,
        answer.source,
        len(answer.closures),
    )


async def close(hours, closure: hours_pb2.Closure, **fields: object) -> Any:
    request = hours_pb2.CreateClosureRequest(parent=NAME, closure=closure, **fields)
    return await hours.CreateClosure(request)


async def test_a_closure_closes_until_it_is_canceled(grocery):
    works = await close(grocery, hours_pb2.Closure(start_date=date(MONDAY), reason="travaux"))
    now = await state(grocery, f"{MONDAY} 10:00", language_code="fr")
    assert (CLOSED, "travaux", "Fermé (travaux)") == (now.state, now.rule.display_name, now.words)
    assert not now.HasField("next_open_time")
    assert [works] == list((await get(grocery)).closures)

    request = hours_pb2.CancelClosureRequest(name=works.name)
    assert works == await grocery.CancelClosure(request)
    assert OPEN == (await state(grocery, f"{MONDAY} 10:00")).state
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await grocery.CancelClosure(request)
    assert grpc.StatusCode.NOT_FOUND == failure.value.code()


async def test_a_closure_expires_before_its_end(grocery):
    closure = hours_pb2.Closure(
        start_date=date("2026-11-27"),
        end_date=date("2026-12-04"),
        expire_time=timestamp(local(f"{MONDAY} 10:30")),
    )
    await close(grocery, closure)
    states = [(await state(grocery, f"{MONDAY} {time}")).state for time in ("10:29", "10:30")]
    assert [CLOSED, OPEN] == states


async def test_a_retry_does_not_close_twice_and_another_body_is_refused(grocery):
    day = date("2099-01-05")  # one that has passed would go with the next change
    closure = hours_pb2.Closure(start_date=day, end_date=day)
    for key in ({"request_id": "a"}, {"closure_id": "works"}):
        first = await close(grocery, closure, **key)
        assert first == await close(grocery, closure, **key)
        other = hours_pb2.Closure(start_date=date("2026-12-01"))
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await close(grocery, other, **key)
        assert grpc.StatusCode.ALREADY_EXISTS == failure.value.code()
    assert 2 == len((await get(grocery)).closures)
    assert f"{NAME}/closures/works" == first.name


async def test_changes_at_the_same_time_do_not_undo_each_other(grocery):
    closures = [hours_pb2.Closure(start_date=date(f"2026-12-0{day}")) for day in range(1, 5)]
    await asyncio.gather(*(close(grocery, closure) for closure in closures))
    kept = (await get(grocery)).closures
    assert [1, 2, 3, 4] == sorted(closure.start_date.day for closure in kept)


async def test_a_closure_that_is_only_validated_is_not_there(grocery):
    await close(grocery, hours_pb2.Closure(start_date=date(MONDAY)), validate_only=True)
    assert [] == list((await get(grocery)).closures)


async def test_a_store_has_a_hundred_closures_at_most_and_old_ones_go(grocery):
    await close(
        grocery, hours_pb2.Closure(start_date=date("2020-01-01"), end_date=date("2020-01-02"))
    )
    for number in range(100):
        closure = hours_pb2.Closure(start_date=date("2099-01-01"), reason=str(number))
        await close(grocery, closure)
    assert 100 == len((await get(grocery)).closures)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await close(grocery, hours_pb2.Closure(start_date=date(MONDAY)))
    assert grpc.StatusCode.FAILED_PRECONDITION == failure.value.code()


async def test_a_private_or_missing_store_has_no_hours(stores, hours):
    await put(stores, shop("grocery", GROCERY, private=True))
    for name in (NAME, "stores/t-none"):
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await hours.GetStoreHours(hours_pb2.GetStoreHoursRequest(name=f"{name}/hours"))
        assert grpc.StatusCode.NOT_FOUND == failure.value.code()
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await give(hours, name, expression="24/7")
        assert grpc.StatusCode.NOT_FOUND == failure.value.code()


async def test_hours_of_a_deleted_store_are_gone_with_it(stores, grocery):
    await stores.DeleteStore(stores_pb2.DeleteStoreRequest(name=NAME))
    batch = await grocery.BatchCheckOpenStates(hours_pb2.BatchCheckOpenStatesRequest(names=[HOURS]))
    assert ([], [HOURS]) == (list(batch.open_states), list(batch.not_found))


async def test_a_read_mask_selects(grocery):
    request = hours_pb2.GetStoreHoursRequest(name=HOURS, read_mask=FieldMask(paths=["expression"]))
    assert hours_pb2.StoreHours(expression=GROCERY) == await grocery.GetStoreHours(request)
