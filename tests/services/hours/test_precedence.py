"""What decides, and what the store and the hours service each say of it."""

import datetime as dt
from typing import Any

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from tests.services.hours.shops import (
    GROCERY,
    HOURS,
    NAME,
    date,
    give,
    instant,
    local,
    put,
    shop,
    state,
    timestamp,
)

OPEN, CLOSED, UNKNOWN = hours_pb2.STATE_OPEN, hours_pb2.STATE_CLOSED, hours_pb2.STATE_UNKNOWN
IMPORT, EDITED = hours_pb2.HOURS_SOURCE_IMPORT, hours_pb2.HOURS_SOURCE_EDITED
FRANCE = {"region_code": "FR"}
NOEL = "2026-12-25 11:00"


async def get(hours) -> Any:
    return await hours.GetStoreHours(hours_pb2.GetStoreHoursRequest(name=HOURS))


async def test_regular_hours_give_way_to_holidays_these_to_exceptions_and_so_on(stores, hours):
    await put(stores, shop("grocery", "Mo-Su 09:00-18:00", address=FRANCE))
    assert [OPEN, hours_pb2.RULE_KIND_REGULAR] == await decided(hours)

    await give(hours, NAME, holidays={"region_code": "FR", "on_public_holiday": "off"})
    assert [CLOSED, hours_pb2.RULE_KIND_HOLIDAY] == await decided(hours)

    exception = {
        "first_date": date("2026-12-25"),
        "hours": [{"opens": "10:00", "closes": "12:00"}],
        "label": "Marché",
    }
    await give(hours, NAME, exceptions=[exception])
    assert [OPEN, hours_pb2.RULE_KIND_EXCEPTION] == await decided(hours)

    closure = hours_pb2.Closure(
        start_time=timestamp(local("2026-12-25 10:30")),
        end_time=timestamp(local("2026-12-25 11:30")),
        reason="panne",
    )
    await hours.CreateClosure(hours_pb2.CreateClosureRequest(parent=NAME, closure=closure))
    assert [CLOSED, hours_pb2.RULE_KIND_CLOSURE] == await decided(hours)

    moved = stores_pb2.Store(name=NAME, status=stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED)
    await stores.UpdateStore(stores_pb2.UpdateStoreRequest(store=moved))
    assert [CLOSED, hours_pb2.RULE_KIND_STATUS] == await decided(hours)


async def decided(hours) -> list[int]:
    now = await state(hours, NOEL)
    return [now.state, now.rule.kind]


async def test_an_import_replaces_the_regular_hours_that_came_from_an_import(stores, hours):
    await put(stores, shop("grocery", GROCERY, address=FRANCE))
    await give(hours, NAME, exceptions=[{"first_date": date("2026-11-30"), "label": "Inventaire"}])
    await put(stores, shop("grocery", "Mo-Fr 7h - 21h", address=FRANCE))

    kept = await get(hours)
    assert (IMPORT, "Mo-Fr 07:00-21:00") == (kept.source, kept.expression)
    assert CLOSED == (await state(hours, "2026-11-30 10:00")).state, "the exception stays"
    assert OPEN == (await state(hours, "2026-12-01 07:30")).state


async def test_an_import_does_not_replace_hours_that_were_edited(stores, hours):
    await put(stores, shop("grocery", GROCERY))
    await give(hours, NAME, expression="Mo-Fr 10:00-11:00")
    await put(stores, shop("grocery", "24/7"))

    kept = await get(hours)
    assert (EDITED, "Mo-Fr 10:00-11:00") == (kept.source, kept.expression)
    assert CLOSED == (await state(hours, "2026-11-30 12:00")).state

    cleared = hours_pb2.UpdateStoreHoursRequest(
        store_hours=hours_pb2.StoreHours(name=HOURS), update_mask={"paths": ["expression"]}
    )
    assert (IMPORT, "24/7") == (
        (answer := await hours.UpdateStoreHours(cleared)).source,
        answer.expression,
    )


async def test_hours_sent_back_as_they_were_read_still_follow_the_import(stores, hours):
    await put(stores, shop("grocery", GROCERY, address=FRANCE))
    read = await get(hours)
    read.exceptions.add(first_date=date("2026-11-30"))
    await hours.UpdateStoreHours(hours_pb2.UpdateStoreHoursRequest(store_hours=read))
    await put(stores, shop("grocery", "24/7", address={"region_code": "BE"}))

    kept = await get(hours)
    assert (IMPORT, "24/7", "BE") == (kept.source, kept.expression, kept.holidays.region_code)


async def test_a_store_that_moves_to_another_zone_opens_by_its_clock(stores, hours):
    await put(stores, shop("grocery", GROCERY))
    at = dt.datetime(2026, 11, 30, 8, 30, tzinfo=dt.UTC)
    assert OPEN == (await state(hours, at)).state
    await put(stores, shop("grocery", GROCERY, "America/New_York"))
    now = await state(hours, at)
    assert (CLOSED, "America/New_York", at + dt.timedelta(hours=5.5)) == (
        now.state,
        now.time_zone,
        instant(now.next_open_time),
    )


async def test_text_that_is_not_understood_is_unknown_with_the_reason(stores, hours):
    await put(stores, shop("grocery", "9 to 5 or so"), shop("silent"))
    now, silent = await state(hours, NOEL), await state(hours, NOEL, "stores/t-silent")
    assert (UNKNOWN, True) == (now.state, now.comment.startswith("'9 to 5 or so' is not under"))
    assert (UNKNOWN, "no hours given") == (silent.state, silent.comment)
    assert now.comment == (await get(hours)).unusable_reason


async def test_common_faults_are_mended_where_their_meaning_is_certain(stores, hours):
    texts = {
        "Mo-Sat 0900-1800": "Mo-Sa 09:00-18:00",
        "Mo-Su 00:00-23:59": "Mo-Su 00:00-24:00",
        "24:00-18:00 Mo": 'Mo unknown "12:00-18:00 or 00:00-18:00"',
        "Mo, Tu, We, Th 12:00-20:00": "Mo-Th 12:00-20:00",
        "Mon-Fri 5:00 AM to 9:00 PM": "Mo-Fr 05:00-21:00",
        "lun-ven 9:00 - 12:30 / 14:00 - 17:30": "Mo-Fr 09:00-12:30,14:00-17:30",
    }
    for text, expected in texts.items():
        await put(stores, shop("grocery", text))
        assert expected == (await get(hours)).expression


async def test_a_store_without_a_time_zone_is_unknown(stores, hours):
    nowhere = stores_pb2.Store(name=NAME, display_name="?", opening_hours_text="24/7")
    await put(stores, nowhere)
    now = await state(hours, NOEL)
    assert (UNKNOWN, "no time zone") == (now.state, now.comment)
