"""Background loops that outlive a lost store."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import redis.exceptions
import structlog
from prometheus_client import Counter, Gauge

from services.chassis.errors import ServiceError

PASSED = Gauge("enrayon_loop_passed_timestamp_seconds", "When a loop last did its work.", ["loop"])
PAUSE = Gauge("enrayon_loop_pause_seconds", "How long a loop rests when it is done.", ["loop"])
FAILED = Counter("enrayon_loop_failures", "Times that a loop could not do its work.", ["loop"])

log = structlog.get_logger()


async def forever(name: str, pause_s: float, act: Callable[[], Awaitable[bool]]) -> None:
    """Act again and again, after a pause when there was nothing to do; survive a lost store."""
    is_well = True
    PAUSE.labels(name).set(pause_s)
    while True:
        try:
            busy = await act()
            if not is_well:
                log.info("working again", loop=name)
            is_well = True
            PASSED.labels(name).set_to_current_time()
        except (redis.exceptions.RedisError, OSError, ServiceError) as error:
            if is_well:
                log.warning("cannot work", loop=name, error=type(error).__name__)
            is_well, busy = False, False
            FAILED.labels(name).inc()
            await asyncio.sleep(random.uniform(0.2, 0.6))
        if not busy:
            await asyncio.sleep(pause_s)
