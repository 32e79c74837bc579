"""Readers in this process that are told of a store's entries as they are followed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from services.stock.model.ledger import Entry

QUEUE_SIZE = 10_000
"""Entries that wait for one reader. A reader that lags further is told that it lost some."""

Queue = asyncio.Queue[Entry | None]


class Subscriptions:
    """A queue for each reader; None tells that entries were lost, and is the last."""

    def __init__(self) -> None:
        self._stores: dict[Queue, str] = {}

    @contextmanager
    def queue(self, store: str) -> Iterator[Queue]:
        """The entries of a store from now on."""
        queue: Queue = asyncio.Queue(QUEUE_SIZE)
        self._stores[queue] = store
        try:
            yield queue
        finally:
            self._stores.pop(queue, None)

    def publish(self, entry: Entry) -> None:
        """Tell the readers of the entry's store."""
        for queue, store in list(self._stores.items()):
            if store == entry.store:
                if queue.qsize() < QUEUE_SIZE - 1:
                    queue.put_nowait(entry)
                else:
                    self._end(queue)

    def end_all(self) -> None:
        """Tell all readers that entries were lost."""
        for queue in list(self._stores):
            self._end(queue)

    def _end(self, queue: Queue) -> None:
        queue.put_nowait(None)
        self._stores.pop(queue, None)
