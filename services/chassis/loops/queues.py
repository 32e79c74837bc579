"""Queues that pass what happens in this process to readers, each at its own pace."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

QUEUE_SIZE = 10_000
"""Items that wait for one reader. A reader that lags further gets None and no more items."""


class Queues(Generic[T]):
    """One queue for each reader. None is its last item and means that some were lost."""

    def __init__(self) -> None:
        self._queues: dict[asyncio.Queue[T | None], Callable[[T], bool] | None] = {}

    @contextmanager
    def queue(self, wanted: Callable[[T], bool] | None = None) -> Iterator[asyncio.Queue[T | None]]:
        """A queue of the items from now on: all, or those for which `wanted` is true."""
        queue: asyncio.Queue[T | None] = asyncio.Queue(QUEUE_SIZE)
        self._queues[queue] = wanted
        try:
            yield queue
        finally:
            self._queues.pop(queue, None)

    def publish(self, item: T) -> None:
        """Pass an item to the readers that want it."""
        for queue, wanted in list(self._queues.items()):
            if wanted is None or wanted(item):
                if queue.qsize() < QUEUE_SIZE - 1:
                    queue.put_nowait(item)
                else:
                    self._end(queue)

    def end_all(self) -> None:
        """Tell all readers that items were lost."""
        for queue in list(self._queues):
            self._end(queue)

    def _end(self, queue: asyncio.Queue[T | None]) -> None:
        queue.put_nowait(None)
        del self._queues[queue]
