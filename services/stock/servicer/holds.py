"""The RPCs about holds."""

from collections.abc import AsyncIterator

from enrayon.stock.v1 import stock_pb2
from services.chassis.caller import current_caller
from services.chassis.messages.paging import PageTokens
from services.chassis.messages.qr import qr_svg
from services.chassis.serving.commits import commit
from services.chassis.serving.methods import endless
from services.stock import convert, receipts
from services.stock.errors import ReceiptInvalid, ReservationNotFound
from services.stock.holding import Holding
from services.stock.known import Known
from services.stock.model.holds import Hold
from services.stock.receipts import Receipts
from services.stock.state.follower import Follower
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from services.stock.watching import watch


class HoldCalls:
    """Holds from their making to their end."""

    def __init__(
        self,
        tokens: PageTokens,
        *,
        known: Known,
        holding: Holding,
        holds: Holds,
        receipts: Receipts,
        follower: Follower,
        ledger: Ledger,
    ) -> None:
        self._tokens = tokens
        self._known = known
        self._holding = holding
        self._holds = holds
        self._receipts = receipts
        self._follower = follower
        self._ledger = ledger

    async def create_reservation(
        self, request: stock_pb2.CreateReservationRequest
    ) -> stock_pb2.Reservation:
        """Holds a basket at one store."""
        return self._reservation(await self._holding.create(request))

    async def get_reservation(
        self, request: stock_pb2.GetReservationRequest
    ) -> stock_pb2.Reservation:
        """One hold by name."""
        return self._reservation(await self._holding.get(request.name))

    async def list_reservations(
        self, request: stock_pb2.ListReservationsRequest
    ) -> stock_pb2.ListReservationsResponse:
        """The holds at a store."""
        store = self._known.store(request.parent)
        states = {
            stock_pb2.Reservation.State.Name(s).removeprefix("STATE_") for s in request.states
        }
        found = [
            hold
            for hold in await self._holding.of_store(store)
            if (hold.state in states if states else hold.is_live)
            and (not request.shopper or hold.shopper == request.shopper)
        ]
        page, token = self._tokens.page(request, found, lambda hold: (hold.create_ms, hold.id))
        return stock_pb2.ListReservationsResponse(
            reservations=map(self._reservation, page),
            next_page_token=token,
        )

    @endless
    async def watch_reservations(
        self, request: stock_pb2.WatchReservationsRequest
    ) -> AsyncIterator[stock_pb2.WatchReservationsResponse]:
        """The holds at a store as they change."""
        store = self._known.store(request.parent)
        caller = current_caller()
        async for hold, token in watch(
            self._follower, self._ledger, self._holds, store, request.resume_token
        ):
            if hold is None:
                yield stock_pb2.WatchReservationsResponse(resume_token=token)
            elif caller.admin or hold.caller == caller.id:
                yield stock_pb2.WatchReservationsResponse(
                    reservation=self._reservation(hold), resume_token=token
                )

    async def extend_reservation(
        self, request: stock_pb2.ExtendReservationRequest
    ) -> stock_pb2.Reservation:
        """Moves the end of a hold."""
        return self._reservation(await commit(self._holding.extend(request)))

    async def cancel_reservation(
        self, request: stock_pb2.CancelReservationRequest
    ) -> stock_pb2.Reservation:
        """Gives a hold up."""
        return self._reservation(await commit(self._holding.cancel(request)))

    async def prepare_reservation(
        self, request: stock_pb2.PrepareReservationRequest
    ) -> stock_pb2.Reservation:
        """The shop has begun."""
        return self._reservation(await commit(self._holding.prepare(request)))

    async def mark_reservation_ready(
        self, request: stock_pb2.MarkReservationReadyRequest
    ) -> stock_pb2.Reservation:
        """The goods can be fetched."""
        return self._reservation(await commit(self._holding.mark_ready(request)))

    async def collect_reservation(
        self, request: stock_pb2.CollectReservationRequest
    ) -> stock_pb2.Reservation:
        """The goods are handed over."""
        return self._reservation(await commit(self._holding.collect(request)))

    async def transfer_reservation(
        self, request: stock_pb2.TransferReservationRequest
    ) -> stock_pb2.Reservation:
        """Moves a hold to another store."""
        return self._reservation(await self._holding.transfer(request))

    async def get_pickup_code(
        self, request: stock_pb2.GetPickupCodeRequest
    ) -> stock_pb2.PickupCode:
        """A hold's pick-up code."""
        receipt = self._receipts.of(await self._holding.get(request.name))
        return stock_pb2.PickupCode(name=request.name, text=receipt, svg=qr_svg(receipt))

    async def verify_receipt(
        self, request: stock_pb2.VerifyReceiptRequest
    ) -> stock_pb2.Reservation:
        """The hold of a receipt."""
        store, id, digest = self._receipts.read(request.receipt)
        [hold] = await self._holds.read(store, [id])
        if hold is None:
            raise ReservationNotFound(convert.reservation_name(store, id))
        if receipts.digest(hold) != digest:
            raise ReceiptInvalid
        return self._reservation(hold)

    def _reservation(self, hold: Hold) -> stock_pb2.Reservation:
        return convert.reservation(hold, self._receipts.of(hold))
