"""Reservations: holds from their making to their end, and the receipts that prove them."""

import datetime as dt
import re
from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from enrayon.stock.v1 import stock_pb2
from services.chassis import chance
from services.chassis.caller import NOBODY, Caller, current_caller
from services.chassis.clock import Clock
from services.chassis.errors import EtagMismatch, InvalidArgument
from services.chassis.keyring import Keyring
from services.chassis.messages.base64url import base64url
from services.directory.directory import Directory
from services.directory.trading import check_open
from services.directory.trip_tokens import TripTokens
from services.stock.convert.baskets import lines, reserved_lines
from services.stock.convert.names import reservation_ids, reservation_name
from services.stock.convert.reservations import reservation, state_of
from services.stock.errors import (
    ReservationExpired,
    ReservationNotFound,
    ReservationState,
    StoreNotFound,
)
from services.stock.model.holds import LIVE, Hold, place_in_queue
from services.stock.model.policies import Policy
from services.stock.replica.lookups import Lookups
from services.stock.resources.hold_changes import HoldChanges, NewHold, holder_of
from services.stock.resources.hold_terms import Pickup, Terms
from services.stock.resources.page_holds import PageHolds
from services.stock.resources.receipts import Receipts
from services.stock.state.durability import Durability
from services.stock.state.holds import Holds, request_key
from services.stock.state.quotas import Holder

EVERYWHERE = "stores/-"
"""The parent of holds at all stores (AIP-159)."""
TOKEN = re.compile("[A-Za-z0-9_-]{22,200}")
"""A shopper whom nobody guesses: 128 random bits in base64url have 22 characters."""


CHANGEABLE = frozenset({"items", "pickup_slot", "method"})
MOST_TRANSFERS = 20
"""Transfers of an order that its first receipt is followed through."""


@dataclass(frozen=True)
class Reservations:
    """Reads and changes the holds of callers.

    An admin has those of all callers, and shop staff those at its own stores.
    """

    holds: Holds
    changes: HoldChanges
    receipts: Receipts
    trip_tokens: TripTokens
    durability: Durability
    lookups: Lookups
    page_holds: PageHolds
    terms: Terms
    directory: Directory
    keyring: Keyring
    clock: Clock

    async def create(self, request: stock_pb2.CreateReservationRequest) -> Hold:
        """Hold a basket at one store.

        Raises:
            StoreNotFound: there is no such store.
            StoreNotOpen: it is not open for business.
            MethodNotOffered: it does not hand goods over in the wanted way.
            SlotNotOffered: it does not offer the slot, or no longer.
            ProductNotFound: there is no product of one name.
            ServiceError: `HoldChanges.reserve` raises more.
        """
        caller = current_caller()
        store = self.lookups.store(request.parent)
        basket = self.lookups.basket(lines(request.items))
        given = self.terms.given(request.ttl) if request.HasField("ttl") else None
        pickup = Pickup(request.method, request.pickup_slot)
        addresses = self.page_holds.addresses(caller)
        body = content(request)
        # Of its content too: a `request_id` that is used again must not release the lease of the
        # hold that it made.
        id = self._new_id(caller.id, f"{store} {body.hex()}", "create", request.request_id)
        await self.durability.check()

        async def make(raw: bytes, policy: Policy) -> Hold:
            new = NewHold(
                store,
                id,
                Holder(caller.id, request.shopper, *addresses[:1]),
                basket,
                self.terms.of(store, policy, given, pickup, is_page=bool(addresses)),
                request_key(caller.id, "create", request.request_id, body),
                addresses,
            )
            return await self.changes.reserve(
                new, raw, partial=request.allow_partial, validate_only=request.validate_only
            )

        return await self.changes.planned(store, make)

    async def get(self, name: str) -> Hold:
        """One hold of the caller.

        Raises:
            ReservationNotFound: there is none of that name, or it is another caller's.
        """
        store, id = reservation_ids(name)
        [hold] = await self.holds.read(store, [id])
        caller = current_caller()
        if hold is None or not (caller.sees_all or hold.caller == caller.id):
            raise ReservationNotFound(reservation_name(store, id))
        return hold

    async def shop(self, name: str) -> str:
        """The id of a public store, or of a private one that has holds: they go on.

        Raises:
            StoreNotFound: there is no such store.
        """
        try:
            return self.lookups.store(name)
        except StoreNotFound:
            store = self.lookups.any_store(name)
            if not await self.holds.has_any(store):
                raise
            return store

    async def listed(self, request: stock_pb2.ListReservationsRequest) -> list[Hold]:
        """Holds in the wanted states (live ones by default), oldest first.

        Of one store those that the caller may see; of all stores the caller's own of a shopper.

        Raises:
            StoreNotFound: there is no such store.
            InvalidArgument: of all stores no shopper is named, or anybody could guess the shopper.
        """
        caller = current_caller()
        # A page's key is one caller for all of its visitors.
        if caller.address and not TOKEN.fullmatch(request.shopper):
            raise InvalidArgument.field(
                "shopper",
                "with the key of a page: a random text of 22 to 200 characters A-Za-z0-9-_",
            )
        is_everywhere = request.parent == EVERYWHERE
        if is_everywhere and not request.shopper:
            raise InvalidArgument.field("shopper", f"is required for {EVERYWHERE}")
        store = "" if is_everywhere else await self.shop(request.parent)
        sees_all = caller.sees_all and not is_everywhere
        states = set(map(state_of, request.states))
        found = [
            hold
            for hold in await self._candidates(caller, store, request.shopper, states)
            if (sees_all or hold.caller == caller.id)
            and (hold.state in states if states else hold.is_live)
            and (not request.shopper or hold.shopper == request.shopper)
        ]
        return sorted(found, key=lambda hold: (hold.create_ms, hold.id))

    async def queue(self, parent: str) -> list[Hold]:
        """The live holds at a store that the caller may see, in the order of `place_in_queue`.

        Raises:
            StoreNotFound: there is no such store.
        """
        caller = current_caller()
        found = [
            hold
            for hold in await self.holds.of_store(await self.shop(parent), live_only=True)
            if caller.sees_all or hold.caller == caller.id
        ]
        return sorted(found, key=place_in_queue)

    async def _candidates(
        self, caller: Caller, store: str, shopper: str, states: Set[str]
    ) -> list[Hold]:
        """The holds of a store, or those of a shopper of the caller: all, or those listed.

        Without `states`, and with live ones alone, the ended ones may be missing.
        """
        if store and not caller.address:
            return await self.holds.of_store(store, live_only=states <= LIVE)
        listed = await self.changes.listed(caller.id, shopper)
        if store:
            listed = {store: listed[store]} if store in listed else {}
        return await self.holds.read_all(listed)

    async def update(self, request: stock_pb2.UpdateReservationRequest) -> Hold:
        """Change lines, slot or method of a hold: all as asked, or nothing.

        Raises:
            ReservationNotFound: there is none of that name, or it is another caller's.
            StoreNotOpen: the store is not open for business.
            ProductNotFound: there is no product of one name.
            InvalidArgument: the mask names another field, or lines without units.
            ServiceError: `HoldChanges.update` raises more.
        """
        wanted = request.reservation
        fields = changeable(request)
        basket: Mapping[str, int] = {}
        if "items" in fields:
            basket = self.lookups.basket(reserved_lines(wanted.items))
            if not basket:
                raise InvalidArgument.field("reservation.items", "has no units; cancel the hold")
        await self.durability.check()
        hold = await self.get(wanted.name)
        pickup = Pickup(0, wanted.pickup_slot if "pickup_slot" in fields else "")
        if "method" in fields:
            pickup = pickup._replace(method=wanted.method)
            keeps_slot = hold.slot and "pickup_slot" not in fields
            if keeps_slot and hold.slot and hold.slot.method != wanted.method:
                raise InvalidArgument.field(
                    "reservation.method", "the hold has a slot of another method; change that too"
                )
        caller = current_caller()
        key = request_key(caller.id, "update", request.request_id, content(request))

        async def change(raw: bytes, policy: Policy) -> Hold:
            terms = self.terms.of(hold.store, policy, None, pickup)
            return await self.changes.update(
                hold,
                basket,
                terms,
                raw,
                moves_slot="pickup_slot" in fields,
                etag=wanted.etag,
                request=key,
                addresses=self.page_holds.addresses_of_change(caller, hold.address),
            )

        return await self.changes.planned(hold.store, change)

    async def extend(self, request: stock_pb2.ExtendReservationRequest) -> Hold:
        """Move the end of a hold, its lease first; that of a hold that has ended is released.

        Raises:
            StoreNotOpen: the store is not open for business.
            ServiceError: `HoldChanges.change` raises more.
        """
        life = self.terms.given(request.ttl)
        hold = await self.get(request.name)
        check_open(self.directory, hold.store, self.clock())
        ttl_ms, warnings = self.terms.extended(hold, life)
        await self.changes.lease(holder_of(hold), hold.store, hold.id, ttl_ms)
        argument = {"ttl": ttl_ms, "nt": [{"k": kind} for kind in warnings]}
        try:
            return await self.changes.change(request.name, "extend", request.etag, argument)
        except (ReservationExpired, ReservationNotFound, ReservationState):
            await self.changes.release(hold)
            raise

    async def cancel(self, request: stock_pb2.CancelReservationRequest) -> Hold:
        """Give a hold up."""
        hold = await self.changes.change(request.name, "cancel", request.etag)
        await self.changes.release(hold)
        return hold

    async def prepare(self, request: stock_pb2.PrepareReservationRequest) -> Hold:
        """Note that the store has begun to prepare the goods."""
        return await self.changes.change(request.name, "prepare", request.etag)

    async def mark_ready(self, request: stock_pb2.MarkReservationReadyRequest) -> Hold:
        """Note that the goods can be picked up."""
        return await self.changes.change(request.name, "ready", request.etag)

    async def collect(self, request: stock_pb2.CollectReservationRequest) -> Hold:
        """Hand over the goods of a hold, or some of them."""
        units = lines(request.items)
        argument: dict[str, Any] = {"l": units} if units else {"all": True}
        argument["rest"] = request.release_rest
        caller = current_caller().id
        key = request_key(caller, "collect", request.request_id, content(request))
        hold = await self.changes.change(request.name, "collect", request.etag, argument, key)
        if not hold.is_live:
            await self.changes.release(hold)
        return hold

    async def undo_collect(self, request: stock_pb2.UndoCollectReservationRequest) -> Hold:
        """Take the last hand-over back."""
        return await self.changes.undo(request.name, request.etag)

    async def report_missing(self, request: stock_pb2.ReportMissingItemsRequest) -> Hold:
        """Release goods that the shop cannot find, and tell the owner."""
        units = lines(request.items)
        names = self.lookups.product_names(units)
        parts = ", ".join(f"{count} x {names[sku]}" for sku, count in units.items())
        argument = {"l": units, "x": f"The shop could not find {parts}."}
        caller = current_caller().id
        key = request_key(caller, "missing", request.request_id, content(request))
        hold = await self.changes.change(request.name, "missing", request.etag, argument, key)
        if not hold.is_live:
            await self.changes.release(hold)
        return hold

    async def transfer(self, request: stock_pb2.TransferReservationRequest) -> Hold:
        """Move a hold to another store: it is held there before it is released here.

        No script can change two slots, so a hold first departs, which remembers the request and the
        target; a retry finds both and completes what broke off.

        Raises:
            StoreNotFound: there is no such destination.
            StoreNotOpen: the destination is not open for business.
            InvalidArgument: the hold is there already.
            EtagMismatch: it was changed or handed over in the meantime.
            ReservationState: it has ended, or what a first attempt held there has.
            ServiceError: `HoldChanges` raises more; the hold then stays as it was.
        """
        await self.durability.check()
        destination = self.lookups.store(request.destination_store)
        source, id = reservation_ids(request.name)
        if destination == source:
            raise InvalidArgument.field("destination_store", "is the store of the hold")
        caller = current_caller().id
        key = request_key(caller, "transfer", request.request_id, content(request))
        new_id = self._new_id(caller, f"{source}/{id}", "transfer", request.request_id)
        target = reservation_name(destination, new_id)
        argument = {"to": target}
        try:
            hold = await self.changes.change(request.name, "depart", "", argument, key)
        except ReservationExpired:
            # A first attempt that broke off may have held the goods there in time: it has moved.
            with suppress(ReservationNotFound):
                there = await self.get(target)
                if there.is_live:
                    return there
            raise
        except ReservationState:
            # It ended after a first attempt that broke off, which may have held the goods there.
            with suppress(ReservationNotFound, ReservationState, ReservationExpired):
                await self.changes.release(await self.changes.change(target, "cancel"))
            raise
        left = {item.sku: item.held - item.collected for item in hold.items}
        method = request.method or (0 if request.pickup_slot else hold.method)
        pickup = Pickup(method, request.pickup_slot)
        life = dt.timedelta(milliseconds=max(hold.expire_ms - hold.update_ms, 1000))

        async def make(raw: bytes, policy: Policy) -> Hold:
            new = NewHold(
                destination,
                new_id,
                holder_of(hold),  # it stays its owner's, also when an admin moves it
                {sku: units for sku, units in left.items() if units > 0},
                self.terms.of(destination, policy, life if hold.has_given_life else None, pickup),
                key,
                transferred_from=request.name,
                code=hold.code,
            )
            return await self.changes.reserve(new, raw)

        there = await self.changes.planned(destination, make)
        if hold.is_live and not there.is_live:  # it ended before a retry; this one goes on
            raise ReservationState(target, there.state)
        units = {item.sku: item.held for item in there.items}
        try:
            gone = await self.changes.change(
                request.name, "moved", "", {"to": target, "l": units}, key
            )
        except ReservationExpired:
            return there
        except (EtagMismatch, ReservationState):  # it was changed, given up or moved elsewhere
            await self.changes.release(await self.changes.change(target, "cancel"))
            raise
        await self.changes.release(gone)
        return there

    async def verify(self, receipt: str) -> Hold:
        """The hold of a receipt, as it is now; after a transfer, the one that replaces it.

        Raises:
            ReceiptInvalid: this service did not sign the receipt.
            ReservationNotFound: the hold is no longer kept, or is at a store of other staff.
        """
        name = self.receipts.read(receipt)
        for _ in range(MOST_TRANSFERS):
            store, id = reservation_ids(name)
            [hold] = await self.holds.read(store, [id])
            if hold is None:
                break
            if hold.is_live or not hold.transferred_to:
                if current_caller().at(name) is NOBODY:
                    break
                return hold
            name = hold.transferred_to
        raise ReservationNotFound(name)

    def receipt(self, hold: Hold) -> str:
        """The receipt of a hold."""
        return self.receipts.of(hold)

    def message(self, hold: Hold) -> stock_pb2.Reservation:
        """A hold with its receipt and, for its owner, its trip token, as the contract has it."""
        token = ""
        if hold.is_live and hold.caller == (caller := current_caller()).id:
            name = reservation_name(hold.store, hold.id)
            token = self.trip_tokens.of(name, caller.owner, hold.expire_ms)
        return reservation(hold, self.receipt(hold), token)

    def _new_id(self, caller: str, scope: str, method: str, request_id: str) -> str:
        """An id that nobody can guess; a retry gets the same, so that its lease is the same.

        `directory.ids.new_id` has no key: with it, ids could be guessed from a `request_id`.
        """
        if not request_id:
            return chance.token_urlsafe(12)
        data = "\0".join((caller, scope, method, request_id)).encode()
        return base64url(self.keyring.hashes("hold-id", data)[0][:12])


def changeable(request: stock_pb2.UpdateReservationRequest) -> set[str]:
    """The fields that a request changes.

    Raises:
        InvalidArgument: the mask names a field that cannot be changed.
    """
    paths = set(request.update_mask.paths)
    if "*" in paths:
        return set(CHANGEABLE)
    if others := sorted(paths - CHANGEABLE):
        raise InvalidArgument.field("update_mask", f"{others[0]} cannot be changed")
    return paths or {field.name for field, _ in request.reservation.ListFields()} & CHANGEABLE


def content(
    request: stock_pb2.CreateReservationRequest
    | stock_pb2.CollectReservationRequest
    | stock_pb2.ReportMissingItemsRequest
    | stock_pb2.TransferReservationRequest
    | stock_pb2.UpdateReservationRequest,
) -> bytes:
    """The content of a request that a retry must repeat."""
    kept = type(request)()
    kept.CopyFrom(request)  # type: ignore[arg-type]
    kept.ClearField("request_id")
    if isinstance(kept, stock_pb2.CreateReservationRequest):
        kept.ClearField("validate_only")
    return kept.SerializeToString(deterministic=True)
