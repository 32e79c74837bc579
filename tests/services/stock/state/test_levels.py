"""Levels that feeds state: late and repeated events change nothing, the ledger adds up."""

import asyncio
import datetime as dt
import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.chassis.database.client import connect
from services.chassis.settings import ChassisSettings
from services.stock.model.levels import Band, Future, band_of, packed_row
from services.stock.model.partitions import partition_of
from services.stock.model.policies import DEFAULT_POLICY, Sell
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels
from tests.support.stock_state import MINUTE, STORE, T0, level, reserved, stated


async def test_a_level_reads_as_its_feed_stated_it(levels):
    christmas = Future(dt.date(2026, 12, 24), 12)
    row = packed_row("milk", 40, 5, Sell.PRE_ORDER, [christmas])

    letters = await levels.set(STORE, "erp", 7, T0 // 1000, row)

    milk = await level(levels, "milk")
    assert b"a" == letters
    assert (40, 0, 5, 35, 47) == (
        milk.on_hand,
        milk.reserved,
        milk.safety,
        milk.available,
        milk.available_to_order,
    )
    assert (Sell.PRE_ORDER, (christmas,), T0 // 1000) == (milk.sell, milk.futures, milk.as_of_s)
    partition = partition_of(STORE)
    assert {partition: {milk.source: "erp"}} == await levels.sources([partition])


async def test_a_level_that_was_never_stated_is_unknown_and_not_zero(levels):
    await stated(levels, milk=0)

    [milk, bread] = (await levels.read([STORE], ["milk", "bread"], T0))[STORE].levels

    assert None is bread
    assert Band.OUT_OF_STOCK == band_of(milk, DEFAULT_POLICY, T0, MINUTE)
    assert Band.UNKNOWN == band_of(bread, DEFAULT_POLICY, T0, MINUTE)
    assert Band.UNKNOWN == band_of(milk, DEFAULT_POLICY, T0 + MINUTE + 1, MINUTE)


async def test_an_older_snapshot_and_a_repeated_event_change_nothing(levels):
    await stated(levels, sequence=5, milk=10)
    first = await levels.adjust(STORE, "till-1", 3, T0 // 1000, {"milk": -2})
    again = await levels.adjust(STORE, "till-1", 3, T0 // 1000, {"milk": -2})
    late = await levels.adjust(STORE, "till-1", 2, T0 // 1000, {"milk": -4})
    old = await stated(levels, sequence=4, milk=99)

    assert [b"a", b"i", b"i"] == [letters for letters, _ in (first, again, late)]
    assert b"i" == old
    assert 8 == (await level(levels, "milk")).on_hand


async def test_tills_with_their_own_sequences_do_not_hinder_each_other(levels):
    await stated(levels, milk=10)

    for sequence, till in itertools.product((1, 2), ("till-1", "till-2", "till-3")):
        await levels.adjust(STORE, till, sequence, T0 // 1000, {"milk": -1})
        await levels.adjust(STORE, till, sequence, T0 // 1000, {"milk": -1})

    assert 4 == (await level(levels, "milk")).on_hand


async def test_more_sources_than_a_level_remembers_are_refused_and_change_nothing(levels):
    for number in range(16):
        await levels.adjust(STORE, f"till-{number}", 1, T0 // 1000, {"milk": 1, "bread": 1})

    letters, _ = await levels.adjust(STORE, "till-x", 1, T0 // 1000, {"new": 1, "milk": 1})

    assert b"af" == letters
    [milk, new] = (await levels.read([STORE], ["milk", "new"], T0))[STORE].levels
    assert (16, None) == (milk.on_hand, new)


async def test_holds_live_on_when_a_snapshot_comes(levels, holds):
    await stated(levels, milk=10)
    await reserved(holds, "h1", milk=4)

    await stated(levels, sequence=2, milk=3)

    milk = await level(levels, "milk")
    assert (3, 4, -1) == (milk.on_hand, milk.reserved, milk.available)
    assert "short" == (await reserved(holds, "h2", milk=1)).word


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["till-1", "till-2"]),
        st.integers(1, 8),
        st.sampled_from(["milk", "bread"]),
        st.integers(-5, 5).filter(bool),
    ),
    max_size=25,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events=EVENTS)
def test_events_apply_as_a_plain_model_says(events, database_url):
    async def run() -> tuple[dict[str, int], dict[str, int]]:
        client = connect(ChassisSettings(), database_url)
        await client.flushall()
        levels = Levels(client)
        await stated(levels, milk=20, bread=20)
        expected = {"milk": 20, "bread": 20}
        noted: dict[tuple[str, str], int] = {}
        for source, sequence, sku, delta in events:
            await levels.adjust(STORE, source, sequence, T0 // 1000, {sku: delta})
            if sequence > noted.get((source, sku), 0):
                noted[source, sku] = sequence
                expected[sku] += delta
        found = {sku: (await level(levels, sku)).on_hand for sku in expected}
        assert [] == (await Ledger(client).reconcile()).drifts
        await client.aclose()
        return expected, found

    expected, found = asyncio.run(run())
    assert expected == found
