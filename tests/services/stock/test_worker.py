"""Background loops: the ledger is trimmed only as far as it is matched with alerts."""

from services.stock import worker
from services.stock.model.partitions import partition_of
from services.stock.state.alerts import Alerts
from services.stock.state.ledger import Ledger
from tests.support.stock_state import STORE, reserved, stated

ALL_MS = -60_000
"""Kept time that makes every movement old, also if the database's clock is a minute ahead."""


async def test_a_movement_is_trimmed_once_it_is_old_and_matched_with_alerts(
    levels, holds, database
):
    alerts, ledger = Alerts(database), Ledger(database)
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=2)
    partition = partition_of(STORE)

    await worker.trim(alerts, ledger, ALL_MS)
    unmatched = await ledger.all_after(partition, "0-0")
    await worker.fire(alerts)
    await worker.trim(alerts, ledger)
    recent = await ledger.all_after(partition, "0-0")
    await worker.trim(alerts, ledger, ALL_MS)
    old = await ledger.all_after(partition, "0-0")

    assert [2, 2, 0] == [len(unmatched), len(recent), len(old)]
    assert [] == (await ledger.reconcile()).drifts
