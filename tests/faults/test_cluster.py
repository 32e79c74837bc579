"""Holds on a Valkey Cluster: masters die, slots move, replicas freeze; nothing is lost.

Clients act all the while, and retry ambiguous calls with the same key, as the contract advises.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.chassis.database.client import Client, connect, many_script, script
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.settings import ChassisSettings
from services.geofence.state.erased import Erased
from services.stock.model.partitions import PARTITIONS, StoreKeys, partition_of, tag
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels, LevelsUnreachable
from tests.backends import Cluster, ask, id_of, until
from tests.faults import workload
from tests.faults.checker import Act, Verdict, judge

CLIENTS = 6
REPLICAS = 1


@pytest.fixture
async def client(cluster: Cluster, settings: ChassisSettings) -> AsyncIterator[Client]:
    client = connect(settings, cluster.url)
    yield client
    await client.aclose()


def slot_of_holds(cluster: Cluster) -> int:
    alive = next(node for node in cluster.nodes if node.process)
    return int(ask(alive, "CLUSTER", "KEYSLOT", StoreKeys.of(workload.STORE).holds))


def moved(cluster: Cluster, slot: int, to: EmbeddedValkey) -> None:
    """Move a slot, one key at a time."""
    for _ in cluster.migrate(slot, to, at_once=1):
        time.sleep(0.01)


async def levels_everywhere(client: Client) -> list[object]:
    """The levels of stores on all masters, read by one pipeline to each."""
    shops = [f"shop-{number}" for number in range(PARTITIONS)]
    found = await Levels(client).read(shops, ["milk"])
    return [found[shop].levels for shop in shops]


async def counted(client: Client, until_done: asyncio.Task[list[Act]]) -> tuple[int, set[int]]:
    """Count in all partitions at once; answers how often, and the counts."""
    count = many_script(client, "tests.services.chassis", "count")
    keys = [f"{tag(partition)}:counted" for partition in range(PARTITIONS)]
    times = 0
    while not until_done.done():
        await count([([key], [1]) for key in keys])
        times += 1
    return times, {int(await client.get(key)) for key in keys}


async def judged(
    initial: dict[str, int], acts: list[Act], settings: ChassisSettings, url: str
) -> Verdict:
    fresh = connect(settings, url)
    try:
        verdict = judge(initial, acts, await workload.end_of(fresh))
        assert [] == (await Ledger(fresh).reconcile()).drifts
        return verdict
    finally:
        await fresh.aclose()


async def test_a_masters_death_loses_no_acknowledged_hold(cluster, client, settings, figure):
    initial = await workload.stocked(client, 150)
    holds = Holds(client, REPLICAS)
    running = asyncio.create_task(workload.run(holds, CLIENTS, 150, seed=16))
    reader = connect(settings, cluster.url)
    expected = await levels_everywhere(reader)
    await asyncio.sleep(0.5)
    slot = slot_of_holds(cluster)
    died = cluster.owner(slot)
    began = time.monotonic()
    cluster.kill(died)
    await asyncio.to_thread(until, lambda: cluster.owner(slot) is not died)
    outage_s = time.monotonic() - began
    with pytest.raises(LevelsUnreachable):
        await levels_everywhere(reader)
    assert expected == await levels_everywhere(
        reader
    )  # after a failure the client learns the nodes again
    await reader.aclose()
    cluster.revive(died)  # until then the new master has no replica
    acts = await running
    verdict = await judged(initial, acts, settings, cluster.url)

    figure(
        16,
        f"a master dies, its replica took over after {outage_s:.1f} s: {verdict}",
    )
    assert [] == verdict.faults
    assert [] == [act for act in acts if act.outcome == "unknown"]


@pytest.mark.parametrize("replicas", [REPLICAS, 0])
async def test_a_frozen_replica_that_takes_over_lacks_no_acknowledged_hold(
    cluster, client, settings, replicas, figure
):
    """Changes that only the master has are not acknowledged; without the wait they are lost.

    By chance none is on its way at the takeover, so that they get three of them.
    """
    for _ in range(1 if replicas else 3):
        verdict = await frozen_and_taken_over(cluster, client, settings, replicas)
        if verdict.lost:
            break
    figure(
        15,
        f"failover to a replica that was frozen, {replicas} waited for: {verdict}",
    )
    if replicas:
        assert [] == verdict.faults
    else:
        assert 0 < verdict.lost


async def frozen_and_taken_over(
    cluster: Any, client: Any, settings: ChassisSettings, replicas: int
) -> Verdict:
    """Clients act while a replica that was frozen takes over; their acts judged."""
    await client.flushall(target_nodes=client.PRIMARIES)
    initial = await workload.stocked(client, 500)
    running = asyncio.create_task(
        workload.run(Holds(client, replicas), CLIENTS, 60 if replicas else 600, seed=15)
    )
    await asyncio.sleep(0.2)
    cluster.revive(await asyncio.to_thread(cluster.overtake, slot_of_holds(cluster)))
    acts = await running
    return await judged(initial, acts, settings, cluster.url)


async def test_a_slot_that_moves_under_load_loses_and_oversells_nothing(
    cluster, client, settings, figure
):
    initial = await workload.stocked(client, 150)
    slot = slot_of_holds(cluster)
    running = asyncio.create_task(workload.run(Holds(client, REPLICAS), CLIENTS, 150, seed=17))
    runs = asyncio.create_task(counted(client, running))
    moves = 0
    while not running.done():
        source = cluster.owner(slot)
        to = cluster.masters[(cluster.masters.index(source) + 1) % 3]
        await asyncio.to_thread(moved, cluster, slot, to)
        moves += 1
        await asyncio.sleep(0.3)
    acts = await running
    verdict = await judged(initial, acts, settings, cluster.url)

    figure(
        17,
        f"slot moved {moves} times under load: {verdict}",
    )
    assert [] == verdict.faults
    assert 0 < moves
    times, found = await runs
    assert {times} == found
    assert [] == [act for act in acts if act.outcome == "unknown"]


async def test_what_is_new_in_a_slot_that_is_moving_is_made_where_it_moves_to(cluster, client):
    await client.initialize()
    slot = slot_of_holds(cluster)
    source = cluster.owner(slot)
    to = next(node for node in cluster.masters if node is not source)
    ask(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", id_of(source))
    ask(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", id_of(to))
    count = script(client, "tests.services.chassis", "count")
    key = f"{tag(partition_of(workload.STORE))}:new"
    for connections in range(1, 5):  # each command may take another connection
        await asyncio.gather(*(client.ping(target_nodes="all") for _ in range(connections)))
        assert connections == await count([key], [1])
    assert 0 == ask(source, "CLUSTER", "COUNTKEYSINSLOT", slot)


async def test_a_replica_that_comes_back_later_writes_its_log_anew_when_somebody_is_erased(
    cluster, client
):
    replica = cluster.nodes[-1]
    cluster.kill(replica)
    await asyncio.to_thread(until, lambda: {5} == listed(cluster))
    await client.ping()
    assert 5 == len(client.get_nodes())
    cluster.revive(replica)
    await asyncio.to_thread(until, lambda: {6} == listed(cluster))
    await asyncio.to_thread(until, lambda: is_at_rest(replica))
    before = rewrites(replica)
    erased = Erased(client, 60_000)
    await erased.mark(1)
    assert await erased.rewrite()
    await asyncio.to_thread(until, lambda: before < rewrites(replica))


def listed(cluster: Cluster) -> set[int]:
    """The number of nodes that the living ones tell clients of."""
    alive = [node for node in cluster.nodes if node.process]
    return {sum(len(each) - 2 for each in ask(node, "CLUSTER", "SLOTS")) for node in alive}


def persistence(node: EmbeddedValkey) -> dict[str, str]:
    """The state of a node's files, by INFO."""
    lines = ask(node, "INFO", "persistence").decode().splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def is_at_rest(node: EmbeddedValkey) -> bool:
    told = persistence(node)
    return told["aof_rewrite_in_progress"] == told["aof_rewrite_scheduled"] == "0"


def rewrites(node: EmbeddedValkey) -> int:
    return int(persistence(node)["aof_rewrites"])
