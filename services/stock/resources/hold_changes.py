"""Changes of holds: counted against quotas, made in one script, its outcome told as an error."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from services.chassis.caller import current_caller
from services.chassis.errors import (
    ConcurrentChanges,
    EtagMismatch,
    InvalidArgument,
    QuotaExceeded,
    ServiceError,
)
from services.directory.keys import store_name
from services.directory.products import product_name
from services.stock import errors, metrics
from services.stock.convert.names import reservation_ids, reservation_name, slot_name
from services.stock.convert.times import ms_of
from services.stock.model.alerts import Claim
from services.stock.model.codes import new_code
from services.stock.model.holds import Hold, NoticeKind, encoded
from services.stock.model.policies import Policy, policy_of
from services.stock.resources.hold_terms import HoldTerms
from services.stock.settings import StockSettings
from services.stock.state.holds import NO_KEY, Holds, Outcome, RequestKey
from services.stock.state.policies import Policies
from services.stock.state.quotas import Holder, Quotas, full_of

POLICY_TRIES = 5
"""Plans of a hold, while its store's policy keeps changing."""


class PolicyChanged(Exception):
    """The store's policy is not the one by which a hold was planned."""

    def __init__(self, raw: bytes) -> None:
        super().__init__()
        self.raw = raw


class ClaimGone(Exception):
    """Another worker has barred or dropped the claim that a hold was for."""


LIVES_ON_MS = 15 * 60_000
"""Least life of a hold whose hand-over was undone, as lua/undo.lua has it."""


class NewHold(NamedTuple):
    """A hold to be made."""

    store: str
    id: str
    holder: Holder
    lines: Mapping[str, int]
    """SKU -> units."""
    terms: HoldTerms
    request: RequestKey
    addresses: Sequence[str] = ()
    """The keyed hashes of the address whose bounds apply; none for trusted callers."""
    transferred_from: str = ""
    code: str = ""
    """The short code of the hold that it replaces, which the shopper knows; else a new one."""
    claim: Claim | None = None
    """The claim of the alert that it is for."""


class HoldChanges:
    """Makes and changes holds."""

    def __init__(
        self, holds: Holds, policies: Policies, quotas: Quotas, settings: StockSettings
    ) -> None:
        self._holds = holds
        self._policies = policies
        self._quotas = quotas
        self._fresh_ms = int(settings.stock_freshness_s * 1000)
        self._bands_only = not settings.stock_quantities

    async def planned(self, store: str, act: Callable[[bytes, Policy], Awaitable[Hold]]) -> Hold:
        """Act by a store's policy, in JSON and read; again when it was another by then.

        The policy is the one that this process knows, so that it costs no round trip. It is read
        again before a refusal that no script has checked.

        Raises:
            ConcurrentChanges: the policy keeps changing.
        """
        for _ in range(POLICY_TRIES):
            raw = await self._policies.known(store)
            try:
                return await act(raw, policy_of(raw))
            except PolicyChanged as changed:
                self._policies.learn(store, changed.raw)
            except (errors.SlotNotOffered, errors.MethodNotOffered, InvalidArgument):
                if not await self._policies.is_outdated(store, raw):
                    raise
        raise ConcurrentChanges("the policy of the store keeps changing; try again")

    async def reserve(
        self,
        new: NewHold,
        policy: bytes,
        *,
        partial: bool = False,
        validate_only: bool = False,
    ) -> Hold:
        """Make a hold with its lease.

        One script does both. On a cluster the lease lies in another slot: there it is taken first,
        and given back if the hold is not made.

        Raises:
            PolicyChanged: the store's policy is no longer the given one.
            QuotaExceeded: the caller, the shopper or the address has too much.
            InsufficientStock: the store has too few units of a product.
            StockUnknown: no feed has stated a product lately.
            QuantityNotSold: the store's policy does not sell the quantity.
            RequestIdReused: the `request_id` belongs to another request.
            SlotFull: all places of its slot are taken.
            ClaimGone: another worker has taken the claim that it is for.
            ServiceError: the refusal of its terms.
        """
        terms, found_window = new.terms, new.terms.window
        if terms.refusal and new.request == NO_KEY:
            raise terms.refusal
        lease = self._quotas.lease(new.holder, new.store, new.id, terms.ttl_ms)
        is_apart = not validate_only and not self._holds.takes_leases
        if is_apart:
            await self.lease(new.holder, new.store, new.id, terms.ttl_ms)
        outcome: Outcome | None = None
        try:
            outcome = await self._holds.reserve(
                new.store,
                encoded(
                    new.id,
                    new.holder.caller,
                    new.holder.shopper,
                    terms.method,
                    new.transferred_from,
                    new.holder.address,
                    new.code or new_code(),
                    ready_ms=found_window and ms_of(found_window.ready_by),
                    pickup_ms=found_window and ms_of(found_window.pickup_by),
                    has_given_life=terms.is_given,
                    warnings=terms.warnings,
                    slot=terms.slot,
                ),
                new.lines,
                ttl_ms=terms.ttl_ms,
                policy=policy,
                capacity=terms.capacity,
                fresh_ms=self._fresh_ms,
                request=new.request,
                addresses=new.addresses,
                partial=partial,
                validate_only=validate_only,
                repeats_only=terms.refusal is not None,
                bands_only=self._bands_only,
                claim=new.claim,
                lease=None if validate_only or is_apart else lease,
            )
        finally:
            # Without an answer the hold may have been made, so its lease stays until it expires.
            found = outcome and outcome.found
            is_held = outcome is None or (found and found.is_live and found.id == new.id)
            if is_apart and not is_held:
                await self._quotas.give_back(new.holder, new.store, new.id)
        if not validate_only:
            metrics.HOLDS.labels(outcome.word).inc()
        if outcome.word in ("new", "same"):
            return outcome.hold
        if outcome.word == "gone":
            raise ClaimGone
        if outcome.word == "quota":
            raise QuotaExceeded(*full_of(new.holder, lease, outcome.detail[0] - 1))
        raise not_taken(outcome, new.store, terms)

    async def update(
        self,
        hold: Hold,
        lines: Mapping[str, int],
        terms: HoldTerms,
        policy: bytes,
        *,
        moves_slot: bool,
        etag: str = "",
        request: RequestKey = NO_KEY,
        addresses: Sequence[str] = (),
    ) -> Hold:
        """Change lines (none: as they are), slot or method of a hold, its lease first.

        Raises:
            PolicyChanged: the store's policy is no longer the given one.
            ServiceError: `reserve` and `change` raise more; the hold then stays as it was.
        """
        if terms.refusal and request == NO_KEY:
            raise terms.refusal
        name, caller, found = reservation_name(hold.store, hold.id), current_caller(), terms.window
        life_ms = hold.expire_ms - hold.update_ms
        if not hold.has_given_life:
            life_ms = max(life_ms, terms.ttl_ms)
        await self.lease(holder_of(hold), hold.store, hold.id, life_ms)
        outcome = await self._holds.update(
            hold.store,
            hold.id,
            lines,
            {
                "fresh_ms": self._fresh_ms,
                "bands": self._bands_only,
                "repeats": terms.refusal is not None,
                "m": terms.method,
                "pickup": moves_slot,
                "capacity": terms.capacity,
                "ttl": terms.ttl_ms,
                "short": NoticeKind.SHORTENED in terms.warnings,
                **({"sl": list(terms.slot)} if terms.slot else {}),
                **({"rb": ms_of(found.ready_by), "pb": ms_of(found.pickup_by)} if found else {}),
            },
            policy=policy,
            owner="" if caller.sees_all else caller.id,
            etag=etag,
            request=request,
            addresses=addresses,
        )
        metrics.CHANGES.labels("update", outcome.word).inc()
        if outcome.word == "missing" or (outcome.found and not outcome.found.is_live):
            await self.release(hold)
        if outcome.word in ("done", "same"):
            return outcome.hold
        raise not_changed(outcome, name) or not_taken(outcome, hold.store, terms)

    async def change(
        self,
        name: str,
        action: str,
        etag: str = "",
        argument: Mapping[str, Any] | None = None,
        request: RequestKey = NO_KEY,
    ) -> Hold:
        """Bring a hold of the caller to another state; lua/transition.lua lists the actions.

        Raises:
            ReservationNotFound: there is none of that name, or it is another caller's.
            ReservationExpired: it has expired.
            ReservationState: its state does not allow this.
            EtagMismatch: it was changed by another.
            RequestIdReused: the `request_id` belongs to another request.
            ExceedsHeld: it holds fewer units of a product.
            QuotaExceeded: it was changed under too many `request_id`s.
        """
        store, id = reservation_ids(name)
        caller = current_caller()
        outcome = await self._holds.transition(
            store,
            id,
            action,
            owner="" if caller.sees_all else caller.id,
            etag=etag,
            request=request,
            argument=argument,
        )
        metrics.CHANGES.labels(action, outcome.word).inc()
        if outcome.word in ("done", "same", "taken"):
            return outcome.hold
        raise not_changed(outcome, name) or errors.ReservationNotFound(name)

    async def undo(self, name: str, etag: str = "") -> Hold:
        """Take the last hand-over of a hold back, within a minute; its lease first.

        Raises:
            ReservationNotFound: there is none of that name, or it is another caller's.
            ReservationState: nothing was handed over lately.
            InsufficientStock: goods that were released with the hand-over have gone to others.
            EtagMismatch: it was changed by another.
        """
        store, id = reservation_ids(name)
        caller = current_caller()
        [hold] = await self._holds.read(store, [id])
        if hold is None or not (caller.sees_all or hold.caller == caller.id):
            raise errors.ReservationNotFound(name)
        holder = holder_of(hold)
        await self._quotas.restore(
            holder, store, id, max(hold.expire_ms - hold.update_ms, LIVES_ON_MS)
        )
        owner = "" if caller.sees_all else caller.id
        outcome = await self._holds.undo(store, id, owner, etag)
        metrics.CHANGES.labels("undo", outcome.word).inc()
        if outcome.word not in ("done", "same"):
            await self._quotas.give_back(holder, store, id)
        match outcome:
            case Outcome("done" | "same"):
                return outcome.hold
            case Outcome("etag"):
                raise EtagMismatch(name)
            case Outcome("state"):
                raise errors.ReservationState(name, outcome.hold.state)
            case Outcome("short", _, (sku, _)):
                raise errors.InsufficientStock(store_name(store), product_name(sku), None)
        raise errors.ReservationNotFound(name)

    async def lease(self, holder: Holder, store: str, id: str, ttl_ms: int) -> None:
        """Take or extend the lease of a hold.

        Raises:
            QuotaExceeded: the caller, the shopper or the address has too many holds.
        """
        if full := await self._quotas.take(holder, store, id, ttl_ms):
            raise QuotaExceeded(*full)

    async def listed(self, caller: str, shopper: str) -> Mapping[str, Sequence[str]]:
        """Store -> ids of the holds of a caller's shopper; some of them may not exist."""
        return await self._quotas.listed(caller, shopper)

    async def release(self, hold: Hold) -> None:
        """Release the lease of a hold that has ended."""
        await self._quotas.release(holder_of(hold), hold.id)


def not_taken(outcome: Outcome, store_id: str, terms: HoldTerms) -> Exception:
    """The error of an outcome with which units or a place were not taken."""
    store = store_name(store_id)
    match outcome:
        case Outcome("policy", _, (raw,)):
            return PolicyChanged(raw.encode())
        case Outcome("refused") if terms.refusal:
            return terms.refusal
        case Outcome("full") if terms.slot:
            return errors.SlotFull(slot_name(store_id, terms.slot.id))
        case Outcome("short", _, (sku, available)):
            units = None if available == "" else int(available)
            return errors.InsufficientStock(store, product_name(sku), units)
        case Outcome("bounded", _, (bound, most)):
            return QuotaExceeded(f"address_{bound}", most)
        case Outcome("unknown", _, (sku,)):
            return errors.StockUnknown(store, product_name(sku))
        case Outcome("limits", _, (sku, least, most)):
            return errors.QuantityNotSold(store, product_name(sku), least, most)
    return errors.RequestIdReused()


def not_changed(outcome: Outcome, name: str) -> ServiceError | None:
    """The error of an outcome with which a hold was not changed; None for other outcomes."""
    match outcome:
        case Outcome("missing"):
            return errors.ReservationNotFound(name)
        case Outcome("expired"):
            return errors.ReservationExpired(name)
        case Outcome("state"):
            return errors.ReservationState(name, outcome.hold.state)
        case Outcome("etag"):
            return EtagMismatch(name)
        case Outcome("reused"):
            return errors.RequestIdReused()
        case Outcome("exceeds", _, (sku,)):
            return errors.ExceedsHeld(name, product_name(sku))
        case Outcome("handed", _, (sku, units)):
            product = product_name(sku)
            return InvalidArgument.field(
                "reservation.items", f"{product}: {units} were handed over already"
            )
        case Outcome("requests", _, (most,)):
            return QuotaExceeded("hold_requests", most)
    return None


def holder_of(hold: Hold) -> Holder:
    """The caller of a hold, and for whom it is."""
    return Holder(hold.caller, hold.shopper, hold.address)
