"""Passes the changes of a replica to functions and queues of this process."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.directory.replicas import Change

QUEUE_SIZE = 10_000
"""Changes that wait for one reader. A reader that lags further gets None and no more changes."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change as this process applied it."""

    sequence: int
    change: Change


Listener = Callable[[Change | None], None]
"""Called with each change as it is applied; with None when all records were loaded anew."""


class Subscribers:
    """The listeners, called at once, and the queues, read at the reader's own pace."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._queues: set[asyncio.Queue[Event | None]] = set()

    def listen(self, listener: Listener) -> None:
        """Call a function at each change, before the next one is applied."""
        self._listeners.append(listener)

    @contextmanager
    def queue(self) -> Iterator[asyncio.Queue[Event | None]]:
        """A queue of the changes; None is its last entry and means that some were lost."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE_SIZE)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def publish(self, event: Event | None) -> None:
        """Pass on a change; None means that all records were loaded anew."""
        for listener in self._listeners:
            listener(event.change if event else None)
        for queue in list(self._queues):
            if event is not None and queue.qsize() < QUEUE_SIZE - 1:
                queue.put_nowait(event)
            else:
                queue.put_nowait(None)
                self._queues.discard(queue)
