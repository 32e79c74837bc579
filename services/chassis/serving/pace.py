"""Lets long calls compute one step at a time, and other calls go before them.

How it works: a long call is a coroutine; what it does between two waits is a step. One step of all
long calls runs at a time, those of different clients by turns. When steps have taken a turn's time
and short calls are in progress, these have the event loop for the same time, before the next step.
So a short call waits for one step, however many long calls one client makes.
"""

import asyncio
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

from services.chassis.clock import steady_s
from services.chassis.serving.turns import TURN_S

LONGEST_PAUSE_S = 0.05

T = TypeVar("T")


class Pace:
    """The order of the steps of all long calls of a server."""

    def __init__(self, short_calls: Callable[[], int]) -> None:
        """Prepare an order.

        Args:
            short_calls: answers the number of other calls in progress.
        """
        self._short_calls = short_calls
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """By client, the one whose turn is next first."""
        self._is_free = True
        self._taken_s = 0.0
        """Time of the steps since others had their turn."""

    @types.coroutine
    def run(self, client: str, act: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        """Await the act of a client's long call."""
        error: BaseException | None = None
        value: Any = None
        while True:
            has_turn = self._is_free
            self._is_free = False
            if not has_turn:
                turn = self._wait(client)
                try:
                    yield from turn
                except BaseException as thrown:  # a cancellation: it is for the act
                    error = thrown
                has_turn = turn.done() and not turn.cancelled()
            began_s = steady_s()
            try:
                waits_for = act.throw(error) if error else act.send(value)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                if has_turn:
                    self._took(steady_s() - began_s)
            value = error = None
            try:
                value = yield waits_for
            except BaseException as thrown:
                error = thrown

    def _wait(self, client: str) -> "asyncio.Future[None]":
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        return turn

    def _took(self, seconds: float) -> None:
        self._taken_s += seconds
        if self._taken_s < TURN_S:
            self._next()
            return
        loop = asyncio.get_running_loop()
        if self._short_calls():
            loop.call_later(min(self._taken_s, LONGEST_PAUSE_S), self._next)
        else:
            loop.call_soon(self._next)
        self._taken_s = 0.0

    def _next(self) -> None:
        """Give the turn to the next client, which then goes to the end of the queue."""
        while self._waiting:
            client = next(iter(self._waiting))
            turns = self._waiting.pop(client)
            turn = turns.popleft()
            if turns:
                self._waiting[client] = turns
            if not turn.done():
                turn.set_result(None)
                return
        self._is_free = True
