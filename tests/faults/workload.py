"""Clients at one store: they hold, change, cancel, collect and undo, retry, and keep a log."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from services.chassis.database.client import Client
from services.chassis.database.failures import as_service_error
from services.chassis.errors import ResourceExhausted, Unavailable
from services.stock.model.holds import Hold, encoded
from services.stock.model.levels import packed_row
from services.stock.model.partitions import StoreKeys
from services.stock.model.slots import Slot
from services.stock.state.holds import Holds, Outcome, request_key
from services.stock.state.levels import Levels
from services.stock.state.slots import Slots
from tests.faults.checker import Act, End
from tests.support.stock_state import told

STORE = "t-kamppi"
SKUS = ("milk", "bread", "eggs", "salt", "tea")
SLOTS = tuple(Slot(2, at, at + 3600) for at in range(2_000_000_000, 2_000_014_400, 3600))
CAPACITY = 3
"""Places of each slot."""
LONG_MS = 3_600_000
AGAIN = (Unavailable, ResourceExhausted)
TRIES = 6000
PAUSE_S = 0.02


async def stocked(client: Client, units: int) -> dict[str, int]:
    """Feed so many units of each product."""
    rows = b"".join(packed_row(sku, units, 0, 0) for sku in SKUS)
    await Levels(client).set(STORE, "erp", 1, int(time.time()), rows)
    return dict.fromkeys(SKUS, units)


async def run(
    holds: Holds,
    clients: int,
    acts_each: int,
    seed: int,
    log: list[Act] | None = None,
    *,
    with_changes: bool = True,
) -> list[Act]:
    """Let clients act at the same time; answers their acts, which `log` gets as they go.

    Without changes they take no slots, change no hold and undo nothing.
    """
    log = [] if log is None else log
    one = changing_client if with_changes else one_client
    await asyncio.gather(*(one(holds, number, acts_each, seed, log) for number in range(clients)))
    return log


async def one_client(holds: Holds, number: int, count: int, seed: int, log: list[Act]) -> None:
    """Let one client act, one thing after the other."""
    rng = random.Random(seed * 1000 + number)
    mine: list[Hold] = []
    for turn in range(count):
        if mine and rng.random() < 0.55:
            hold = mine.pop(rng.randrange(len(mine)))
            kind = "cancel" if rng.random() < 0.8 else "collect"
            act, _ = await transition(holds, hold, kind)
            log.append(act)
            continue
        act, made = await reserved(holds, f"c{number}-{turn}", basket(rng))
        log.append(act)
        if made is not None:
            mine.append(made)


async def changing_client(holds: Holds, number: int, count: int, seed: int, log: list[Act]) -> None:
    """Let one client act: with slots, changes, hand-overs in parts, undo, and goods not found."""
    rng = random.Random(seed * 1000 + number)
    mine: list[Hold] = []
    for turn in range(count):
        key = f"c{number}-{turn}"
        if not mine or rng.random() < 0.3:
            act, after = await reserved(holds, key, basket(rng), rng.choice((*SLOTS, None, None)))
            log.append(act)
            mine += [after] if after is not None else []
            continue
        hold = mine.pop(rng.randrange(len(mine)))
        kind = rng.choices(("update", "cancel", "collect", "missing"), (5, 3, 3, 1))[0]
        if kind == "update":
            lines = basket(rng) | {
                item.sku: item.collected for item in hold.items if item.collected
            }
            act, after = await updated(holds, hold, key, lines, rng.choice((*SLOTS, None)))
        else:
            left = sorted(held_by(hold).items())
            part = dict(rng.sample(left, min(1, len(left)))) if rng.random() < 0.5 else {}
            act, after = await transition(holds, hold, kind, part, key)
        log.append(act)
        if kind == "collect" and after is not None and rng.random() < 0.4:
            act, after = await undone(holds, after, act)
            log.append(act)
        if after is not None and after.is_live:
            mine.append(after)


def basket(rng: random.Random) -> dict[str, int]:
    """Some products, a few units of each."""
    return {sku: rng.randint(1, 3) for sku in rng.sample(SKUS, rng.randint(1, 3))}


def held_by(hold: Hold) -> dict[str, int]:
    """SKU -> units that it still holds."""
    return {item.sku: left for item in hold.items if (left := item.held - item.collected)}


def settled(act: Act, outcome: Outcome | None) -> tuple[Act, Hold | None]:
    """The act with its answer, and the hold then; None for the hold if the answer is not known."""
    act.ended = time.monotonic()
    if outcome is None:
        return act, None
    if outcome.word not in ("new", "done", "same"):
        act.outcome, act.units = f"refused {outcome.word}", {}
        return act, None
    hold = outcome.hold
    act.outcome, act.hold = "done", hold.id
    act.versions = {item.sku: item.version for item in hold.items}
    act.slot = hold.slot.id if hold.is_live and hold.slot else ""
    return act, hold


async def reserved(
    holds: Holds, id: str, lines: Mapping[str, int], slot: Slot | None = None
) -> tuple[Act, Hold | None]:
    """Hold a basket, with retries by the same key until there is an answer."""
    body = repr((sorted(lines.items()), slot)).encode()
    request = request_key("anonymous", "create", id, body)
    place = {"capacity": CAPACITY} if slot else {}

    def attempt() -> Awaitable[Outcome]:
        record = encoded(id, "anonymous", "", 0, slot=slot)
        return holds.reserve(
            STORE, record, lines, ttl_ms=LONG_MS, fresh_ms=10 * LONG_MS, request=request, **place
        )

    act = Act("reserve", id, time.monotonic(), 0, "unknown", dict(lines))
    act, hold = settled(act, await until_answered(attempt))
    if hold is not None:
        act.units = {item.sku: item.held for item in hold.items}
    return act, hold


async def updated(
    holds: Holds, hold: Hold, key: str, lines: Mapping[str, int], slot: Slot | None
) -> tuple[Act, Hold | None]:
    """Change the lines and the slot of a hold; refused, it is what it was."""
    terms: dict[str, Any] = {"fresh_ms": 10 * LONG_MS, "m": 2, "pickup": True, "ttl": 1}
    terms |= {"capacity": CAPACITY, "sl": list(slot)} if slot else {}
    request = request_key("anonymous", "update", key, repr((sorted(lines.items()), slot)).encode())

    def attempt() -> Awaitable[Outcome]:
        return holds.update(STORE, hold.id, lines, terms, policy=b"", request=request)

    before = {item.sku: item.held for item in hold.items}

    def difference(after: Mapping[str, int]) -> dict[str, int]:
        return {
            sku: after.get(sku, 0) - before.get(sku, 0)
            for sku in {*before, *after}
            if after.get(sku, 0) != before.get(sku, 0)
        }

    act = Act("update", hold.id, time.monotonic(), 0, "unknown", difference(lines))
    outcome = await until_answered(attempt)
    act, after = settled(act, outcome)
    if after is not None:
        act.units = difference({item.sku: item.held for item in after.items})
    return act, hold if after is None and outcome is not None else after


async def transition(
    holds: Holds, hold: Hold, kind: str, part: Mapping[str, int] | None = None, key: str = ""
) -> tuple[Act, Hold | None]:
    """Cancel or collect a hold, or a part of it; or some of it is missing."""
    units = held_by(hold)
    argument: dict[str, Any] = {"all": True} if kind == "collect" else {}
    if kind != "cancel" and (part or kind == "missing"):
        units = dict(part or units)
        argument = {"l": units, "x": "none left"}
    request = request_key("anonymous", kind, key or hold.id, repr(sorted(units.items())).encode())

    def attempt() -> Awaitable[Outcome]:
        return holds.transition(STORE, hold.id, kind, request=request, argument=argument)

    act = Act(kind, hold.id, time.monotonic(), 0, "unknown", units)
    return settled(act, await until_answered(attempt))


async def undone(holds: Holds, hold: Hold, collect: Act) -> tuple[Act, Hold | None]:
    """Take back the hand-over that was the last act on a hold."""
    act = Act("undo", hold.id, time.monotonic(), 0, "unknown", collect.units)
    return settled(act, await until_answered(lambda: holds.undo(STORE, hold.id)))


async def until_answered(attempt: Callable[[], Awaitable[Any]]) -> Any:
    """Try until there is an answer; None when all attempts fail.

    Refused at once by a full memory, nothing was changed: the word of the answer is `memory`.
    """
    for attempts in range(TRIES):
        try:
            return await attempt()
        except Exception as error:
            told = as_service_error(error)
            if isinstance(told, ResourceExhausted) and not attempts:
                await asyncio.sleep(PAUSE_S)
                return Outcome("memory")
            if not isinstance(error, OSError) and not isinstance(told, AGAIN):
                raise
            await asyncio.sleep(PAUSE_S)
    return None


async def end_of(client: Client) -> End:
    """The stock and the holds, read after the last client has stopped."""
    levels = (await Levels(client).read([STORE], SKUS))[STORE].levels
    known = {sku: level for sku, level in zip(SKUS, levels, strict=True) if level is not None}
    kept = await Holds(client).of_store(STORE)
    live = [hold for hold in kept if hold.is_live]
    events: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for event in await told(client, STORE):
        id, _, revision = event.id.partition(".")
        events[id].append((int(revision), event.data["state"]))
    places = await Slots(client).taken(STORE, SLOTS)
    return End(
        {sku: level.on_hand for sku, level in known.items()},
        {sku: level.reserved for sku, level in known.items()},
        {sku: level.version for sku, level in known.items()},
        {hold.id: held_by(hold) for hold in live},
        {hold.id: hold.slot.id for hold in live if hold.slot},
        {slot.id: count for slot, count in zip(SLOTS, places, strict=True) if count},
        CAPACITY,
        {hold.id: (hold.revision, hold.state) for hold in kept},
        events,
        int(await client.get(StoreKeys.of(STORE).dropped) or 0),
    )
