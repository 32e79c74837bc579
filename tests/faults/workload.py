"""Clients that hold, cancel and collect at one store, retry ambiguous calls, and keep a log."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping

from services.chassis.database.client import Client
from services.chassis.database.failures import as_service_error
from services.chassis.errors import Unavailable
from services.stock.model.holds import Hold, encoded
from services.stock.model.levels import packed_row
from services.stock.state.holds import Holds, Outcome, request_key
from services.stock.state.levels import Levels
from tests.faults.checker import Act, End

STORE = "t-kamppi"
SKUS = ("milk", "bread", "eggs", "salt", "tea")
LONG_MS = 3_600_000
TRIES = 6000
PAUSE_S = 0.02


async def stocked(client: Client, units: int) -> dict[str, int]:
    """Feed so many units of each product."""
    rows = b"".join(packed_row(sku, units, 0, 0) for sku in SKUS)
    await Levels(client).set(STORE, "erp", 1, int(time.time()), rows)
    return dict.fromkeys(SKUS, units)


async def run(
    holds: Holds, clients: int, acts_each: int, seed: int, log: list[Act] | None = None
) -> list[Act]:
    """Let clients act at the same time; answers their acts, which `log` gets as they go."""
    log = [] if log is None else log
    await asyncio.gather(
        *(one_client(holds, number, acts_each, seed, log) for number in range(clients))
    )
    return log


async def one_client(holds: Holds, number: int, count: int, seed: int, log: list[Act]) -> None:
    """Let one client act, one thing after the other."""
    rng = random.Random(seed * 1000 + number)
    mine: list[Hold] = []
    for turn in range(count):
        if mine and rng.random() < 0.55:
            hold = mine.pop(rng.randrange(len(mine)))
            kind = "cancel" if rng.random() < 0.8 else "collect"
            log.append(await end_hold(holds, hold, kind))
            continue
        lines = {sku: rng.randint(1, 3) for sku in rng.sample(SKUS, rng.randint(1, 3))}
        act, hold_made = await reserved(holds, f"c{number}-{turn}", lines)
        log.append(act)
        if hold_made is not None:
            mine.append(hold_made)


async def reserved(holds: Holds, id: str, lines: Mapping[str, int]) -> tuple[Act, Hold | None]:
    """Hold a basket, with retries by the same key until there is an answer."""
    request = request_key("anonymous", "create", id, repr(sorted(lines.items())).encode())

    def attempt() -> Awaitable[Outcome]:
        record = encoded(id, "anonymous", "", 0)
        return holds.reserve(
            STORE, record, lines, ttl_ms=LONG_MS, fresh_ms=10 * LONG_MS, request=request
        )

    began = time.monotonic()
    outcome = await until_answered(attempt)
    act = Act("reserve", id, began, time.monotonic(), "unknown", dict(lines))
    if outcome is None:
        return act, None
    if outcome.found is None:
        act.outcome, act.units = "refused", {}
        return act, None
    hold = outcome.hold
    act.outcome, act.hold = "done", hold.id
    act.units = {item.sku: item.held for item in hold.items}
    act.versions = {item.sku: item.version for item in hold.items}
    return act, hold


async def end_hold(holds: Holds, hold: Hold, kind: str) -> Act:
    """Cancel or collect a hold, with retries until there is an answer."""
    request = request_key("anonymous", kind, hold.id, b"")
    argument = {"all": True} if kind == "collect" else {}

    def attempt() -> Awaitable[Outcome]:
        return holds.transition(STORE, hold.id, kind, request=request, argument=argument)

    began = time.monotonic()
    outcome = await until_answered(attempt)
    units = {item.sku: item.held for item in hold.items}
    act = Act(kind, hold.id, began, time.monotonic(), "unknown", units)
    if outcome is not None:
        act.outcome = "done" if outcome.word in ("done", "same") else f"refused {outcome.word}"
    if act.outcome == "done" and outcome is not None:
        act.versions = {item.sku: item.version for item in outcome.hold.items}
    return act


async def until_answered(attempt: Callable[[], Awaitable[Outcome]]) -> Outcome | None:
    """Try until there is an answer; None when all attempts fail."""
    for _ in range(TRIES):
        try:
            return await attempt()
        except Exception as error:
            told = as_service_error(error)
            if not isinstance(error, OSError) and not isinstance(told, Unavailable):
                raise
            await asyncio.sleep(PAUSE_S)
    return None


async def end_of(client: Client) -> End:
    """The stock and the holds, read after the last client has stopped."""
    levels = (await Levels(client).read([STORE], SKUS))[STORE].levels
    known = {sku: level for sku, level in zip(SKUS, levels, strict=True) if level is not None}
    live = [hold for hold in await Holds(client).of_store(STORE) if hold.is_live]
    return End(
        {sku: level.on_hand for sku, level in known.items()},
        {sku: level.reserved for sku, level in known.items()},
        {sku: level.version for sku, level in known.items()},
        {hold.id: {i.sku: i.held - i.collected for i in hold.items} for hold in live},
    )
