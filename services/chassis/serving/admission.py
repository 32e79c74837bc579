"""Sheds calls when more wait than can be answered in time, so that those answered are of use.

Calls wait where Python does not see them: gRPC's core takes them in and hands them over one by
one. Its own counters (channelz) tell how many there are; by Little's law (1961) a call waits for as
many others as there are, at the rate at which they are answered. What is too much is refused from
the front of the queue, as CoDel does (RFC 8289): those have waited longest, and the ones behind
them are answered in time.
"""

import datetime as dt
import random
from functools import cached_property

import orjson
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # as grpcio-channelz does

from services.chassis.errors import ResourceExhausted

LEAST = 64
"""So many calls at once are no overload, however slow they are."""
RATE_KEPT = 0.8
"""Of the rate seen before, at each look: one slow moment is no loss of power."""
SHORTEST_RETRY_S, LONGEST_RETRY_S = 0.2, 10.0
REFUSALS = 20
"""Made at each look: to make one for each call would cost as much as to answer it."""


class Overloaded(ResourceExhausted):
    """More calls came than can be answered in time; this one was not begun."""

    reason = "OVERLOADED"

    @cached_property
    def encoded(self) -> bytes:
        """The status as the wire has it."""
        encoded: bytes = self.status().SerializeToString()
        return encoded


class Admission:
    """Decides by what it is told of a server which calls to shed."""

    def __init__(self, longest_wait_s: float, spread: random.Random | None = None) -> None:
        """Prepare to decide.

        Args:
            longest_wait_s: how long calls may wait; 0: for ever.
            spread: of the times after which to try again.
        """
        self._longest_wait_s = longest_wait_s
        self._spread = spread or random.Random()
        self._rate = 0.0
        self._was_over = False
        self._refusals: list[Overloaded] = []
        self.to_shed = 0
        """How many of the next calls."""

    def observe(self, waiting: int, answered: int, passed_s: float) -> None:
        """Learn how many calls there are, and how many were answered in the time that passed."""
        self._rate = max(answered / passed_s, self._rate * RATE_KEPT)
        room = max(LEAST, self._rate * self._longest_wait_s)
        is_over = bool(self._longest_wait_s) and waiting > room
        # A burst that has just come may be gone at the next look.
        self.to_shed = int(waiting - room) if is_over and self._was_over else 0
        self._was_over = is_over
        if self.to_shed:
            wait_s = waiting / self._rate if self._rate else LONGEST_RETRY_S
            self._refusals = self._spread_over(min(max(wait_s, 1.0), LONGEST_RETRY_S))

    def rest(self) -> None:
        """Learn that there are no calls."""
        self._was_over, self.to_shed = False, 0

    def refusal(self) -> Overloaded:
        """What the next call is told that is shed: when to try again."""
        self.to_shed -= 1
        return self._refusals[self.to_shed % REFUSALS]

    def _spread_over(self, longest_s: float) -> list[Overloaded]:
        """Refusals whose callers come back as fast as they can be answered."""
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
    """What gRPC knows the servers by that count their calls (`grpc.enable_channelz`).

    It numbers them when it is first asked of them, and then not in the order they were made in.
    """
    known: set[int] = set()
    is_last = False
    while not is_last:
        page = orjson.loads(cygrpc.channelz_get_servers(max(known, default=0) + 1))
        known |= {int(server["ref"]["serverId"]) for server in page.get("server", ())}
        is_last = page.get("end", False)
    return known


def calls_in(server: int) -> int:
    """How many calls a server has, those among them that Python has not seen yet."""
    data = orjson.loads(cygrpc.channelz_get_server(server))["server"]["data"]
    started, succeeded, failed = (
        int(data.get(name, 0)) for name in ("callsStarted", "callsSucceeded", "callsFailed")
    )
    return started - succeeded - failed
