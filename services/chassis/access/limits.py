"""Limits of calls by the generic cell rate algorithm (GCRA), and of open streams.

One instant is kept for each caller: when its limit will be whole again. A call moves it on by the
time that the call costs, and is refused if it would lie more than the burst ahead (ITU-T I.371,
"virtual scheduling"). Nothing needs refilling, and the wait is known exactly.

Reads are counted in each process, without a call of the database. A caller that took more than
little is settled from time to time: all processes add up what it took, and each learns the sum.
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from services.chassis.clock import steady_s
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
    """Limits that this process counts; what callers took is settled with the others later."""

    def __init__(self, now_s: Callable[[], float] = steady_s) -> None:
        self._now_s = now_s
        self._whole_ns: dict[str, int] = {}
        self._unsettled_s: dict[str, float] = {}

    def take(
        self, counted: str, cost_s: float, burst_s: float, *, is_settled: bool = False
    ) -> None:
        """Take from a limit the time that a call costs.

        Args:
            counted: the caller.
            cost_s: the time.
            burst_s: the time that may be taken at once.
            is_settled: whether the call is counted by all processes together too.

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
        if not is_settled:
            self._owe(counted, cost_s)
        if len(self._whole_ns) > KEPT_MOST:
            self._forget(now_ns)

    def correct(self, counted: str, more_s: float) -> None:
        """Add to what a call has cost, or give some of it back."""
        now_ns = round(self._now_s() * 1e9)
        whole_ns = max(self._whole_ns.get(counted, now_ns), now_ns) + round(more_s * 1e9)
        self._whole_ns[counted] = max(whole_ns, now_ns)
        self._owe(counted, more_s)

    def unsettled(self, least_s: float, most: int) -> dict[str, float]:
        """Some callers with what they took that other processes do not know; forgets it."""
        dear = (who for who, cost_s in self._unsettled_s.items() if cost_s >= least_s)
        return {who: self._unsettled_s.pop(who) for who in list(islice(dear, most))}

    def settle(self, counted: str, whole_in_s: float) -> None:
        """Learn when a limit will be whole again by the count of all processes."""
        whole_ns = round((self._now_s() + whole_in_s) * 1e9)
        self._whole_ns[counted] = max(self._whole_ns.get(counted, 0), whole_ns)

    def _owe(self, counted: str, cost_s: float) -> None:
        if counted in self._unsettled_s or len(self._unsettled_s) < KEPT_MOST:
            self._unsettled_s[counted] = max(0.0, self._unsettled_s.get(counted, 0.0) + cost_s)

    def _forget(self, now_ns: int) -> None:
        self._unsettled_s.clear()
        used = {who: whole_ns for who, whole_ns in self._whole_ns.items() if whole_ns > now_ns}
        if len(used) > KEPT_MOST // 2:
            used = dict(sorted(used.items(), key=lambda item: item[1])[-KEPT_MOST // 2 :])
        self._whole_ns = used


class SharedLimits:
    """Limits that all processes count together, in the database and by its clock."""

    def __init__(self, client: Client) -> None:
        self._gcra = script(client, "services.chassis.access", "gcra")
        self._settle = script(client, "services.chassis.access", "settle")

    async def take(self, counted: str, cost_s: float, burst_s: float) -> None:
        """Take from a limit the time that a call costs.

        Raises:
            RateLimited: there is no room yet.
            DatabaseUnavailable: the database cannot be reached.
        """
        times_us = [round(cost_s * 1e6), round(max(burst_s, cost_s) * 1e6)]
        try:
            wait_us = await self._gcra([key_of(counted)], times_us)
        except FAILURES as error:
            raise DatabaseUnavailable(
                "the limit of this caller cannot be checked now; try again"
            ) from error
        if wait_us:
            raise limited(wait_us / 1e6)

    async def settle(self, counted: str, cost_s: float) -> float:
        """Take what was spent already; returns the time until the limit is whole again.

        Raises:
            DatabaseUnavailable: the database cannot be reached.
        """
        try:
            whole_in_us: int = await self._settle([key_of(counted)], [round(cost_s * 1e6)])
        except FAILURES as error:
            raise DatabaseUnavailable("the limits cannot be settled now") from error
        return whole_in_us / 1e6


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


def key_of(counted: str) -> str:
    """The key of a caller's limit."""
    return f"{{limit:{hashlib.blake2b(counted.encode(), digest_size=12).hexdigest()}}}"


def limited(wait_s: float) -> RateLimited:
    """The error with the time to wait."""
    wait = dt.timedelta(seconds=wait_s)
    return RateLimited(f"too many calls; wait {wait_s:.1f} s", retry_after=wait)
