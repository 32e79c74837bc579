"""Measures the processor time that a call takes, in its task, in threads and in child processes."""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import Any, ParamSpec, TypeVar

from services.chassis.clock import processor_s

P = ParamSpec("P")
T = TypeVar("T")


class Spent:
    """The processor time of a call so far."""

    __slots__ = ("seconds",)

    def __init__(self) -> None:
        self.seconds = 0.0


_thread = ThreadPoolExecutor(1, "computing")
_spent: ContextVar[Spent | None] = ContextVar("spent", default=None)


def note(seconds: float) -> None:
    """Add time that was taken for the present call elsewhere."""
    if (spent := _spent.get()) is not None:
        spent.seconds += seconds


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function in the thread for long computations, for the present call.

    There is one, so that the event loop has another core.
    """

    def run() -> T:
        began_s = processor_s()
        try:
            return function(*args, **kwargs)
        finally:
            note(processor_s() - began_s)

    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_thread, context.run, run)


@types.coroutine
def metered(act: Coroutine[Any, Any, T], spent: Spent) -> Generator[Any, Any, T]:
    """Await an act, and note the time of its steps, but not that of tasks which it makes."""
    _spent.set(spent)
    error: BaseException | None = None
    value: Any = None
    while True:
        began_s = processor_s()
        try:
            waits_for = act.throw(error) if error else act.send(value)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            spent.seconds += processor_s() - began_s
        value = error = None
        try:
            value = yield waits_for
        except BaseException as thrown:  # also a cancellation: it is for the act
            error = thrown
