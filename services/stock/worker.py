"""Background loops: they end expired holds, fire alerts, trim ledgers. Many may run at once."""

from collections.abc import Awaitable, Callable
from functools import partial

from services.chassis.clock import Clock, wall_s
from services.chassis.database.failures import FAILURES
from services.chassis.database.outbox import Tell
from services.chassis.errors import ServiceError
from services.chassis.loops.forever import forever
from services.directory.directory import Directory
from services.directory.parts import Loop
from services.directory.trading import not_open
from services.stock import metrics
from services.stock.model.ledger import entry_id
from services.stock.model.partitions import PARTITIONS
from services.stock.resources.alert_firing import AlertFiring
from services.stock.resources.arrivals import Arrivals
from services.stock.resources.notices import Notices
from services.stock.state.alerts import Alerts
from services.stock.state.demand import Demand
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from services.stock.state.matching import Matching

SWEEP_EVERY_S = 1.0
SWEEP_LOOK_S = 30.0
"""Longest wait for a hold to end."""
MATCH_EVERY_S = 0.02
"""After each turn: movements that come together are matched together."""
LOOK_EVERY_S = 5.0
"""Longest wait for a movement: then claims that another worker left behind are found."""
CROSS_EVERY_S = 0.02
"""After each turn: facts that come together are told together."""
NOTICE_EVERY_S = 0.2
"""After each turn: changes that come together are looked at together."""
TRIM_EVERY_S = 60.0
FLUSH_EVERY_S = 5.0
FORGET_EVERY_S = 3600.0
LEDGER_KEPT_MS = 3 * 86_400_000
"""Time for which watchers and exports find movements."""
ALERTS_KEPT_MS = 7 * 86_400_000
"""Time for which alerts can be read after they fired or expired."""


def workers(
    holds: Holds, firing: AlertFiring, ledger: Ledger, directory: Directory, clock: Clock
) -> dict[str, Loop]:
    """The loops of `enrayon work`."""

    def is_open(store: str) -> bool:
        return not_open(directory, store, clock()) is None

    return {
        "stock.sweep": partial(forever, "stock sweep", SWEEP_EVERY_S, partial(sweep, holds)),
        "stock.alerts": partial(
            forever, "stock alerts", MATCH_EVERY_S, partial(match, firing, is_open)
        ),
        "stock.forget": partial(
            forever, "stock forget", FORGET_EVERY_S, partial(forget, firing.alerts)
        ),
        "stock.ledger": partial(
            forever, "stock ledger", TRIM_EVERY_S, partial(trim, firing.matching, ledger)
        ),
    }


def crossing(turn: Callable[[Tell], Awaitable[bool | None]], arrivals: Arrivals) -> Loop:
    """The loop that tells holds about the trips to them, by turns of their outbox."""
    return partial(forever, "stock arrivals", CROSS_EVERY_S, partial(turn, arrivals.tell))


def noticing(notices: Notices) -> Loop:
    """The loop of `enrayon work` that tells holds what becomes of their stores."""
    return partial(forever, "stock notices", NOTICE_EVERY_S, notices.run)


def background(demand: Demand) -> dict[str, Loop]:
    """The loops of each process that serves stock."""
    return {"stock.demand": partial(forever, "stock demand", FLUSH_EVERY_S, partial(flush, demand))}


async def sweep(holds: Holds) -> None:
    """End expired holds; wait for the next one, or for a new hold, and end what is due then."""
    await holds.wakes.begin()
    wait_s = await end_expired(holds)
    await holds.wakes.wait(min(wait_s, SWEEP_LOOK_S))
    await end_expired(holds)


async def end_expired(holds: Holds) -> float:
    """End expired holds: their units are given back in the packed levels too.

    Answers the time until the next one is due.
    """
    count, wait_s = await holds.sweep_all()
    metrics.EXPIRED.inc(count)
    return wait_s


async def match(firing: AlertFiring, is_open: Callable[[str], bool]) -> bool:
    """Fire alerts; if no more movements wait, wait for the next, or for a place that is due."""
    wakes = firing.matching.wakes
    await wakes.begin()
    has_more, wait_s = await fire(firing, is_open)
    if not has_more:
        await wakes.wait(min(wait_s, LOOK_EVERY_S))
    return has_more


async def fire(
    firing: AlertFiring, is_open: Callable[[str], bool] = lambda _: True
) -> tuple[bool, float]:
    """Fire the alerts that new movements are enough for, and tell those that expire.

    Alerts of closed stores wait. A partition that fails holds up no other.

    Answers whether more movements wait, and the time until a place is due without one.

    Raises:
        ServiceError: at least one claim could not be taken.
    """
    lag_s, has_more, wait_s = 0.0, False, LOOK_EVERY_S
    failures: list[Exception] = []
    matching = firing.matching
    for news in await matching.news():
        if news.wait_s is not None and not news.places:
            wait_s = min(wait_s, news.wait_s)
        for store, sku in news.places:
            await matching.match(store, sku, is_open=is_open(store))
        if news.places or news.claims:
            try:
                metrics.FIRED.inc(await firing.claim_all(news.partition))
            except (*FAILURES, ServiceError) as failure:
                failures.append(failure)
            wait_s = 0.0  # what did not fire frees a promise, and its place is due
        await firing.expire_all(news.partition, news.expired)
        if news.last:
            await matching.set_matched(news.partition, news.last)
        if news.has_more:
            has_more = True
            lag_s = max(lag_s, wall_s() - entry_id(news.last)[0] / 1000)
    metrics.ALERTS_LAG.set(lag_s)
    if failures:
        raise failures[0]
    return has_more, wait_s


async def forget(alerts: Alerts, kept_ms: int = ALERTS_KEPT_MS) -> None:
    """Delete alerts that ended long ago; move what an older version left."""
    await alerts.move_deliveries()
    await alerts.forget(int(wall_s() * 1000) - kept_ms)


async def trim(matching: Matching, ledger: Ledger, kept_ms: int = LEDGER_KEPT_MS) -> None:
    """Trim the old part of each ledger, as far as it is matched with alerts; count lost events."""
    until_ms = int(wall_s() * 1000) - kept_ms
    for partition in range(PARTITIONS):
        matched = await matching.matched_to(partition) or "0-0"
        milliseconds, number = min(entry_id(matched), (until_ms, 0))
        while await ledger.trim(partition, f"{milliseconds}-{number}"):
            pass
    metrics.EVENTS_DROPPED.set(await ledger.dropped_events())


async def flush(demand: Demand) -> None:
    """Write the counts of unmet demand."""
    await demand.flush()
