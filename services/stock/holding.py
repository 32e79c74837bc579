"""Holds from their making to their end: checked, counted against quotas, changed in one act."""

import secrets
from collections.abc import Awaitable, Mapping
from typing import Any

from enrayon.stock.v1 import stock_pb2
from services.chassis.caller import current_caller
from services.chassis.errors import EtagMismatch, InvalidArgument
from services.chassis.keyring import Keyring
from services.chassis.serving.commits import commit
from services.directory.keys import store_name
from services.directory.products import product_name
from services.stock import convert, errors, metrics
from services.stock.durability import Durability
from services.stock.known import Known
from services.stock.model.holds import Hold, encoded
from services.stock.settings import StockSettings
from services.stock.state.holds import NO_REQUEST, Holds, Outcome, Request, request_of, text
from services.stock.state.quotas import Quotas


class Holding:
    """What callers may do with holds."""

    def __init__(
        self,
        holds: Holds,
        quotas: Quotas,
        durability: Durability,
        known: Known,
        keyring: Keyring,
        settings: StockSettings,
    ) -> None:
        self._holds = holds
        self._quotas = quotas
        self._durability = durability
        self._known = known
        self._keyring = keyring
        self._settings = settings

    async def create(self, request: stock_pb2.CreateReservationRequest) -> Hold:
        """Hold a basket at one store."""
        caller = current_caller().id
        store = self._known.store(request.parent)
        lines = self._known.basket(request.items)
        ttl_ms = self._ttl_ms(request, default_s=self._settings.hold_ttl_s)
        known = request_of(caller, "create", request.request_id, body_of(request))
        await self._durability.check()
        return await commit(
            self._reserve(
                store,
                self._new_id(caller, store, "create", request.request_id),
                caller,
                lines,
                ttl_ms,
                shopper=request.shopper,
                method=request.method,
                request=known,
                partial=request.allow_partial,
                only_look=request.validate_only,
            )
        )

    async def get(self, name: str) -> Hold:
        """One hold."""
        store, id = convert.reservation_ids(name)
        [hold] = await self._holds.read(store, [id])
        caller = current_caller()
        if hold is None or (hold.caller != caller.id and not caller.admin):
            raise errors.ReservationNotFound(convert.reservation_name(store, id))
        return hold

    async def of_store(self, store: str) -> list[Hold]:
        """The caller's holds at a store, the oldest first."""
        caller = current_caller()
        return sorted(
            (
                hold
                for hold in await self._holds.of_store(store)
                if caller.admin or hold.caller == caller.id
            ),
            key=lambda hold: (hold.create_ms, hold.id),
        )

    async def extend(self, request: stock_pb2.ExtendReservationRequest) -> Hold:
        """Move the end of a hold."""
        ttl_ms = self._ttl_ms(request, default_s=0)
        hold = await self.get(request.name)
        await self._take(hold.caller, hold.shopper, hold.id, ttl_ms)
        return await self._changed(request.name, "extend", request.etag, {"ttl": ttl_ms})

    async def cancel(self, request: stock_pb2.CancelReservationRequest) -> Hold:
        """Give a hold up."""
        hold = await self._changed(request.name, "cancel", request.etag)
        await self._release(hold)
        return hold

    async def prepare(self, request: stock_pb2.PrepareReservationRequest) -> Hold:
        """The shop has begun."""
        return await self._changed(request.name, "prepare", request.etag)

    async def mark_ready(self, request: stock_pb2.MarkReservationReadyRequest) -> Hold:
        """The shop is done."""
        return await self._changed(request.name, "ready", request.etag)

    async def collect(self, request: stock_pb2.CollectReservationRequest) -> Hold:
        """Hand goods over."""
        lines = convert.lines(request.items)
        argument: dict[str, Any] = {"l": lines} if lines else {"all": True}
        argument["rest"] = request.release_rest
        caller = current_caller().id
        known = request_of(caller, "collect", request.request_id, body_of(request))
        hold = await self._changed(request.name, "collect", request.etag, argument, known)
        if not hold.is_live:
            await self._release(hold)
        return hold

    async def transfer(self, request: stock_pb2.TransferReservationRequest) -> Hold:
        """Move a hold to another store: held there first, released here after."""
        await self._durability.check()
        destination = self._known.store(request.destination_store)
        source, id = convert.reservation_ids(request.name)
        if destination == source:
            raise InvalidArgument.field("destination_store", "is where the hold is")
        return await commit(self._transfer(request, source, id, destination))

    async def _transfer(
        self,
        request: stock_pb2.TransferReservationRequest,
        source: str,
        id: str,
        destination: str,
    ) -> Hold:
        caller = current_caller().id
        known = request_of(caller, "transfer", request.request_id, body_of(request))
        new_id = self._new_id(caller, f"{source}/{id}", "transfer", request.request_id)
        target = convert.reservation_name(destination, new_id)
        argument = {"to": target}
        hold = await self._changed(request.name, "depart", "", argument, known)
        left = {item.sku: item.held - item.collected for item in hold.items}
        ttl_ms = max(hold.expire_ms - hold.update_ms, 1000)
        there = await self._reserve(
            destination,
            new_id,
            hold.caller,  # staff moves it, and it stays its owner's
            {sku: units for sku, units in left.items() if units > 0},
            ttl_ms,
            shopper=hold.shopper,
            method=hold.method,
            request=known,
            origin=request.name,
        )
        try:
            gone = await self._changed(request.name, "moved", "", argument, known)
        except errors.ReservationExpired:
            return there
        except errors.ReservationState:  # given up, or gone elsewhere, in the meantime
            await self._release(await self._changed(target, "cancel", ""))
            raise
        await self._release(gone)
        return there

    async def _reserve(
        self,
        store: str,
        id: str,
        caller: str,
        lines: Mapping[str, int],
        ttl_ms: int,
        *,
        shopper: str,
        method: int,
        request: Request,
        partial: bool = False,
        only_look: bool = False,
        origin: str = "",
    ) -> Hold:
        if not only_look:
            await self._take(caller, shopper, id, ttl_ms)
        outcome: Outcome | None = None
        try:
            outcome = await self._holds.reserve(
                store,
                encoded(id, caller, shopper, method, origin),
                lines,
                ttl_ms=ttl_ms,
                fresh_ms=int(self._settings.stock_freshness_s * 1000),
                request=request,
                partial=partial,
                only_look=only_look,
            )
        finally:
            # Without an answer nothing is known of the hold, so its lease stays until it expires.
            is_held = outcome is None or (outcome.found is not None and outcome.found.is_live)
            if not only_look and not is_held:
                await self._quotas.release(caller, shopper, id)
        if not only_look:
            metrics.HOLDS.labels(outcome.word).inc()
        match outcome:
            case Outcome("new" | "same"):
                return outcome.hold
            case Outcome("short", _, (sku, available)):
                raise errors.InsufficientStock(store_name(store), product_name(sku), available)
            case Outcome("unknown", _, (sku,)):
                raise errors.StockUnknown(store_name(store), product_name(sku))
            case Outcome("limits", _, (sku, least, most)):
                raise errors.QuantityNotSold(store_name(store), product_name(sku), least, most)
        raise errors.RequestIdReused

    async def _changed(
        self,
        name: str,
        action: str,
        etag: str,
        argument: Mapping[str, Any] | None = None,
        request: Request = NO_REQUEST,
    ) -> Hold:
        store, id = convert.reservation_ids(name)
        caller = current_caller()
        act: Awaitable[Outcome] = self._holds.transition(
            store,
            id,
            action,
            owner="" if caller.admin else caller.id,
            etag=etag,
            request=request,
            argument=argument,
        )
        outcome = await act
        metrics.CHANGES.labels(action, outcome.word).inc()
        match outcome:
            case Outcome("done" | "same"):
                return outcome.hold
            case Outcome("expired"):
                raise errors.ReservationExpired(name)
            case Outcome("state"):
                raise errors.ReservationState(name, outcome.hold.state)
            case Outcome("etag"):
                raise EtagMismatch(name)
            case Outcome("reused"):
                raise errors.RequestIdReused
            case Outcome("exceeds", _, (sku,)):
                raise errors.ExceedsHeld(name, product_name(sku))
        raise errors.ReservationNotFound(name)

    async def _take(self, caller: str, shopper: str, id: str, ttl_ms: int) -> None:
        if full := await self._quotas.take(caller, shopper, id, ttl_ms):
            raise errors.QuotaExceeded(*full)

    async def _release(self, hold: Hold) -> None:
        await self._quotas.release(hold.caller, hold.shopper, hold.id)

    def _ttl_ms(
        self,
        request: stock_pb2.CreateReservationRequest | stock_pb2.ExtendReservationRequest,
        default_s: float,
    ) -> int:
        ttl_s = convert.seconds(request.ttl) if request.HasField("ttl") else default_s
        if ttl_s > self._settings.hold_max_ttl_s:
            raise InvalidArgument.field("ttl", f"at most {self._settings.hold_max_ttl_s:.0f} s")
        return max(int(ttl_s * 1000), 1)

    def _new_id(self, caller: str, scope: str, method: str, request_id: str) -> str:
        """An id that nobody guesses; a retry has the same, so that its lease is the same."""
        if not request_id:
            return secrets.token_urlsafe(12)
        data = "\0".join((caller, scope, method, request_id)).encode()
        return text(self._keyring.hashes("hold-id", data)[0][:12])


def body_of(
    request: stock_pb2.CreateReservationRequest
    | stock_pb2.CollectReservationRequest
    | stock_pb2.TransferReservationRequest,
) -> bytes:
    """What a retry must repeat."""
    body = type(request)()
    body.CopyFrom(request)  # type: ignore[arg-type]
    body.ClearField("request_id")
    if isinstance(body, stock_pb2.CreateReservationRequest):
        body.ClearField("validate_only")
    return body.SerializeToString(deterministic=True)
