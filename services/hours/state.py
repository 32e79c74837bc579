"""Until when ends of closures were told: `{hours}:reached`, in ms, beside the changes of hours."""

from collections.abc import Sequence
from typing import NamedTuple

from services.chassis.database.client import Client, Value, script
from services.directory.keys import HOURS, Keys
from services.directory.records import CHANGES_KEPT

REACHED = f"{{{HOURS}}}:reached"


class End(NamedTuple):
    """The end of a closure by its own time."""

    at_ms: int
    store: str


class Ends:
    """Tells ends of closures as changes of the hours of their stores, each once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ended = script(client, "services.hours", "ended")

    async def reached(self, now_ms: int) -> int:
        """Until when ends were told, in ms; a suite that has told none begins now."""
        await self._client.set(REACHED, now_ms, nx=True)
        return int(await self._client.get(REACHED))

    async def tell(self, reached_ms: int, now_ms: int, ends: Sequence[End]) -> bool:
        """Tell the ends between two instants; False if another worker has."""
        keys = Keys.of(HOURS)
        args: list[Value] = [CHANGES_KEPT, reached_ms, now_ms]
        for at_ms, store in ends:
            args += [store, at_ms]
        return bool(await self._ended([keys.changes, keys.sequence, REACHED], args))
