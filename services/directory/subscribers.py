"""Who in this process is told of changes as a replica applies them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.directory.replicas import Change

QUEUE_SIZE = 10_000
"""Changes that wait for one reader. A reader that lags further is told that it lost some."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change as this process applied it."""

    sequence: int
    change: Change


Listener = Callable[[Change | None], None]
"""Told of each change as it is applied; None means that the whole replica is another."""


class Subscribers:
    """Functions that are told at once, and queues that are read when their readers can."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._queues: set[asyncio.Queue[Event | None]] = set()

    def listen(self, listener: Listener) -> None:
        """Have a function told of each change, at once."""
        self._listeners.append(listener)

    @contextmanager
    def queue(self) -> Iterator[asyncio.Queue[Event | None]]:
        """A queue of changes; None means that some were lost, and is the last."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE_SIZE)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def publish(self, event: Event | None) -> None:
        """Tell a change; None tells that the whole replica is another."""
        for listener in self._listeners:
            listener(event.change if event else None)
        for queue in list(self._queues):
            if event is not None and queue.qsize() < QUEUE_SIZE - 1:
                queue.put_nowait(event)
            else:
                queue.put_nowait(None)
                self._queues.discard(queue)
