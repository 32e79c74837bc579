"""Gives other calls their turn while a call computes."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from geodata.steps import Steps
from services.chassis.clock import steady_s
from services.chassis.processor import in_thread

TURN_S = 0.002
"""Time that a call computes before others get their turn."""

S = TypeVar("S")
T = TypeVar("T")


class Turns:
    """The turns of one call."""

    def __init__(self) -> None:
        self._began_s = steady_s()

    async def give(self) -> None:
        """Let others have their turn, if this one was long."""
        if steady_s() - self._began_s >= TURN_S:
            await asyncio.sleep(0)
            self._began_s = steady_s()


async def made(make: Callable[[S], T], items: Iterable[S]) -> list[T]:
    """What is made of each item; others have their turn between them."""
    turns, results = Turns(), []
    for item in items:
        results.append(make(item))
        await turns.give()
    return results


async def by_turns(steps: Steps[T]) -> T:
    """The result of a computation, which lets others have their turn between its steps.

    What it yields runs in a thread.
    """
    turns = Turns()
    go_on: Callable[[], Callable[[], Any] | None] = partial(steps.send, None)
    while True:
        try:
            job = go_on()
        except StopIteration as end:
            value: T = end.value
            return value
        try:
            result = await (in_thread(job) if job else turns.give())
            go_on = partial(steps.send, result)
        except Exception as error:
            go_on = partial(steps.throw, error)
