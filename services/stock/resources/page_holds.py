"""Bounds of holds made with the publishable key of a page, which anybody can read there."""

import datetime as dt
from collections.abc import Sequence

from geodata.schedule.timeline import timeline
from services.chassis.caller import Caller
from services.chassis.clock import Clock
from services.chassis.errors import InvalidArgument
from services.chassis.keyring import Keyring
from services.directory.directory import Directory
from services.stock.model.pickup import Window, window
from services.stock.model.policies import Policy
from services.stock.settings import StockSettings
from services.stock.state.policies import Policies

PURPOSE = "hold-address"
"""Separates the keyed hashes of addresses from other uses of the keyring."""
HASH_BYTES = 12
GRACE_MS = 60_000
"""A given life may pass the end of the pick-up window by so much, and then ends with it: the caller
computed it a moment ago, or retries."""


class PageHolds:
    """Bounds the holds of callers that anybody can be, by their address."""

    def __init__(
        self,
        policies: Policies,
        directory: Directory,
        keyring: Keyring,
        clock: Clock,
        settings: StockSettings,
    ) -> None:
        self._policies = policies
        self._directory = directory
        self._hashes = keyring.hasher(PURPOSE, HASH_BYTES)
        self._clock = clock
        self._default = dt.timedelta(seconds=settings.hold_ttl_s)

    def addresses(self, caller: Caller) -> Sequence[str]:
        """The keyed hashes of a caller's address, that by the current key first; else none."""
        if not caller.address:
            return ()
        return [hashed.hex() for hashed in self._hashes(caller.address.encode())]

    async def bounded_ms(self, store: str, ttl_ms: int, *, is_given: bool) -> int:
        """The life of a hold: as given, or else the default, to the end of the pick-up window.

        Raises:
            InvalidArgument: the given life ends well after the pick-up window.
        """
        now = self._clock()
        found = window_at(self._directory, store, now, await self._policies.get(store))
        longest = found.pickup_by - now if found else self._default
        longest_ms = longest // dt.timedelta(milliseconds=1)
        if is_given and ttl_ms > longest_ms + GRACE_MS:
            raise InvalidArgument.field(
                "ttl", f"at most {longest_ms // 1000} s, until the goods can be picked up"
            )
        return max(1, min(ttl_ms, longest_ms))


def window_at(directory: Directory, store: str, at: dt.datetime, policy: Policy) -> Window | None:
    """The pick-up window of an order at an instant; None where no opening is known."""
    schedules = directory.schedules.of(store)
    return window(timeline(schedules.own), at, policy) if schedules else None
