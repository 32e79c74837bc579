"""Runs background loops that go on when the database fails."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Counter, Gauge

from services.chassis import chance
from services.chassis.database.failures import FAILURES
from services.chassis.errors import ServiceError

PASSED = Gauge("enrayon_loop_passed_timestamp_seconds", "When a loop last did its work.", ["loop"])
PAUSE = Gauge("enrayon_loop_pause_seconds", "How long a loop rests when it is done.", ["loop"])
FAILED = Counter("enrayon_loop_failures", "Times that a loop could not do its work.", ["loop"])

AFTER_FAILURE_S = (0.2, 0.6)
"""Added to the pause, so that loops do not ask a database that is down without end, nor at once."""

log = structlog.get_logger()


async def forever(name: str, pause_s: float, act: Callable[[], Awaitable[bool | None]]) -> None:
    """Act again and again until cancelled; go on when the database fails or a call is refused.

    Args:
        name: of the loop, in logs and metrics.
        pause_s: time between two acts.
        act: does the work once; True means that there is more to do, so that no pause follows.
    """
    is_well = True
    PAUSE.labels(name).set(pause_s)
    while True:
        try:
            is_more = await act()
            if not is_well:
                log.info("working again", loop=name)
            is_well = True
            PASSED.labels(name).set_to_current_time()
        except (*FAILURES, ServiceError) as error:
            if is_well:
                log.warning("cannot work", loop=name, error=type(error).__name__)
            is_well, is_more = False, False
            FAILED.labels(name).inc()
            await asyncio.sleep(chance.uniform(*AFTER_FAILURE_S))
        if not is_more:
            await asyncio.sleep(pause_s)
