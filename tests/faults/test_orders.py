"""Slots and changes of holds where all is scarce: kills, lost replies, power loss, full memory."""

import asyncio
from typing import Any

import pytest
import redis.exceptions
from redis.asyncio import RedisCluster

from services.chassis.database.client import connect
from services.chassis.database.failures import as_service_error
from services.chassis.errors import ResourceExhausted
from services.stock.model.holds import encoded
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from services.stock.state.slots import Slots
from tests.backends import server
from tests.faults import workload
from tests.faults.checker import Act, judge
from tests.faults.power import cut_to_what_was_synced
from tests.faults.proxy import proxied
from tests.faults.test_holds import client, database_url, killed_and_back, settings
from tests.faults.test_power import shim
from tests.faults.workload import CAPACITY, LONG_MS, SLOTS, STORE, until_answered

__all__ = ["client", "database_url", "settings", "shim"]

CLIENTS = 8
FEW = 30
"""Units of each product: most changes want the last ones."""


def changed(acts: list[Act]) -> str:
    """Counts the changes of holds and the refusals among acts."""
    updates = [act for act in acts if act.kind == "update"]
    full = sum(act.outcome == "refused full" for act in acts)
    short = sum(act.outcome == "refused short" for act in acts)
    return f"{len(updates)} changes of holds, {full} found the slot full, {short} the goods short"


async def test_changes_of_holds_cut_by_lost_replies_are_whole(
    client, database_url, settings, figure
):
    initial = await workload.stocked(client, FEW)
    async with proxied(database_url, seed=5) as proxy:
        proxy.lose = 0.05
        lossy = proxy.connect(settings)
        acts = await workload.run(Holds(lossy), CLIENTS, 120, seed=59)
        await lossy.aclose()
    verdict = judge(initial, acts, await workload.end_of(client))

    figure(59, f"{proxy.lost} replies lost, {changed(acts)}: {verdict}")
    assert [] == verdict.faults
    assert 0 < proxy.lost
    assert [] == (await Ledger(client).reconcile()).drifts


@pytest.mark.parametrize("fault", ["killed", "without power", "full and killed"])
async def test_changes_of_holds_are_whole_though_the_database_is(
    fault, tmp_path, settings, monkeypatch, shim, figure
):
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    acts: list[Act] = []
    cut_bytes = 0
    with server(tmp_path) as valkey:  # every acknowledged write is on disk
        client = connect(settings, valkey.url)
        initial = await workload.stocked(client, FEW)
        acting = workload.run(Holds(client), CLIENTS, 120, 58, acts)
        running = asyncio.create_task(acting)
        for turn in range(1, 4):
            while len(acts) < 200 * turn:  # noqa: ASYNC110 - a fraction of a second
                await asyncio.sleep(0.01)
            if fault == "full and killed":
                await until_answered(lambda: client.config_set("maxmemory", 1))
                await asyncio.sleep(0.2)
            assert valkey.process
            if fault == "without power":
                valkey.process.kill()
                valkey.process.wait()
                cut_bytes += cut_to_what_was_synced(valkey.folder)
            await killed_and_back(valkey)  # with as much memory as at first
        await running
        await client.aclose()
        client = connect(settings, valkey.url)  # its connections led to the server that was killed
        verdict = judge(initial, acts, await workload.end_of(client))
        drifts = (await Ledger(client).reconcile()).drifts
        await client.aclose()

    no_memory = sum(act.outcome == "refused memory" for act in acts)
    figure(
        59,
        f"database {fault} three times, {cut_bytes} bytes cut, {no_memory} acts refused for want "
        f"of memory, {changed(acts)}: {verdict}",
    )
    assert ([], []) == (verdict.faults, drifts)
    assert (fault == "full and killed") is (no_memory > 0)


async def test_with_the_memory_full_a_place_still_returns(client, figure):
    await workload.stocked(client, 5)
    holds, slots = Holds(client), Slots(client)

    def hold(id: str, ttl_ms: int = LONG_MS) -> Any:
        record = encoded(id, "anonymous", "", 2, slot=SLOTS[0])
        return holds.reserve(
            STORE, record, {"milk": 1}, ttl_ms=ttl_ms, fresh_ms=10 * LONG_MS, capacity=CAPACITY
        )

    await hold("h1")
    await hold("h2", ttl_ms=1)
    everywhere = {"target_nodes": "all"} if isinstance(client, RedisCluster) else {}
    await client.config_set("maxmemory", 1, **everywhere)
    refused = None
    try:
        try:
            await hold("h3")
        except redis.exceptions.RedisError as error:
            refused = as_service_error(error)
        await asyncio.sleep(0.005)
        await holds.sweep(STORE, 10)
        after_expiry = await slots.taken(STORE, SLOTS[:1])
        word = (await holds.transition(STORE, "h1", "cancel")).word
        after = await slots.taken(STORE, SLOTS[:1])
    finally:
        await client.config_set("maxmemory", 0, **everywhere)

    figure(58, f"memory full: a hold with a slot {type(refused).__name__}, places return ({word})")
    assert isinstance(refused, ResourceExhausted)
    assert ([1], "done", [0]) == (after_expiry, word, after)
