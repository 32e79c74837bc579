"""Arrivals: holds are told about the trips to them, which geofence keeps."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.chassis.database.outbox import Fact, Outbox
from services.chassis.errors import ConcurrentChanges
from services.directory.orders import ERASED, trip_fact
from services.stock.convert.names import reservation_ids
from services.stock.state.holds import Holds

TRIES = 20
"""Attempts to tell a hold that other calls keep changing."""


@dataclass(frozen=True)
class Arrivals:
    """Tells holds what trips keep for them."""

    facts: Outbox
    holds: Holds
    mark_erased: Callable[[], Awaitable[None]]
    """Has the log of the database rewritten, so that it forgets what was erased from a hold."""

    async def tell(self, fact: Fact) -> None:
        """Tell a hold a fact; one that is no longer kept, or no longer true, is passed over.

        Raises:
            ConcurrentChanges: other calls keep changing the hold.
        """
        told = trip_fact(fact.about, fact.text)
        store, id = reservation_ids(told.reservation)
        for _ in range(TRIES):
            [hold] = await self.holds.read(store, [id])
            if hold is None or not await self.facts.is_current(fact):
                return
            outcome = await self.holds.tell(hold, fact.about, fact.text)
            if outcome.word != "etag":
                if told.state == ERASED:
                    await self.mark_erased()
                return
        raise ConcurrentChanges("the hold was changed in between; try again")
