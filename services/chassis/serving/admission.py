"""Refuses calls when more wait than can be answered in time, so that others are in time.

Calls wait where Python does not see them: gRPC's core takes them in and hands them over one by
one. Its own counters (channelz) tell their number; by Little's law (1961) a call waits for all
others, at the rate at which they are answered. The excess is refused from the front of the queue,
as CoDel does (RFC 8289): those calls have waited longest, and the ones behind them are answered in
time.
"""

import datetime as dt
import random
from functools import cached_property

import orjson
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # as grpcio-channelz does

from services.chassis import chance
from services.chassis.errors import ResourceExhausted

LEAST = 64
"""Up to this number calls are no overload, however slow they are."""
RATE_KEPT = 0.8
"""Part of the former rate that still counts at a look: one slow moment is no loss of power."""
SHORTEST_RETRY_S, LONGEST_RETRY_S = 0.2, 10.0
REFUSALS = 20
"""Refusals made at each look: making one for each call would cost as much as an answer."""


class Overloaded(ResourceExhausted):
    """More calls came than can be answered in time; this one was not started."""

    reason = "OVERLOADED"

    @cached_property
    def encoded(self) -> bytes:
        """The encoded status."""
        encoded: bytes = self.status().SerializeToString()
        return encoded


class Admission:
    """Decides which calls of a server to refuse."""

    def __init__(self, longest_wait_s: float, spread: random.Random | None = None) -> None:
        """Prepare to decide.

        Args:
            longest_wait_s: time that calls may wait; 0: without end.
            spread: random source of the times after which callers try again.
        """
        self._longest_wait_s = longest_wait_s
        self._spread = spread or chance.generator()
        self._rate = 0.0
        self._was_over = False
        self._refusals: list[Overloaded] = []
        self.to_shed = 0
        """Number of the next calls to refuse."""

    def observe(self, waiting: int, answered: int, passed_s: float) -> None:
        """Learn the number of calls, and of those answered in the time that passed."""
        self._rate = max(answered / passed_s, self._rate * RATE_KEPT)
        room = max(LEAST, self._rate * self._longest_wait_s)
        is_over = bool(self._longest_wait_s) and waiting > room
        # A burst that has just arrived may be over at the next look.
        self.to_shed = int(waiting - room) if is_over and self._was_over else 0
        self._was_over = is_over
        if self.to_shed:
            wait_s = waiting / self._rate if self._rate else LONGEST_RETRY_S
            self._refusals = self._spread_over(min(max(wait_s, 1.0), LONGEST_RETRY_S))

    def rest(self) -> None:
        """Learn that there are no calls now."""
        self._was_over, self.to_shed = False, 0

    def refusal(self) -> Overloaded:
        """The refusal of the next call, with the time to try again."""
        self.to_shed -= 1
        return self._refusals[self.to_shed % REFUSALS]

    def _spread_over(self, longest_s: float) -> list[Overloaded]:
        """Refusals that spread the callers' next attempts over the time they need."""
        step_s = (longest_s - SHORTEST_RETRY_S) / REFUSALS
        return [
            Overloaded(
                "more calls came than can be answered in time; try again later",
                retry_after=dt.timedelta(
                    seconds=SHORTEST_RETRY_S + (number + self._spread.random()) * step_s
                ),
            )
            for number in range(REFUSALS)
        ]


def servers() -> set[int]:
    """gRPC's numbers of the servers that count their calls (`grpc.enable_channelz`).

    It numbers them when they are first listed, in no certain order.
    """
    known: set[int] = set()
    is_last = False
    while not is_last:
        page = orjson.loads(cygrpc.channelz_get_servers(max(known, default=0) + 1))
        known |= {int(server["ref"]["serverId"]) for server in page.get("server", ())}
        is_last = page.get("end", False)
    return known


def calls_in(server: int) -> int:
    """Number of calls in a server, with those that Python has not seen yet."""
    data = orjson.loads(cygrpc.channelz_get_server(server))["server"]["data"]
    started, succeeded, failed = (
        int(data.get(name, 0)) for name in ("callsStarted", "callsSucceeded", "callsFailed")
    )
    return started - succeeded - failed
