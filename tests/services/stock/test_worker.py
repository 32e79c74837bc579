"""Background loops: the ledger is trimmed only as far as it is matched with alerts."""

import asyncio

from services.stock import worker
from services.stock.model.holds import encoded
from services.stock.model.partitions import partition_of
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from tests.support.firing import firing
from tests.support.stock_state import STORE, reserved, stated

ALL_MS = -60_000
"""Kept time that makes every movement old, also if the database's clock is a minute ahead."""


async def test_a_movement_is_trimmed_once_it_is_old_and_matched_with_alerts(
    levels, holds, database
):
    alerts, ledger = firing(database), Ledger(database)
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)
    partition = partition_of(STORE)

    await worker.trim(alerts.matching, ledger, ALL_MS)
    unmatched = await ledger.all_after(partition, "0-0")
    await worker.fire(alerts)
    await worker.trim(alerts.matching, ledger)
    recent = await ledger.all_after(partition, "0-0")
    await worker.trim(alerts.matching, ledger, ALL_MS)
    old = await ledger.all_after(partition, "0-0")

    assert [2, 2, 0] == [len(unmatched), len(recent), len(old)]
    assert [] == (await ledger.reconcile()).drifts


async def held_for_a_second(holds: Holds) -> None:
    """A hold by the clock of the database."""
    record = encoded("h1", "anonymous", "", 0)
    outcome = await holds.reserve(STORE, record, {"milk": 2}, ttl_ms=1000, fresh_ms=10**13)
    assert outcome.hold.is_live


async def all_ended(holds: Holds) -> bool:
    """Whether no hold waits to be ended; ended ones wait for a week to be deleted."""
    stores, wait_s = await holds.due(10)
    return not stores and wait_s > 86_400


async def test_a_sweeper_waits_for_the_end_of_a_hold(levels, database):
    holds = Holds(database)
    await stated(levels, milk=5)
    await held_for_a_second(holds)
    assert not await all_ended(holds)
    await asyncio.wait_for(worker.sweep(holds), 20)  # by itself it would look after 30 s
    assert await all_ended(holds)


async def test_a_sweeper_that_waits_notices_a_new_hold(levels, database):
    holds = Holds(database)
    await stated(levels, milk=5)
    sweeping = asyncio.create_task(worker.sweep(holds))
    await asyncio.sleep(0.2)
    await held_for_a_second(holds)
    await asyncio.wait_for(sweeping, 20)
    await asyncio.wait_for(worker.sweep(holds), 20)
    assert await all_ended(holds)
