"""The ledger adds up to the levels and the holds, whatever was trimmed."""

import pytest

from services.stock.model.levels import HEADER
from services.stock.model.partitions import StoreKeys, partition_of
from services.stock.state.ledger import Ledger
from tests.support.stock_state import OTHER, STORE, T0, reserved, stated


async def test_a_trimmed_ledger_still_adds_up(levels, holds, database):
    ledger = Ledger(database)
    for store in (STORE, OTHER):
        await stated(levels, store, milk=10, bread=5)
    await reserved(holds, "h1", milk=2)
    await ledger.trim(partition_of(STORE), await ledger.last_id(partition_of(STORE)))
    await holds.transition(STORE, "h1", "collect", argument={"all": True}, now_ms=T0)
    await reserved(holds, "h2", bread=1)

    result = await ledger.reconcile()

    assert (4, []) == (result.levels, result.drifts)
    assert 1 == result.holds


@pytest.mark.parametrize("field", ["on_hand", "reserved"])
async def test_a_level_that_was_tampered_with_is_drift(levels, holds, database, field):
    await stated(levels, milk=10)
    await reserved(holds, "h1", milk=2)
    key = StoreKeys.of(STORE).levels
    raw = await database.hget(key, "milk")
    figures = list(HEADER.unpack_from(raw))
    figures[0 if field == "on_hand" else 1] += 1
    await database.hset(key, "milk", HEADER.pack(*figures) + raw[HEADER.size :])

    kinds = {drift.kind for drift in (await Ledger(database).reconcile()).drifts}

    assert "ledger" in kinds
    assert ("holds" in kinds) == (field == "reserved")
