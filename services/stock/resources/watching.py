"""Streams the changes of reservations at a store; a stream can be resumed by its token."""

from collections.abc import AsyncIterator

from services.chassis.errors import StreamEnded
from services.stock.convert.entry_tokens import id_of, token_of
from services.stock.errors import ChangesExpired
from services.stock.model.holds import Hold
from services.stock.model.ledger import Entry, entry_id
from services.stock.model.partitions import partition_of
from services.stock.replica.follower import Follower
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger


class ReservationWatch:
    """Follows the holds of stores."""

    def __init__(self, follower: Follower, ledger: Ledger, holds: Holds) -> None:
        self._follower = follower
        self._ledger = ledger
        self._holds = holds

    async def watch(self, store: str, resume_token: str) -> AsyncIterator[tuple[Hold | None, str]]:
        """Holds as they change, each with the token that continues after it; first a token alone.

        Raises:
            InvalidArgument: the token is not one of this service.
            ChangesExpired: the token is older than the changes that are kept.
            StreamEnded: the reader was too slow, or the ledger was loaded anew; resume.
        """
        partition = partition_of(store)
        await self._follower.loaded()
        with self._follower.entries.queue(lambda entry: entry.store == store) as queue:
            reached = id_of(resume_token) if resume_token else await self._ledger.last_id(partition)
            if entry_id(reached) < entry_id(await self._ledger.oldest_id(partition)):
                raise ChangesExpired("the changes are no longer kept; list the holds, then watch")
            yield None, token_of(reached)
            for entry in await self._ledger.all_after(partition, reached):
                reached = entry.id
                if entry.store == store and (hold := await self._hold(entry)):
                    yield hold, token_of(reached)
            # The queue begins before the entries read above, so some are in both.
            while (followed := await queue.get()) is not None:
                if entry_id(followed.id) > entry_id(reached) and (
                    hold := await self._hold(followed)
                ):
                    reached = followed.id
                    yield hold, token_of(reached)
        raise StreamEnded("changes were lost to this stream; resume with its last token")

    async def _hold(self, entry: Entry) -> Hold | None:
        """The hold of an entry as it is now; None of feeds, and where it is no longer kept."""
        if entry.is_fed:
            return None
        [hold] = await self._holds.read(entry.store, [entry.about])
        return hold
