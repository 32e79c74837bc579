"""Lists the pick-up slots that a hold of now can take."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2 import PickupMethod
from services.chassis.clock import Clock
from services.chassis.messages.times import instant_if_set, timestamp
from services.directory.directory import Directory
from services.stock.convert.names import slot_name
from services.stock.model.pickup import window
from services.stock.model.slots import Slot, slots
from services.stock.replica.lookups import Lookups
from services.stock.resources.hold_terms import Terms, open_intervals
from services.stock.state.policies import Policies
from services.stock.state.slots import Slots

Key = tuple[int, int]
"""Start and method: the place of a slot in a list."""


def key_of(slot: Slot) -> Key:
    """The place of a slot in a list."""
    return slot.start_s, slot.method


@dataclass(frozen=True)
class PickupSlots:
    """Lists pick-up slots."""

    slots: Slots
    policies: Policies
    terms: Terms
    directory: Directory
    lookups: Lookups
    clock: Clock

    async def after(
        self, request: stock_pb2.ListPickupSlotsRequest, key: Key | None, count: int
    ) -> list[tuple[Slot, int]]:
        """Slots of a store with their capacity, those after a key, at most so many.

        Raises:
            StoreNotFound: there is no such store.
            StoreNotOpen: it is not open for business.
            InvalidArgument: an instant cannot be used.
        """
        store, now = self.lookups.store(request.parent), self.clock()
        self.terms.check_open(store, now)
        start, end = instant_if_set(request, "start_time"), instant_if_set(request, "end_time")
        policy = await self.policies.get(store)
        hours = open_intervals(self.directory, store)
        found = window(hours, now, policy) if hours else None
        if hours is None or found is None:
            return []
        first = max(found.ready_by, start or now)
        last = min(now + self.terms.longest, end or now + self.terms.longest)
        if key:
            first = max(first, Slot(key[1], key[0], key[0]).start)
        listed = (
            (slot, capacity)
            for slot, capacity in itertools.takewhile(
                lambda each: each[0].start < last,
                slots(hours, policy, first, now, request.method),
            )
            if slot.end <= last and (key is None or key_of(slot) > key)
        )
        return list(itertools.islice(listed, count))

    async def messages(
        self, parent: str, page: Sequence[tuple[Slot, int]]
    ) -> list[stock_pb2.PickupSlot]:
        """Slots of a store with the places that are free."""
        store = self.lookups.store(parent)
        taken = await self.slots.taken(store, [slot for slot, _ in page])
        return [
            stock_pb2.PickupSlot(
                name=slot_name(store, slot.id),
                method=PickupMethod.ValueType(slot.method),
                start_time=timestamp(slot.start),
                end_time=timestamp(slot.end),
                capacity=capacity,
                free_count=max(0, capacity - places),
            )
            for (slot, capacity), places in zip(page, taken, strict=True)
        ]
