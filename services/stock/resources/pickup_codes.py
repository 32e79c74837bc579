"""Short pick-up codes: given to holds, and resolved for the staff of shops."""

from dataclasses import dataclass

from services.chassis.access.limits import SharedLimits
from services.chassis.caller import current_caller
from services.stock.convert.names import reservation_name
from services.stock.errors import ReservationNotFound
from services.stock.model.codes import new_code, plain_code
from services.stock.model.holds import Hold
from services.stock.replica.lookups import Lookups
from services.stock.resources.hold_changes import HoldChanges
from services.stock.state.holds import Holds

LOOK_UP_S, BURST_S = 2.0, 60.0
"""A caller may ask for a code of a store every 2 seconds, or 30 times at once: nobody finds one by
trying."""


@dataclass(frozen=True)
class PickupCodes:
    """Gives short codes to holds, and finds holds by them."""

    holds: Holds
    changes: HoldChanges
    limits: SharedLimits
    lookups: Lookups

    async def given(self, hold: Hold) -> Hold:
        """The hold with a code: holds of before this feature get one when it is asked for.

        One that ended without a code stays without.
        """
        while hold.is_live and not hold.code:
            name = reservation_name(hold.store, hold.id)
            hold = await self.changes.change(name, "code", argument={"cd": new_code()})
        return hold

    async def find(self, parent: str, code: str) -> Hold:
        """The hold of a store with a code, also when it has ended, as long as it is kept.

        Raises:
            StoreNotFound: there is no such store.
            RateLimited: the caller asked too often for codes of this store.
            ReservationNotFound: no hold that the caller may see has the code.
        """
        store = self.lookups.any_store(parent)  # holds of a store that became private go on
        caller = current_caller()
        await self.limits.take(f"code {store} {caller.id}", LOOK_UP_S, BURST_S)
        hold = await self.holds.by_code(store, plain_code(code))
        if hold is None or not (caller.sees_all or hold.caller == caller.id):
            raise ReservationNotFound(f"{parent}/reservations/-")
        return hold
