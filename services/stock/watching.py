"""Changes of a store's holds, told to its screen; resumable from any token that is still kept."""

import base64
import binascii
import re
from collections.abc import AsyncIterator

from services.chassis.errors import InvalidArgument, StreamEnded
from services.stock.errors import ChangesExpired
from services.stock.model.holds import Hold
from services.stock.model.ledger import Entry
from services.stock.model.partitions import partition_of
from services.stock.state.follower import Follower
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger, position

ENTRY = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")


async def watch(
    follower: Follower, ledger: Ledger, holds: Holds, store: str, resume_token: str
) -> AsyncIterator[tuple[Hold | None, str]]:
    """Holds as they change, each with the token that continues after it; first a token alone.

    Raises:
        InvalidArgument: the token is not one of ours.
        ChangesExpired: the token is older than what is kept.
        StreamEnded: the reader was too slow, or the ledger was loaded anew; resume.
    """
    partition = partition_of(store)
    await follower.loaded()
    with follower.subscription(store) as queue:
        reached = id_of(resume_token) if resume_token else await ledger.last_id(partition)
        if position(reached) < position(await ledger.oldest_id(partition)):
            raise ChangesExpired("the changes are no longer kept; list the holds, then watch")
        yield None, token_of(reached)
        past = await ledger.all_after(partition, reached)
        for entry in past:
            reached = entry.id
            if entry.store == store and (hold := await _hold(holds, entry)):
                yield hold, token_of(reached)
        while (followed := await queue.get()) is not None:
            if position(followed.id) > position(reached) and (hold := await _hold(holds, followed)):
                reached = followed.id
                yield hold, token_of(reached)
    raise StreamEnded("changes were lost to this stream; resume with its last token")


async def _hold(holds: Holds, entry: Entry) -> Hold | None:
    if entry.is_fed:
        return None
    [hold] = await holds.read(entry.store, [entry.about])
    return hold


def token_of(id: str) -> str:
    """The opaque form of an entry's id."""
    return base64.urlsafe_b64encode(id.encode()).decode().rstrip("=")


def id_of(token: str) -> str:
    """The entry's id of a token.

    Raises:
        InvalidArgument: it is not one of ours.
    """
    try:
        id = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError):
        id = ""
    # What Python takes for numbers is more than what the store does.
    if not ENTRY.fullmatch(id) or max(position(id)) >= 2**64:
        raise InvalidArgument.field("resume_token", "not a token of this service")
    return id
