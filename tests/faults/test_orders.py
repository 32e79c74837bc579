"""Slots and changes of holds while replies are lost and the database is killed; and mutants."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis.exceptions
from redis.asyncio import RedisCluster

from services.chassis.database.client import Client, connect
from services.chassis.database.failures import as_service_error
from services.chassis.errors import ResourceExhausted
from services.stock.model.holds import encoded
from services.stock.model.slots import Slot
from services.stock.state.holds import Holds, Outcome, request_key
from services.stock.state.ledger import Ledger
from services.stock.state.slots import Slots
from tests.backends import server
from tests.faults import workload
from tests.faults.mutants import changed
from tests.faults.proxy import proxied
from tests.faults.test_holds import client, database_url, killed_and_back, settings
from tests.faults.workload import LONG_MS, SKUS, STORE, until_answered

__all__ = ["client", "database_url", "settings"]

SLOTS = tuple(Slot(2, at, at + 3600) for at in range(2_000_000_000, 2_000_014_400, 3600))
CAPACITY = 3
CLIENTS = 8

State = tuple[dict[str, int], Slot | None]


@dataclass
class Seen:
    """What the clients were told, and what was seen meanwhile."""

    expected: dict[str, State] = field(default_factory=dict)
    acts: int = 0
    done: int = 0
    overbooked: int = 0


def state_of(outcome: Outcome) -> State:
    hold = outcome.hold
    return {item.sku: item.held for item in hold.items}, hold.slot


async def one_client(holds: Holds, number: int, turns: int, seen: Seen) -> None:
    """Holds, then changes its hold again and again; each answer is what the hold is."""
    rng = random.Random(number)
    id = f"order-{number}"

    def wanted() -> tuple[dict[str, int], Slot | None]:
        lines = {sku: rng.randint(1, 3) for sku in rng.sample(SKUS, rng.randint(1, 3))}
        return lines, rng.choice((*SLOTS, None))

    def made(lines: dict[str, int], key: Any) -> Any:
        record = encoded(id, "anonymous", "", 2)
        return holds.reserve(
            STORE, record, lines, ttl_ms=LONG_MS, fresh_ms=10 * LONG_MS, request=key
        )

    lines, _ = wanted()
    first = await until_answered(lambda: made(lines, request_key("a", "create", id, b"")))
    assert first
    if first.found is None:
        return
    seen.expected[id] = state_of(first)
    for turn in range(turns):
        lines, slot = wanted()
        key = request_key("a", "update", f"{id} {turn}", repr((lines, slot)).encode())
        terms: dict[str, Any] = {
            "fresh_ms": 10 * LONG_MS,
            "m": 2,
            "pickup": True,
            "capacity": CAPACITY,
            "ttl": 1,
        }
        if slot:
            terms["sl"] = list(slot)

        def attempt(lines: Any = lines, terms: Any = terms, key: Any = key) -> Any:
            return holds.update(STORE, id, lines, terms, policy=b"", request=key)

        outcome = await until_answered(attempt)
        assert outcome
        seen.acts += 1
        if outcome.word in ("done", "same"):
            seen.done += 1
            seen.expected[id] = state_of(outcome)
            assert (lines, slot) == seen.expected[id]
        else:
            assert outcome.word in ("short", "full")


async def look(client: Client, seen: Seen) -> None:
    """See again and again, in one script, how many holds have a place in each slot."""
    holds = Holds(client)
    while True:
        try:
            found = await holds.of_store(STORE)
        except (redis.exceptions.RedisError, OSError):
            continue
        taken = Counter(hold.slot for hold in found if hold.is_live and hold.slot)
        over = max(taken.values(), default=0) - CAPACITY
        seen.overbooked = max(seen.overbooked, over)
        await asyncio.sleep(0.005)


async def faults_of(client: Client, seen: Seen) -> list[str]:
    """The differences between what clients were told, the holds, the places and the levels."""
    live = {hold.id: hold for hold in await Holds(client).of_store(STORE) if hold.is_live}
    found = {
        id: ({item.sku: item.held for item in hold.items}, hold.slot) for id, hold in live.items()
    }
    taken = Counter(slot for _, slot in found.values())
    counted = await Slots(client).taken(STORE, SLOTS)
    faults = [
        f"{id}: told {told}, is {found.get(id)}"
        for id, told in seen.expected.items()
        if found.get(id) != told
    ]
    faults += [
        f"{slot.id}: {count} places counted, {taken[slot]} taken"
        for slot, count in zip(SLOTS, counted, strict=True)
        if count != taken[slot]
    ]
    faults += [str(drift) for drift in (await Ledger(client).reconcile()).drifts]
    return faults


async def changes(holds: Holds, watcher: Client, turns: int) -> Seen:
    seen = Seen()
    looking = asyncio.create_task(look(watcher, seen))
    await asyncio.gather(*(one_client(holds, n, turns, seen) for n in range(CLIENTS)))
    looking.cancel()
    return seen


async def test_changes_of_holds_cut_by_lost_replies_and_kills_are_whole(tmp_path, settings, figure):
    with server(tmp_path) as valkey:
        client = connect(settings, valkey.url)
        await workload.stocked(client, 12)
        running = asyncio.create_task(changes(Holds(client), client, 60))
        for _ in range(2):
            await asyncio.sleep(0.15)
            await killed_and_back(valkey)
        killed = await running
        await client.aclose()
        client = connect(settings, valkey.url)
        faults = await faults_of(client, killed)
        await client.flushall()
        await workload.stocked(client, 12)
        async with proxied(valkey.url, seed=5) as proxy:
            proxy.lose = 0.05
            lossy = proxy.connect(settings)
            lost = await changes(Holds(lossy), client, 60)
            await lossy.aclose()
        faults += await faults_of(client, lost)
        await client.aclose()

    figure(
        59,
        f"{killed.acts + lost.acts} changes of lines and slots, killed twice, {proxy.lost} replies "
        f"lost: {killed.done + lost.done} done, overbooked {killed.overbooked + lost.overbooked}, "
        f"faults {len(faults)}",
    )
    assert [] == faults
    assert 0 == killed.overbooked == lost.overbooked
    assert 0 < proxy.lost
    assert 0 < lost.done < lost.acts


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("taken - given_back >= capacity", "taken - given_back > capacity"),
        ("if hold.sl then move_place(store, hold.sl, -1) end\n  if terms.sl", "if terms.sl"),
        ("", ""),
    ],
    ids=["one place too many", "the old place is kept", "no mutant"],
)
async def test_the_check_catches_mutants_of_a_change(client, settings, old, new):
    holds = Holds(client)
    if old:
        holds._update = changed(client, "update", (old, new))
    await workload.stocked(client, 60)
    seen = await changes(holds, client, 40)
    faults = await faults_of(client, seen)
    assert bool(old) is bool(seen.overbooked or faults)


async def test_with_the_memory_full_a_place_still_returns(client, figure):
    await workload.stocked(client, 5)
    holds, slots = Holds(client), Slots(client)

    def hold(id: str, ttl_ms: int = LONG_MS) -> Any:
        record = encoded(id, "anonymous", "", 2, slot=SLOTS[0])
        return holds.reserve(
            STORE, record, {"milk": 1}, ttl_ms=ttl_ms, fresh_ms=10 * LONG_MS, capacity=2
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
