"""Limits of calls by the generic cell rate algorithm (GCRA), and of open streams.

One instant is kept for each caller: when its limit will be whole again. A call moves it on by the
time that the call costs, and is refused if it would lie more than the burst ahead (ITU-T I.371,
"virtual scheduling"). Nothing needs refilling, and the wait is known exactly.
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
"""Callers that a process counts; beyond that it forgets those nearest to a whole limit."""
GRACE_NS = 1000
"""A shorter wait is rounding, and no reason to refuse."""


class RateLimited(ResourceExhausted):
    """The caller makes too many calls; the error says when to call again."""

    reason = "RATE_LIMITED"


class TooManyStreams(ResourceExhausted):
    """The caller has as many streams open as it may."""

    reason = "TOO_MANY_STREAMS"


class LocalLimits:
    """Limits that this process counts alone: several processes together allow a multiple."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._whole_ns: dict[str, int] = {}

    def take(self, counted: str, cost_s: float, burst_s: float) -> None:
        """Take from a limit the time that a call costs.

        Raises:
            RateLimited: there is no room yet.
        """
        # In whole nanoseconds, and with grace for their rounding: a float loses small costs beside
        # a large instant, so that a first call could be refused.
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
    """Limits that all processes count together, in the database and by its clock."""

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
    """Numbers of streams that callers have open in this process."""

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
                f"at most {most} streams may be open; close one, or wait",
                retry_after=dt.timedelta(seconds=10),
            )
        self._open[counted] += 1
        try:
            yield
        finally:
            self._open[counted] -= 1
            if not self._open[counted]:
                del self._open[counted]


def limited(wait_s: float) -> RateLimited:
    """The error with the time to wait."""
    wait = dt.timedelta(seconds=wait_s)
    return RateLimited(f"too many calls; wait {wait_s:.1f} s", retry_after=wait)
