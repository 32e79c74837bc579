"""Long computations in steps, between which a host may do other work.

A generator yields None where others may have their turn, and a function without arguments where
the work is long and needs nothing that others change; it gets what the function returns or raises.
"""

from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

Steps = Generator[Callable[[], Any] | None, Any, T]


def at_once(steps: Steps[T]) -> T:
    """The result of a computation whose steps follow each other."""
    go_on: Callable[[], Callable[[], Any] | None] = partial(steps.send, None)
    while True:
        try:
            job = go_on()
        except StopIteration as end:
            value: T = end.value
            return value
        try:
            go_on = partial(steps.send, job() if job else None)
        except Exception as error:
            go_on = partial(steps.throw, error)
