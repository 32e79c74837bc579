"""Hand-overs that are undone, and goods that the shop cannot find: the sums hold."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.stock.model.ledger import Drift
from services.stock.state.holds import Holds, Outcome, request_key
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels
from tests.support.database import connected
from tests.support.stock_state import MINUTE, STORE, T0, level, reserved, stated, updated

QUARTER = 15 * MINUTE


async def figures(levels: Levels, sku: str = "milk", now_ms: int = T0) -> tuple[int, int]:
    found = await level(levels, sku, now_ms=now_ms)
    return found.on_hand, found.reserved


async def drifts(database: Any) -> list[Drift]:
    return (await Ledger(database).reconcile()).drifts


async def collect(holds: Holds, now_ms: int = T0, **argument: Any) -> Outcome:
    return await holds.transition(
        STORE, "h1", "collect", argument=argument or {"all": True}, now_ms=now_ms
    )


async def test_an_undone_hand_over_is_on_hold_again_in_the_state_of_before(levels, holds, database):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)
    await holds.transition(STORE, "h1", "ready", now_ms=T0)
    before = await figures(levels)
    await collect(holds)
    undone = await holds.undo(STORE, "h1", now_ms=T0 + MINUTE)

    assert ("done", "READY") == (undone.word, undone.hold.state)
    assert [("milk", 2, 2, 0)] == [item[:4] for item in undone.hold.items]
    assert before == await figures(levels)
    assert [] == await drifts(database)
    assert "same" == (await holds.undo(STORE, "h1", now_ms=T0 + MINUTE)).word
    assert before == await figures(levels)
    assert "done" == (await collect(holds, T0 + MINUTE)).word
    assert (3, 0) == await figures(levels)


@pytest.mark.parametrize(("after_ms", "word"), [(MINUTE, "done"), (MINUTE + 1, "state")])
async def test_a_hand_over_can_be_undone_for_a_minute(levels, holds, after_ms, word):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)
    await collect(holds)
    assert word == (await holds.undo(STORE, "h1", now_ms=T0 + after_ms)).word


async def test_what_was_not_handed_over_cannot_be_undone(levels, holds):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)
    assert "state" == (await holds.undo(STORE, "h1", now_ms=T0)).word
    assert "missing" == (await holds.undo(STORE, "h2", now_ms=T0)).word
    await collect(holds, l={"milk": 1})
    await holds.transition(STORE, "h1", "cancel", now_ms=T0)
    assert "state" == (await holds.undo(STORE, "h1", now_ms=T0)).word
    assert (4, 0) == await figures(levels)


async def test_only_the_last_of_two_hand_overs_is_undone(levels, holds, database):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=3)
    await collect(holds, l={"milk": 1})
    await collect(holds, l={"milk": 2})
    undone = await holds.undo(STORE, "h1", now_ms=T0)
    assert ("CONFIRMED", 1) == (undone.hold.state, undone.hold.items[0].collected)
    assert (4, 2) == await figures(levels)
    assert [] == await drifts(database)


async def test_an_undone_part_leaves_the_state_to_which_the_hold_went_on(levels, holds):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=3)
    await collect(holds, l={"milk": 1})
    await holds.transition(STORE, "h1", "ready", now_ms=T0)
    undone = await holds.undo(STORE, "h1", now_ms=T0)
    assert ("READY", 0) == (undone.hold.state, undone.hold.items[0].collected)


async def test_goods_released_with_the_hand_over_come_back_if_nobody_has_them(
    levels, holds, database
):
    await stated(levels, milk=3)
    await reserved(holds, "h1", milk=3)
    await collect(holds, l={"milk": 1}, rest=True)
    await reserved(holds, "h2", milk=1)
    refused = await holds.undo(STORE, "h1", now_ms=T0)
    assert ("short", ("milk", 1)) == (refused.word, refused.detail)
    assert (2, 1) == await figures(levels)
    await holds.transition(STORE, "h2", "cancel", now_ms=T0)
    assert "done" == (await holds.undo(STORE, "h1", now_ms=T0)).word
    assert (3, 3) == await figures(levels)
    assert [] == await drifts(database)


async def test_goods_that_a_till_sold_meanwhile_do_not_forbid_to_undo(levels, holds, database):
    """The level falls below what is held; what was handed over is on the counter all the same."""
    await stated(levels, milk=4)
    await reserved(holds, "h1", milk=3)
    await levels.adjust(STORE, "till", 2, T0 // 1000, {"milk": -2})
    assert (2, 3) == await figures(levels)
    await collect(holds)
    assert (-1, 0) == await figures(levels)
    assert "done" == (await holds.undo(STORE, "h1", now_ms=T0)).word
    assert (2, 3) == await figures(levels)
    assert [] == await drifts(database)


async def test_a_hold_that_is_undone_at_its_end_lives_on_for_a_quarter_of_an_hour(levels, holds):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2, ttl_ms=10)
    await collect(holds)
    undone = await holds.undo(STORE, "h1", now_ms=T0 + MINUTE)
    assert T0 + MINUTE + QUARTER == undone.hold.expire_ms
    assert 0 == await holds.sweep(STORE, 10, T0 + MINUTE + QUARTER - 1)
    assert 1 == await holds.sweep(STORE, 10, T0 + MINUTE + QUARTER)
    assert (5, 0) == await figures(levels)


async def test_missing_goods_are_released_and_the_owner_is_told(levels, holds, database):
    await stated(levels, milk=5, bread=5)
    await reserved(holds, "h1", milk=3, bread=1)
    key = request_key("a", "missing", "r", b"")
    argument = {"l": {"milk": 2}, "x": "No milk."}
    for word in ("done", "same"):
        outcome = await holds.transition(
            STORE, "h1", "missing", argument=argument, request=key, now_ms=T0
        )
        assert word == outcome.word
    assert "CONFIRMED" == outcome.hold.state
    assert [("milk", 3, 1), ("bread", 1, 1)] == [item[:3] for item in outcome.hold.items]
    assert [(3, T0, "No milk.")] == [tuple(notice) for notice in outcome.hold.notices]
    assert (5, 1) == await figures(levels)
    assert [] == await drifts(database)


async def test_a_line_of_missing_goods_that_is_dropped_changes_no_level(levels, holds):
    await stated(levels, milk=5, bread=5)
    await reserved(holds, "h1", milk=2, bread=1)
    argument = {"l": {"milk": 2}, "x": ""}
    await holds.transition(STORE, "h1", "missing", argument=argument, now_ms=T0)
    before = await level(levels, "milk")
    assert "done" == (await updated(holds, "h1", {"bread": 2})).word
    assert before == await level(levels, "milk")


async def test_more_than_is_held_is_not_missing(levels, holds):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=3)
    for lines in ({"milk": 4}, {"bread": 1}):
        argument = {"l": lines, "x": ""}
        outcome = await holds.transition(STORE, "h1", "missing", argument=argument, now_ms=T0)
        assert "exceeds" == outcome.word
    assert (5, 3) == await figures(levels)


@pytest.mark.parametrize(("collected", "state"), [(0, "CANCELED"), (1, "COLLECTED")])
async def test_a_hold_without_a_rest_ends(levels, holds, database, collected, state):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=3)
    if collected:
        await collect(holds, l={"milk": collected})
    argument = {"l": {"milk": 3 - collected}, "x": ""}
    outcome = await holds.transition(STORE, "h1", "missing", argument=argument, now_ms=T0)
    assert state == outcome.hold.state
    assert (5 - collected, 0) == await figures(levels)
    assert [] == await drifts(database)


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["collect", "rest", "undo", "missing"]), st.integers(1, 4)),
        max_size=12,
    )
)
async def test_whatever_is_handed_over_undone_and_missing_the_sums_hold(
    database_url, settings, acts
):
    async with connected(settings, database_url) as client:
        await client.flushall()
        levels, holds = Levels(client), Holds(client)
        await stated(levels, milk=10)
        await reserved(holds, "h1", milk=6)
        for act, units in acts:
            if act == "undo":
                await holds.undo(STORE, "h1", now_ms=T0)
                continue
            argument = {"l": {"milk": units}, "x": "", "rest": act == "rest"}
            action = "missing" if act == "missing" else "collect"
            await holds.transition(STORE, "h1", action, argument=argument, now_ms=T0)
        [hold] = await holds.of_store(STORE, T0)
        [item] = hold.items
        on_hand, held = await figures(levels)
        assert (10 - item.collected) == on_hand
        assert (item.held - item.collected if hold.is_live else 0) == held
        assert [] == await drifts(client)
        await client.flushall()
