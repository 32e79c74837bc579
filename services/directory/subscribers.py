"""Passes the changes of a replica to functions and queues of this process."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from services.chassis.loops.queues import Queues
from services.directory.replicas import Change


@dataclass(frozen=True, slots=True)
class Event:
    """A change as this process applied it."""

    sequence: int
    """The number of the change; of one by time the number of the change before it."""
    change: Change
    by_time: bool = False


Listener = Callable[[Change | None], None]
"""Called with each change as it is applied; with None when all records were loaded anew."""


class Subscribers:
    """The listeners, called at once, and the queues, read at the reader's own pace."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._queues = Queues[Event]()

    def listen(self, listener: Listener) -> None:
        """Call a function at each change, before the next one is applied."""
        self._listeners.append(listener)

    def queue(self) -> AbstractContextManager["asyncio.Queue[Event | None]"]:
        """A queue of the changes; None is its last entry and means that some were lost."""
        return self._queues.queue()

    def publish(self, event: Event | None) -> None:
        """Pass on a change; None means that all records were loaded anew."""
        for listener in self._listeners:
            listener(event.change if event else None)
        if event is None:
            self._queues.end_all()
        else:
            self._queues.publish(event)
