"""How much a caller may ask, by the generic cell rate algorithm (GCRA).

For each caller one moment is kept: when its limit would be whole again. A call moves it on by the
time that it costs, and is refused when it would lie more than the burst ahead (ITU-T I.371, the
"virtual scheduling" form). Nothing fills up in the background, and the wait is known exactly.
"""

import datetime as dt
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.chassis.database.client import Client, script
from services.chassis.database.failures import FAILURES
from services.chassis.errors import DatabaseUnavailable, ResourceExhausted

KEPT_MOST = 100_000
"""Callers that a process counts at once; beyond that those nearest to being whole are forgotten."""
GRACE_NS = 1000
"""A wait that is shorter cannot be told."""


class RateLimited(ResourceExhausted):
    """The caller asks too much; it says when to ask again."""

    reason = "RATE_LIMITED"


class TooManyStreams(ResourceExhausted):
    """The caller has as many streams open as it may."""

    reason = "TOO_MANY_STREAMS"


class LocalLimits:
    """Limits counted in this process. Several processes together allow as many times more."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._whole_ns: dict[str, int] = {}

    def take(self, counted: str, cost_s: float, burst_s: float) -> None:
        """Take from a limit the time that a call costs.

        Raises:
            RateLimited: there is no room yet.
        """
        # Whole nanoseconds, and as many of grace as their rounding may sum up to: as floats, a
        # moment and a cost are not told apart again, and the first call could be refused.
        now_ns, cost_ns, burst_ns = (round(x * 1e9) for x in (self._now_s(), cost_s, burst_s))
        whole_ns = max(self._whole_ns.get(counted, now_ns), now_ns) + cost_ns
        wait_ns = whole_ns - now_ns - max(burst_ns, cost_ns)
        if wait_ns > GRACE_NS:
            raise limited(wait_ns / 1e9)
        self._whole_ns[counted] = whole_ns
        if len(self._whole_ns) > KEPT_MOST:
            self._forget(now_ns)

    def _forget(self, now_ns: int) -> None:
        used = {who: whole_ns for who, whole_ns in self._whole_ns.items() if whole_ns > now_ns}
        if len(used) > KEPT_MOST // 2:
            used = dict(sorted(used.items(), key=lambda item: item[1])[-KEPT_MOST // 2 :])
        self._whole_ns = used


class SharedLimits:
    """Limits counted in Redis, by all processes together and by its clock."""

    def __init__(self, client: Client) -> None:
        self._gcra = script(client, "services.chassis.access", "gcra")

    async def take(self, counted: str, cost_s: float, burst_s: float) -> None:
        """Take from a limit the time that a call costs.

        Raises:
            RateLimited: there is no room yet.
            DatabaseUnavailable: the database cannot be reached.
        """
        name = hashlib.blake2b(counted.encode(), digest_size=12).hexdigest()
        times_us = [round(cost_s * 1e6), round(max(burst_s, cost_s) * 1e6)]
        try:
            wait_us = await self._gcra([f"{{limit:{name}}}"], times_us)
        except FAILURES as error:
            raise DatabaseUnavailable(
                "the limit of this caller cannot be checked now; try again"
            ) from error
        if wait_us:
            raise limited(wait_us / 1e6)


class Streams:
    """How many streams each caller has open in this process."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextmanager
    def one(self, counted: str, most: int) -> Iterator[None]:
        """Count one stream while it is open.

        Raises:
            TooManyStreams: the caller has as many as it may.
        """
        if self._open[counted] >= most:
            raise TooManyStreams(
                f"at most {most} streams may be open", retry_after=dt.timedelta(seconds=10)
            )
        self._open[counted] += 1
        try:
            yield
        finally:
            self._open[counted] -= 1
            if not self._open[counted]:
                del self._open[counted]


def limited(wait_s: float) -> RateLimited:
    """The error that says how long to wait."""
    wait = dt.timedelta(seconds=wait_s)
    return RateLimited(f"too many calls; wait {wait_s:.1f} s", retry_after=wait)
