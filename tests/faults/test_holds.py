"""Holds while replies are lost and servers die: the checker finds no fault, but each mutant."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.chassis.database.client import Client, connect
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.settings import ChassisSettings
from services.stock.model.holds import encoded
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from tests.backends import backend, server
from tests.faults import workload
from tests.faults.checker import Act, End, Verdict, judge
from tests.faults.mutants import MUTANTS, ONLY_A_SWEEPER_ENDS
from tests.faults.proxy import proxied

CLIENTS = 8


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with backend(tmp_path_factory.mktemp("faults")) as url:
        yield url


@pytest.fixture
async def client(database_url: str, settings: ChassisSettings) -> AsyncIterator[Client]:
    client = connect(settings, database_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def settings(tmp_path: Path) -> ChassisSettings:
    return ChassisSettings(grpc_port=0, http_port=0, data_dir=tmp_path, database_timeout_s=5.0)


async def verdict_of(
    client: Client, holds: Holds, acts_each: int, *, units: int, seed: int
) -> Verdict:
    initial = await workload.stocked(client, units)
    acts = await workload.run(holds, CLIENTS, acts_each, seed)
    return judge(initial, acts, await workload.end_of(client))


def said(what: str, verdict: Verdict, **more: object) -> str:
    figures = "".join(f", {name} {value}" for name, value in more.items())
    return f"{what}: {verdict}{figures}"


async def test_replies_lost_after_the_commit_hold_nothing_twice(
    client, database_url, settings, figure
):
    async with proxied(database_url, seed=3) as proxy:
        proxy.lose = 0.05
        lossy = proxy.connect(settings)
        verdict = await verdict_of(client, Holds(lossy), 150, units=60, seed=3)
        await lossy.aclose()

    figure(3, said("replies lost", verdict, replies_lost=proxy.lost))
    assert [] == verdict.faults
    assert 0 < proxy.lost
    assert [] == (await Ledger(client).reconcile()).drifts


@pytest.mark.parametrize("name", MUTANTS)
async def test_the_checker_catches_every_mutant(client, database_url, settings, name, capsys):
    caught = 0
    runs = 0
    while not caught and runs < 5:  # some mutants need luck
        runs += 1
        await client.flushall()
        async with proxied(database_url, seed=runs) as proxy:
            proxy.lose = 0.03
            lossy = proxy.connect(settings)
            verdict = await verdict_of(client, MUTANTS[name](lossy), 60, units=25, seed=runs)
            await lossy.aclose()
        caught = len(verdict.faults)

    with capsys.disabled():
        print(f"\n{said(f'mutant: {name}', verdict, runs=runs)}")
    assert 0 < caught


async def test_expired_counts_nowhere_and_a_mutant_that_waits_for_the_sweeper_is_caught(client):
    await workload.stocked(client, 5)
    later_ms = int(time.time() * 1000) + 60_000

    async def words(holds: Holds, first: str, second: str) -> list[str]:
        return [
            (
                await holds.reserve(
                    workload.STORE,
                    encoded(id, "anonymous", "", 0),
                    {sku: 5},
                    ttl_ms=1000,
                    fresh_ms=workload.LONG_MS,
                    now_ms=at_ms,
                )
            ).word
            for id, sku, at_ms in ((first, second, None), (first + "2", second, later_ms))
        ]

    assert ["new", "new"] == await words(Holds(client), "h", "milk")
    assert ["new", "short"] == await words(ONLY_A_SWEEPER_ENDS(client), "m", "bread")


async def test_a_killed_database_loses_nothing_and_is_back_soon(tmp_path, settings, figure):
    """Rows 1, 3, 10: clients go on while the database is killed and started again."""
    with server(tmp_path) as valkey:  # every acknowledged write is on disk
        client = connect(settings, valkey.url)
        initial = await workload.stocked(client, 80)
        running = asyncio.create_task(workload.run(Holds(client), CLIENTS, 120, seed=10))
        outages = []
        for _ in range(3):
            await asyncio.sleep(0.15)
            outages.append(await killed_and_back(valkey))
        acts = await running
        await client.aclose()
        client = connect(settings, valkey.url)  # its connections led to the server that was killed
        verdict = judge(initial, acts, await workload.end_of(client))
        drifts = (await Ledger(client).reconcile()).drifts
        await client.aclose()

    figure(10, said("database killed", verdict, back_after_ms=[round(s * 1000) for s in outages]))
    assert [] == verdict.faults
    assert [] == drifts


async def killed_and_back(valkey: EmbeddedValkey) -> float:
    """Kill the server and start it again; answers the outage in seconds."""
    assert valkey.process is not None
    valkey.process.kill()
    valkey.process.wait()
    began = time.monotonic()
    valkey.stop()
    valkey.start()  # on this thread: a child ends with the thread that started it
    return time.monotonic() - began


def test_the_checker_itself_knows_right_from_wrong():
    right = [
        Act("reserve", "a", 0, 1, "done", {"milk": 2}, {"milk": 2}),
        Act("cancel", "a", 2, 3, "done", {"milk": 2}, {"milk": 3}),
        Act("reserve", "b", 4, 5, "done", {"milk": 3}, {"milk": 4}),
    ]
    end = End({"milk": 3}, {"milk": 3}, {"milk": 4}, {"b": {"milk": 3}})

    assert [] == judge({"milk": 3}, right, end).faults
    assert 0 < judge({"milk": 2}, right, end).oversold
    assert 1 == judge({"milk": 3}, right, End({"milk": 3}, {"milk": 0}, {"milk": 4}, {})).lost
    late = [right[0], right[1], Act("reserve", "b", -2, -1, "done", {"milk": 3}, {"milk": 4})]
    assert ["milk: b comes after what began when it had ended"] == judge(
        {"milk": 3}, late, end
    ).faults


def test_the_checker_knows_changes_places_and_undo():
    one = [
        Act("reserve", "a", 0, 1, "done", {"milk": 2}, {"milk": 2}, "ten"),
        Act("update", "a", 2, 3, "done", {"milk": -1, "tea": 3}, {"milk": 3, "tea": 2}, "ten"),
        Act("missing", "a", 4, 5, "done", {"tea": 1}, {"tea": 3}, "ten"),
    ]
    collect = Act("collect", "a", 6, 7, "done", {"milk": 1, "tea": 2}, {"milk": 4, "tea": 4})
    undo = Act("undo", "a", 8, 9, "done", {"milk": 1, "tea": 2}, {"milk": 5, "tea": 5})
    stock = {"milk": 2, "tea": 3}
    gone = End({"milk": 1, "tea": 1}, {"milk": 0, "tea": 0}, {"milk": 4, "tea": 4}, {}, capacity=1)
    back = End(stock, {"milk": 1, "tea": 2}, {"milk": 5, "tea": 5}, {"a": {"milk": 1, "tea": 2}})
    two = replace(back, on_hand={"milk": 1, "tea": 1})
    kept = replace(gone, places={"ten": 1})

    assert [] == judge(stock, [*one, collect], gone).faults
    assert [] == judge(stock, [*one, collect, undo], replace(back, capacity=1)).faults
    assert 1 == judge(stock, [*one, collect], replace(back, capacity=1)).both
    assert 1 == judge(stock, [*one, collect, undo], gone).lost
    assert 0 < len(judge(stock, [*one, collect, undo], replace(two, capacity=1)).faults)
    assert ["ten: 1 places are counted, holds have 0"] == judge(stock, [*one, collect], kept).faults
    other = Act("reserve", "b", 5.2, 5.5, "done", {}, {}, "ten")
    both = replace(gone, holds={"b": {}}, slots={"b": "ten"}, places={"ten": 1})
    assert 1 == judge(stock, [*one, collect, other], both).overbooked
    other.began, other.ended = 6.1, 7.1  # perhaps after the hand-over
    assert [] == judge(stock, [*one, collect, other], both).faults
