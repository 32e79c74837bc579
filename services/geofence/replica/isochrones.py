"""Computes the isochrones of fences by travel time, one after another, beside the event loop."""

import asyncio

from services.directory.directory import Directory
from services.directory.replicas import Change
from services.geofence.replica.feeds import Feeds

LOOK_EVERY_S = 60.0


class Isochrones:
    """Sketches the fences of a process as they change. A network stays as long as the process."""

    def __init__(self, feeds: Feeds, directory: Directory) -> None:
        self._feeds = feeds
        self._directory = directory
        self._has_changed = asyncio.Event()
        feeds.fences.listen(self._note)
        directory.stores.listen(self._note)

    async def run(self) -> None:
        """Sketch the fences that have no sketch; then wait for a change."""
        self._has_changed.clear()
        await self.sketch()
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._has_changed.wait()
        except TimeoutError:
            return

    async def sketch(self) -> None:
        """Sketch the fences that have no sketch, apart from the computations of calls."""
        while self._feeds.fences.is_loaded and (waiting := self._feeds.fences.replica.unsketched):
            key, shape = next(iter(waiting.items()))
            found = await asyncio.to_thread(self._directory.roads.sketch, shape.area)
            self._feeds.fences.replica.sketched(key, shape, found)

    def _note(self, _: Change | None) -> None:
        self._has_changed.set()
