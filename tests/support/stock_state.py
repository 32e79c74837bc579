"""Acts on levels and holds in few words; the clock is given."""

from typing import Any

from services.chassis.database.client import Client
from services.directory.events import Event, event_of
from services.stock.model.holds import encoded
from services.stock.model.levels import Level, packed_row
from services.stock.model.partitions import StoreKeys
from services.stock.model.slots import Slot
from services.stock.state.holds import NO_KEY, Holds, Outcome, RequestKey
from services.stock.state.levels import Levels

STORE = "t-kamppi"
OTHER = "t-sello"
T0 = 1_700_000_000_000
"""The instant at which tests begin, in ms."""
MINUTE = 60_000
FRESH = 10 * 365 * 86_400_000


async def stated(levels: Levels, store: str = STORE, sequence: int = 1, **units: int) -> bytes:
    """Feeds a snapshot of a store: SKU=units on hand."""
    rows = b"".join(packed_row(sku, on_hand, 0, 0) for sku, on_hand in units.items())
    return await levels.set(store, "erp", sequence, T0 // 1000, rows)


async def level(levels: Levels, sku: str, store: str = STORE, now_ms: int = T0) -> Level:
    """One level."""
    [found] = (await levels.read([store], [sku], now_ms))[store].levels
    assert found is not None
    return found


async def reserved(
    holds: Holds,
    id: str,
    *,
    store: str = STORE,
    ttl_ms: int = 10 * MINUTE,
    now_ms: int = T0,
    request: RequestKey = NO_KEY,
    partial: bool = False,
    validate_only: bool = False,
    slot: Slot | None = None,
    capacity: int = 0,
    shopper: str = "",
    **lines: int,
) -> Outcome:
    """Tries to hold a basket: SKU=units."""
    return await holds.reserve(
        store,
        encoded(id, "anonymous", shopper, 0, slot=slot),
        lines,
        ttl_ms=ttl_ms,
        fresh_ms=FRESH,
        request=request,
        capacity=capacity,
        partial=partial,
        validate_only=validate_only,
        now_ms=now_ms,
    )


async def updated(
    holds: Holds,
    id: str,
    lines: dict[str, int],
    *,
    store: str = STORE,
    slot: Slot | None = None,
    capacity: int = 0,
    now_ms: int = T0,
    request: RequestKey = NO_KEY,
) -> Outcome:
    """Tries to change the lines and the slot of a hold; its life stays."""
    terms: dict[str, Any] = {
        "fresh_ms": FRESH,
        "m": 0,
        "pickup": True,
        "capacity": capacity,
        "ttl": 1,
    }
    if slot:
        terms["sl"] = list(slot)
    return await holds.update(store, id, lines, terms, policy=b"", request=request, now_ms=now_ms)


async def told(database: Client, store: str = STORE) -> list[Event]:
    """The events of a store that are kept, the oldest first."""
    entries = await database.xrange(StoreKeys.of(store).events)
    events = [event_of(fields[b"j"]) for _, fields in entries]
    return [event for event in events if event.store == store]
