"""Acts on levels and holds in the fewest words; the clock is given."""

from services.stock.model.holds import encoded
from services.stock.model.levels import Level, packed_row
from services.stock.state.holds import NO_REQUEST, Holds, Outcome, Request
from services.stock.state.levels import Levels

STORE = "t-kamppi"
OTHER = "t-sello"
T0 = 1_700_000_000_000
"""The moment at which tests begin, in ms."""
MINUTE = 60_000
FRESH = 10 * 365 * 86_400_000


async def stated(levels: Levels, store: str = STORE, sequence: int = 1, **units: int) -> bytes:
    """A snapshot of a store: SKUs with units on hand."""
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
    request: Request = NO_REQUEST,
    partial: bool = False,
    only_look: bool = False,
    **lines: int,
) -> Outcome:
    """A try to hold units of SKUs."""
    return await holds.reserve(
        store,
        encoded(id, "anonymous", "", 0),
        lines,
        ttl_ms=ttl_ms,
        fresh_ms=FRESH,
        request=request,
        partial=partial,
        only_look=only_look,
        now_ms=now_ms,
    )
