"""Holds in the database: all or nothing, never oversold, counted nowhere once expired."""

import asyncio
import datetime as dt
from typing import Any

import pytest
from redis.asyncio import RedisCluster

from services.stock.model.holds import encoded
from services.stock.model.levels import Future, packed_row
from services.stock.model.partitions import StoreKeys
from services.stock.model.policies import Policy, Sell
from services.stock.model.slots import Slot
from services.stock.state.holds import request_key
from services.stock.state.policies import Policies
from tests.support.stock_state import (
    FRESH,
    MINUTE,
    OTHER,
    STORE,
    T0,
    level,
    reserved,
    stated,
)


async def test_a_hold_takes_its_units_from_what_is_available_and_leaves_them_on_hand(levels, holds):
    await stated(levels, milk=5, bread=2)

    answer = await reserved(holds, "h1", milk=2, bread=1)

    milk = await level(levels, "milk")
    assert ("new", "CONFIRMED") == (answer.word, answer.hold.state)
    assert [("milk", 2, 2), ("bread", 1, 1)] == [item[:3] for item in answer.hold.items]
    assert (5, 2, 3) == (milk.on_hand, milk.reserved, milk.available)


async def test_a_basket_with_one_short_line_holds_nothing(levels, holds):
    await stated(levels, milk=5, bread=2)

    answer = await reserved(holds, "h1", milk=1, bread=3)

    assert ("short", ("bread", 2)) == (answer.word, answer.detail)
    assert 0 == (await level(levels, "milk")).reserved
    assert [None] == await holds.read(STORE, ["h1"])


async def test_a_partial_hold_takes_the_available_units_and_an_empty_one_is_refused(levels, holds):
    await stated(levels, milk=5, bread=2)

    some = await reserved(holds, "h1", partial=True, milk=1, bread=3)
    none = await reserved(holds, "h2", partial=True, bread=1, unheard=1)

    assert [("milk", 1, 1), ("bread", 3, 2)] == [item[:3] for item in some.hold.items]
    assert "short" == none.word


async def test_a_product_without_a_fresh_level_cannot_be_held(levels, holds):
    await stated(levels, milk=5)

    never = await reserved(holds, "h1", bread=1)
    stale = await reserved(holds, "h2", milk=1, now_ms=T0 + FRESH + 1)

    assert [("unknown", ("bread",)), ("unknown", ("milk",))] == [
        (answer.word, answer.detail) for answer in (never, stale)
    ]


@pytest.mark.parametrize(("at_ms", "available"), [(10 * MINUTE - 1, 3), (10 * MINUTE, 5)])
async def test_an_expired_hold_counts_nowhere_without_any_sweeper(levels, holds, at_ms, available):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)

    assert available == (await level(levels, "milk", now_ms=T0 + at_ms)).available
    looked = await reserved(holds, "h2", milk=5, validate_only=True, now_ms=T0 + at_ms)
    answer = await reserved(holds, "h2", milk=5, now_ms=T0 + at_ms)
    expected = "new" if available == 5 else "short"
    assert (expected, expected) == (looked.word, answer.word)


async def test_validation_changes_nothing(levels, holds, database):
    await stated(levels, milk=5)
    before = {key: await database.dump(key) for key in await database.keys("*")}

    answer = await reserved(holds, "h1", milk=2, validate_only=True)

    assert "new" == answer.word
    assert before == {key: await database.dump(key) for key in await database.keys("*")}


async def test_a_retry_with_the_same_key_answers_the_same_hold_and_holds_once(levels, holds):
    await stated(levels, milk=5)
    request = request_key("anonymous", "create", "key-1", b"body")

    answers = await asyncio.gather(
        *(reserved(holds, f"h{n}", milk=2, request=request) for n in range(50))
    )

    assert 1 == sum(answer.word == "new" for answer in answers)
    assert 49 == sum(answer.word == "same" for answer in answers)
    assert 1 == len({answer.hold.id for answer in answers})
    assert 2 == (await level(levels, "milk")).reserved


async def test_a_key_with_another_body_is_refused_and_changes_nothing(levels, holds):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2, request=request_key("a", "create", "key-1", b"one"))

    answer = await reserved(
        holds, "h2", milk=1, request=request_key("a", "create", "key-1", b"other")
    )

    assert "reused" == answer.word
    assert 2 == (await level(levels, "milk")).reserved


async def test_a_key_outlives_its_hold_by_a_day_at_least_and_is_deleted_in_the_end(
    levels, holds, database
):
    await stated(levels, milk=5)
    request = request_key("a", "create", "key-1", b"one")
    await reserved(holds, "h1", milk=2, request=request)
    day = 24 * 60 * MINUTE

    later = await reserved(holds, "h2", milk=2, request=request, now_ms=T0 + day + 10 * MINUTE)
    assert ("same", "h1", "EXPIRED") == (later.word, later.hold.id, later.hold.state)
    await holds.sweep_all(now_ms=T0 + 9 * day)

    assert [None] == await holds.read(STORE, ["h1"])
    assert 0 == await database.exists(StoreKeys.of(STORE).requests)
    assert "new" == (await reserved(holds, "h3", milk=2, request=request, now_ms=T0 + 9 * day)).word


async def test_at_the_end_of_a_hold_its_goods_leave_the_stock(levels, holds):
    await stated(levels, milk=5, bread=3)
    await reserved(holds, "h1", milk=2, bread=1)

    states = []
    for action, argument in (
        ("prepare", {}),
        ("ready", {}),
        ("collect", {"l": {"milk": 1}}),
        ("collect", {"all": True}),
    ):
        answer = await holds.transition(STORE, "h1", action, argument=argument, now_ms=T0)
        states.append((answer.word, answer.hold.state))

    assert [
        ("done", "PREPARING"),
        ("done", "READY"),
        ("done", "READY"),
        ("done", "COLLECTED"),
    ] == states
    milk, bread = await level(levels, "milk"), await level(levels, "bread")
    assert (3, 0, 2, 0) == (milk.on_hand, milk.reserved, bread.on_hand, bread.reserved)


async def test_collecting_more_than_held_or_what_is_not_held_changes_nothing(levels, holds):
    await stated(levels, milk=5, bread=3)
    await reserved(holds, "h1", milk=2)

    more = await holds.transition(STORE, "h1", "collect", argument={"l": {"milk": 3}}, now_ms=T0)
    other = await holds.transition(
        STORE, "h1", "collect", argument={"l": {"milk": 1, "bread": 1}}, now_ms=T0
    )

    assert [("exceeds", ("milk",)), ("exceeds", ("bread",))] == [
        (answer.word, answer.detail) for answer in (more, other)
    ]
    milk = await level(levels, "milk")
    assert (5, 2) == (milk.on_hand, milk.reserved)


async def test_a_part_collected_twice_with_one_key_leaves_once(levels, holds):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=4)
    request = request_key("a", "collect", "key", b"one")

    words = [
        (
            await holds.transition(
                STORE, "h1", "collect", argument={"l": {"milk": 1}}, request=request, now_ms=T0
            )
        ).word
        for _ in range(3)
    ]

    assert ["done", "same", "same"] == words
    assert 4 == (await level(levels, "milk")).on_hand


async def test_the_rest_of_a_hold_is_released_when_the_request_says_so(levels, holds):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=4)

    answer = await holds.transition(
        STORE, "h1", "collect", argument={"l": {"milk": 1}, "rest": True}, now_ms=T0
    )

    milk = await level(levels, "milk")
    assert "COLLECTED" == answer.hold.state
    assert (4, 0, 4) == (milk.on_hand, milk.reserved, milk.available)


async def test_cancel_gives_back_once_and_succeeds_again(levels, holds):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=4)

    words = [(await holds.transition(STORE, "h1", "cancel", now_ms=T0)).word for _ in range(3)]

    assert ["done", "same", "same"] == words
    assert 0 == (await level(levels, "milk")).reserved


async def test_at_the_edge_of_its_time_a_hold_is_either_confirmed_or_expired(levels, holds):
    await stated(levels, milk=100)
    for n in range(20):
        await reserved(holds, f"h{n}", milk=1, ttl_ms=10 + n % 2)

    answers = await asyncio.gather(
        *(holds.transition(STORE, f"h{n}", "prepare", now_ms=T0 + 10) for n in range(20))
    )

    assert ["expired", "done"] * 10 == [answer.word for answer in answers]
    assert 10 == (await level(levels, "milk", now_ms=T0 + 10)).reserved


async def test_an_extended_hold_lives_longer_and_an_expired_one_is_not_revived(levels, holds):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)

    extended = await holds.transition(
        STORE, "h1", "extend", argument={"ttl": 30 * MINUTE}, now_ms=T0 + 9 * MINUTE
    )
    alive = await level(levels, "milk", now_ms=T0 + 38 * MINUTE)
    late = await holds.transition(
        STORE, "h1", "extend", argument={"ttl": MINUTE}, now_ms=T0 + 39 * MINUTE
    )

    assert T0 + 39 * MINUTE == extended.hold.expire_ms
    assert (2, "expired") == (alive.reserved, late.word)


async def test_another_callers_hold_is_missing_and_an_old_etag_changes_nothing(levels, holds):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)

    other = await holds.transition(STORE, "h1", "cancel", owner="mallory", now_ms=T0)
    await holds.transition(STORE, "h1", "prepare", owner="anonymous", etag="1", now_ms=T0)
    stale = await holds.transition(STORE, "h1", "cancel", etag="1", now_ms=T0)

    assert ("missing", "etag") == (other.word, stale.word)
    assert 2 == (await level(levels, "milk")).reserved


async def test_a_transfer_that_broke_off_leaves_both_held_and_a_retry_completes_it(levels, holds):
    await stated(levels, milk=5)
    await stated(levels, OTHER, milk=5)
    await reserved(holds, "h1", milk=2)
    request = request_key("a", "transfer", "key", b"to sello")
    argument = {"to": f"{OTHER}/h2"}

    departed = await holds.transition(
        STORE, "h1", "depart", argument=argument, request=request, now_ms=T0
    )
    await reserved(holds, "h2", store=OTHER, milk=2, request=request)
    both = [(await level(levels, "milk", store)).reserved for store in (STORE, OTHER)]
    again = await reserved(holds, "h2", store=OTHER, milk=2, request=request)
    moved = [
        await holds.transition(STORE, "h1", "moved", argument=argument, request=request, now_ms=T0)
        for _ in range(2)
    ]

    assert ("done", [2, 2], "same") == (departed.word, both, again.word)
    assert [("done", "CANCELED"), ("same", "CANCELED")] == [(m.word, m.hold.state) for m in moved]
    assert [0, 2] == [(await level(levels, "milk", store)).reserved for store in (STORE, OTHER)]
    elsewhere = await holds.transition(
        STORE, "h1", "moved", argument={"to": "t-itis/h3"}, now_ms=T0
    )
    assert "state" == elsewhere.word


async def test_back_orders_take_dated_futures_and_no_more(levels, holds):
    row = packed_row("milk", 2, 1, Sell.BACK_ORDER, [Future(dt.date(2026, 12, 1), 3)])
    await levels.set(STORE, "erp", 1, T0 // 1000, row)

    too_many = await reserved(holds, "h1", milk=5)
    answer = await reserved(holds, "h2", milk=4)

    assert ("short", ("milk", 4)) == (too_many.word, too_many.detail)
    assert ("new", 3) == (answer.word, answer.hold.items[0].back_ordered)


async def test_a_store_sells_no_less_than_its_least_and_no_more_than_its_most(
    levels, holds, database
):
    await stated(levels, milk=50)
    await Policies(database).change(STORE, lambda _: Policy(least=2, most=10))

    words = [(await reserved(holds, f"h{n}", milk=n)).word for n in (1, 2, 10, 11)]

    assert ["limits", "new", "new", "limits"] == words


async def test_a_sweep_gives_back_all_expired_units_some_holds_at_a_time(levels, holds):
    await stated(levels, milk=1000)
    for n in range(300):
        await reserved(holds, f"h{n}", milk=2, ttl_ms=1000 + n)

    swept, wait_s = await holds.sweep_all(most=50, now_ms=T0 + 5000)

    assert wait_s > 86_400  # until they are deleted
    assert (300, 0) == (swept, (await level(levels, "milk", now_ms=0)).reserved)


async def test_a_hold_remembers_so_many_requests_and_refuses_more(levels, holds, database):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=1)
    words = []
    for number in [*range(150), 0]:
        key = request_key("app", "transfer", f"request-{number}", b"")
        target = {"to": f"stores/{OTHER}/reservations/{number}"}
        answer = await holds.transition(
            STORE, "h1", "depart", request=key, argument=target, now_ms=T0
        )
        words.append(answer.word)
    assert ["done"] * 100 + ["requests"] * 50 + ["done"] == words
    assert 100 == await database.hlen(StoreKeys.of(STORE).requests)
    assert "CANCELED" == (await holds.transition(STORE, "h1", "cancel", now_ms=T0)).hold.state


async def test_a_hold_that_knew_no_address_when_it_ended_is_forgotten(levels, holds, database):
    await stated(levels, milk=5)
    await database.hset(StoreKeys.of(STORE).addresses, "a1", "gone")
    record = encoded("h1", "keys/page", "", 0, address="a1")
    args = {"ttl_ms": MINUTE, "fresh_ms": FRESH, "addresses": ["a1"], "now_ms": T0}
    await holds.reserve(STORE, record, {"milk": 1}, **args)
    assert {b"a1": b"h1"} == await database.hgetall(StoreKeys.of(STORE).addresses)
    await holds.transition(STORE, "h1", "cancel", now_ms=T0)
    assert {} == await database.hgetall(StoreKeys.of(STORE).addresses)


async def test_calls_that_read_before_another_keep_its_method_and_slot(levels, holds):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=1)
    slot = Slot(2, T0 // 1000, T0 // 1000 + 3600)
    terms: dict[str, Any] = {"fresh_ms": FRESH, "m": 2, "pickup": True, "capacity": 1}
    terms |= {"ttl": MINUTE, "sl": list(slot)}

    taken = await holds.update(STORE, "h1", {}, terms, policy=b"", now_ms=T0)
    more = await holds.update(
        STORE, "h1", {"milk": 2}, {**terms, "m": 0, "pickup": False}, policy=b"", now_ms=T0
    )
    other = await holds.update(
        STORE, "h1", {}, {**terms, "m": 1, "pickup": False}, policy=b"", now_ms=T0
    )

    assert (2, slot) == (taken.hold.method, taken.hold.slot)
    assert (2, slot) == (more.hold.method, more.hold.slot)
    assert "etag" == other.word


async def test_a_place_of_a_slot_returns_by_a_change_with_the_memory_full(levels, holds, database):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=3)
    slot = Slot(2, T0 // 1000, T0 // 1000 + 3600)
    terms: dict[str, Any] = {"fresh_ms": FRESH, "m": 2, "pickup": True, "capacity": 1}
    terms |= {"ttl": MINUTE, "sl": list(slot)}
    await holds.update(STORE, "h1", {}, terms, policy=b"", now_ms=T0)
    everywhere = {"target_nodes": "all"} if isinstance(database, RedisCluster) else {}
    await database.config_set("maxmemory", 1, **everywhere)
    try:
        del terms["sl"]
        changed = await holds.update(STORE, "h1", {"milk": 1}, terms, policy=b"", now_ms=T0)
    finally:
        await database.config_set("maxmemory", 0, **everywhere)
    assert ("done", None) == (changed.word, changed.hold.slot)
    assert {} == await database.hgetall(StoreKeys.of(STORE).slots)
    assert 1 == (await level(levels, "milk")).reserved


async def test_the_live_holds_are_those_that_are_live_among_all(levels, holds):
    await stated(levels, milk=20)
    decoy = '"st":"CONFIRMED", "st":"CANCELED"'
    for id in ("confirmed", "preparing", "ready", "canceled", "collected", "handed-in-part"):
        record = encoded(id, "anonymous", decoy, 0)
        made = await holds.reserve(
            STORE, record, {"milk": 2}, ttl_ms=20 * MINUTE, fresh_ms=FRESH, now_ms=T0
        )
        assert "new" == made.word
    await reserved(holds, "expired", milk=2)
    for id, action, argument in (
        ("preparing", "prepare", {}),
        ("ready", "ready", {}),
        ("canceled", "cancel", {}),
        ("collected", "collect", {"all": True}),
        ("handed-in-part", "collect", {"l": {"milk": 1}}),
    ):
        await holds.transition(STORE, id, action, argument=argument, now_ms=T0)
    now_ms = T0 + 10 * MINUTE

    found = await holds.of_store(STORE, now_ms, live_only=True)

    every = await holds.of_store(STORE, now_ms)
    assert {"confirmed", "preparing", "ready", "handed-in-part"} == {hold.id for hold in found}
    assert [hold for hold in every if hold.is_live] == found
    assert 7 == len(every)


async def test_a_store_without_live_holds_has_those_that_ended(levels, holds):
    await stated(levels, milk=5)
    assert not await holds.has_any(STORE)

    await reserved(holds, "h1", milk=2)
    await holds.transition(STORE, "h1", "cancel", now_ms=T0)

    assert await holds.has_any(STORE)
    assert [] == await holds.of_store(STORE, T0, live_only=True)
    assert not await holds.has_any(OTHER)
