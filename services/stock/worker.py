"""Background loops: ends expired holds, fires alerts, trims ledgers. Any number may run at once."""

import time

from services.stock import metrics
from services.stock.model.partitions import PARTITIONS
from services.stock.state.alerts import ENTRIES, Alerts
from services.stock.state.demand import Demand
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger, position

SWEEP_EVERY_S = 1.0
MATCH_EVERY_S = 0.25
TRIM_EVERY_S = 60.0
FLUSH_EVERY_S = 5.0
FORGET_EVERY_S = 3600.0
LEDGER_KEPT_MS = 3 * 86_400_000
ALERTS_KEPT_MS = 7 * 86_400_000


async def sweep(holds: Holds) -> None:
    """Give back what expired holds still seem to hold."""
    metrics.EXPIRED.inc(await holds.sweep_all())


async def fire(alerts: Alerts) -> None:
    """Match what came into stock with who waits for it."""
    lag_s = 0.0
    for news in await alerts.news():
        for store, sku in news.places:
            await alerts.match(store, sku)
        if news.places or news.claims:
            metrics.FIRED.inc(await alerts.claim_all(news.partition))
        if news.last:
            await alerts.set_matched(news.partition, news.last)
        if news.entries == ENTRIES:  # there are more
            lag_s = max(lag_s, time.time() - position(news.last)[0] / 1000)
    metrics.ALERTS_LAG.set(lag_s)


async def forget(alerts: Alerts) -> None:
    """Forget alerts that ended long ago."""
    await alerts.forget(int(time.time() * 1000) - ALERTS_KEPT_MS)


async def trim(alerts: Alerts, ledger: Ledger, kept_ms: int = LEDGER_KEPT_MS) -> None:
    """Sum up and drop the old part of each ledger that nobody needs any more."""
    until_ms = int(time.time() * 1000) - kept_ms
    for partition in range(PARTITIONS):
        matched = await alerts.matched_to(partition) or "0-0"
        keep_after = min(position(matched), (until_ms, 0))
        while await ledger.trim(partition, f"{keep_after[0]}-{keep_after[1]}"):
            pass


async def flush(demand: Demand) -> None:
    """Write what searches did not find."""
    await demand.flush()
