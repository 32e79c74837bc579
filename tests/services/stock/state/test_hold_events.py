"""Events of holds: each change tells one, in the same act, and no hold waits for their readers."""

from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.directory.events import LIFETIMES_S
from services.directory.orders import APPROACHING, ARRIVED, ENDED, ERASED, ON_THE_WAY, TripFact
from services.stock import worker
from services.stock.model.partitions import StoreKeys
from services.stock.model.slots import Slot
from services.stock.state.holds import Holds, request_key
from services.stock.state.ledger import Ledger
from services.stock.state.matching import Matching
from tests.support.stock_state import MINUTE, OTHER, STORE, T0, reserved, stated, told, updated

NAME = f"stores/{STORE}/reservations/h1"
TRIP = "stores/t-kamppi/trips/t1"
FULL = 1_000
"""Events that a partition keeps while no worker trims them."""


async def types(database: Any, store: str = STORE) -> list[str]:
    return [event.type.removeprefix("reservation.") for event in await told(database, store)]


async def changed(holds: Holds, action: str, id: str = "h1", **argument: Any) -> str:
    outcome = await holds.transition(STORE, id, action, argument=argument, now_ms=T0)
    return outcome.word


async def arrives(holds: Holds, state: str, trip: str = TRIP, **rest: Any) -> None:
    [hold] = await holds.read(STORE, ["h1"], T0)
    assert hold
    fact = TripFact(NAME, trip, state, **rest)
    assert "done" == (await holds.tell(hold, trip, fact.text, now_ms=T0)).word


async def test_an_event_tells_the_hold_its_owner_its_shopper_and_its_end(levels, holds, database):
    await stated(levels, milk=5)
    await reserved(holds, "h1", shopper="anna", milk=2)

    [event] = await told(database)

    assert ("reservation.confirmed", STORE, NAME, T0) == event[:4]
    assert ("anonymous", "anna", 0, "h1.1") == event[4:8]
    assert {"state": "CONFIRMED", "revision": 1, "expire_ms": T0 + 10 * MINUTE} == event.data


async def test_each_change_of_a_hold_tells_one_event(levels, holds, database):
    await stated(levels, milk=9)
    await reserved(holds, "h1", milk=4)
    await updated(holds, "h1", {"milk": 5})
    for action, argument in (
        ("prepare", {}),
        ("ready", {}),
        ("extend", {"ttl": 20 * MINUTE, "nt": []}),
        ("missing", {"l": {"milk": 1}, "x": "The shop could not find 1 x Milk."}),
        ("collect", {"l": {"milk": 1}}),
        ("collect", {"all": True}),
    ):
        assert "done" == await changed(holds, action, **argument)
    await holds.undo(STORE, "h1", now_ms=T0)
    assert "done" == await changed(holds, "cancel")

    found = await told(database)

    assert [
        "confirmed",
        "updated",
        "preparing",
        "ready",
        "updated",
        "items_missing",
        "updated",
        "collected",
        "undone",
        "canceled",
    ] == await types(database)
    assert ["CHANGED", "EXTENDED", "HANDED_OVER"] == [
        event.data["change"] for event in found if event.type == "reservation.updated"
    ]
    assert "The shop could not find 1 x Milk." == found[5].data["text"]
    assert [f"h1.{number}" for number in range(1, 11)] == [event.id for event in found]
    assert T0 + 20 * MINUTE == found[4].data["expire_ms"]
    assert {event.type for event in found} <= LIFETIMES_S.keys()


async def test_what_changes_nothing_tells_nothing(levels, holds, database):
    await stated(levels, milk=5)
    request = request_key("a", "create", "r1", b"")
    await reserved(holds, "h1", milk=2, request=request)
    await changed(holds, "ready")
    before = await types(database)

    await reserved(holds, "h1", milk=2, request=request)
    await reserved(holds, "h2", milk=9)
    await reserved(holds, "h3", milk=1, validate_only=True)
    assert "same" == await changed(holds, "ready")
    assert "exceeds" == await changed(holds, "collect", l={"milk": 3})
    assert "done" == await changed(holds, "code", cd="CODE")
    assert "done" == await changed(holds, "depart", to=f"stores/{OTHER}/reservations/h9")
    await updated(holds, "h1", {"milk": 99})
    await holds.sweep(STORE, 10, now_ms=T0)

    assert ["confirmed", "ready"] == before == await types(database)


async def test_a_hold_of_which_all_is_missing_is_canceled_and_told_why(levels, holds, database):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)
    await changed(holds, "missing", l={"milk": 2}, x="The shop could not find 2 x Milk.")

    canceled = (await told(database))[-1]

    assert ("reservation.canceled", "ITEMS_MISSING") == (canceled.type, canceled.data["reason"])


async def test_a_transfer_tells_one_event_at_each_store(levels, holds, database):
    await stated(levels, milk=5)
    await stated(levels, OTHER, milk=5)
    await reserved(holds, "h1", milk=2)
    there = f"stores/{OTHER}/reservations/h2"
    await changed(holds, "depart", to=there)
    await reserved(holds, "h2", store=OTHER, milk=2)
    await changed(holds, "moved", to=there)

    moved = (await told(database))[-1]

    assert ["confirmed", "transferred"] == await types(database)
    assert there == moved.data["transferred_to"]
    assert ["confirmed"] == await types(database, OTHER)


@pytest.mark.parametrize("by", ["sweeper", "another hold"])
async def test_a_hold_expires_once_whoever_ends_it(levels, holds, database, by):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)
    later = T0 + 10 * MINUTE
    if by == "sweeper":
        await holds.sweep(STORE, 10, now_ms=later)
    else:
        await reserved(holds, "h2", milk=1, now_ms=later)
    await holds.sweep(STORE, 10, now_ms=later)

    of_hold = [event for event in await told(database) if event.subject == NAME]
    assert ["confirmed", "expired"] == [event.type.split(".")[1] for event in of_hold]
    assert later == of_hold[1].at_ms


async def test_goods_that_are_ready_are_told_until_the_hold_ends(levels, holds, database):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)
    await changed(holds, "ready")
    await arrives(holds, ARRIVED, arrive_ms=T0)

    _, ready, arrival = await told(database)

    assert T0 + 10 * MINUTE == ready.expire_ms == arrival.expire_ms


async def test_a_trip_is_told_as_it_changes_and_without_what_is_the_travellers_own(
    levels, holds, database
):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)
    await arrives(holds, ON_THE_WAY)
    await arrives(holds, ON_THE_WAY)
    await arrives(holds, APPROACHING)
    await arrives(holds, ARRIVED, arrive_ms=T0, bay="bay 7", vehicle="a red one")
    await arrives(holds, ARRIVED, arrive_ms=T0, bay="bay 8", vehicle="a red one")
    await arrives(holds, ENDED)
    await arrives(holds, ERASED)

    found = [event for event in await told(database) if event.type == "reservation.arrival"]

    assert [ON_THE_WAY, APPROACHING, ARRIVED, ENDED] == [event.data["arrival"] for event in found]
    raw = repr(await database.xrange(StoreKeys.of(STORE).events))
    assert not [word for word in ("bay 7", "bay 8", "a red one", "trips/t1") if word in raw]


async def test_notices_are_told_as_they_come_and_go(levels, holds, database):
    await stated(levels, milk=5)
    slot = Slot(2, 1_700_000_000, 1_700_003_600)
    await reserved(holds, "h1", milk=2, slot=slot, capacity=1)
    for kinds in ([1], [1], []):
        await changed(holds, "notify", kinds=kinds, of=[1, 2], sl=list(slot))

    first, last = (event for event in await told(database) if event.type == "reservation.notice")

    assert ["STORE_CLOSED"] == first.data["notices"]
    assert "notices" not in last.data


async def test_no_hold_is_refused_for_want_of_room_for_its_event(levels, database):
    holds = Holds(database, most_events=FULL)
    await stated(levels, milk=5)
    keys = StoreKeys.of(STORE)
    pipeline = database.pipeline(transaction=False)
    for number in range(1, FULL + 1):
        pipeline.xadd(keys.events, {"j": "{}"}, id=f"{number}-0")
    await pipeline.execute()
    at = {"behind": "99-0", "at the last one": "100-0", "ahead": f"{FULL}-0", "over": "-"}
    await database.hset(keys.cursors, mapping=at)

    assert "new" == (await reserved(holds, "h1", milk=2)).word
    assert "done" == await changed(holds, "ready")

    assert FULL + 2 - 100 == await database.xlen(keys.events)
    await worker.trim(Matching(database), Ledger(database))
    assert 100 == REGISTRY.get_sample_value("enrayon_stock_events_dropped")
    expected = at | {"behind": "-"}
    found = await database.hgetall(keys.cursors)
    assert expected == {name.decode(): id.decode() for name, id in found.items()}
