"""An event loop in virtual time: it never waits, and leaps to the next timer."""

import asyncio
import itertools
import selectors
import socket
from collections.abc import Callable, Coroutine, Mapping
from typing import Any


class Stuck(RuntimeError):
    """All tasks wait, and no timer is left that could end it."""


class Leaps(selectors.BaseSelector):
    """A selector without files: to wait is to move the clock of its loop."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Keep a file: asyncio registers the pipe by which threads wake it."""
        key = selectors.SelectorKey(fileobj, fileobj, events, data)  # asyncio gives numbers
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Forget a file."""
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Move the clock to the next timer.

        Raises:
            Stuck: there is none.
        """
        if timeout is None:
            raise Stuck("all tasks wait, and nothing will happen any more")
        self._loop.now_s += timeout
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """The files that were registered."""
        return self._keys


class NumberedTask(asyncio.Task[Any]):
    """A task that hashes to its number, so that sets of tasks have the same order in each run."""

    numbers = itertools.count()

    def __init__(self, coroutine: Coroutine[Any, Any, Any], **options: Any) -> None:
        self.number = next(self.numbers)
        super().__init__(coroutine, **options)

    def __hash__(self) -> int:
        return self.number

    @classmethod
    def restart(cls) -> None:
        """Count from the begin: another run begins."""
        cls.numbers = itertools.count()


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop. What would run in a thread runs at once."""

    def __init__(self) -> None:
        self.now_s = 0.0
        """The time."""
        super().__init__(Leaps(self))
        self.set_task_factory(lambda loop, act, **rest: NumberedTask(act, loop=loop, **rest))

    def time(self) -> float:
        """The time, in seconds since the run began."""
        return self.now_s

    def run_in_executor(  # type: ignore[override]  # asyncio's answers a future too
        self, executor: Any, function: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """Call a function; its result is there at once."""
        future = self.create_future()
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    async def getaddrinfo(self, *args: Any, **options: Any) -> Any:
        """A public address: all endpoints of a run have the same one."""
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]
