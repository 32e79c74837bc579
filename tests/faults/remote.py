"""Holds through the server: clients of the workload use it in place of the state."""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
import redis.exceptions
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from services.stock.model.holds import HeldItem, Hold
from services.stock.state.holds import NO_KEY, Outcome, RequestKey

DEADLINE_S = 20.0
SOON = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
]
"""Options of a channel that reconnects soon."""
WORDS = {
    "INSUFFICIENT_STOCK": "short",
    "RESERVATION_NOT_FOUND": "missing",
    "RESERVATION_STATE": "state",
    "RESERVATION_EXPIRED": "expired",
    "REQUEST_ID_REUSED": "reused",
}
AMBIGUOUS = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class RemoteHolds:
    """The two methods of `Holds` that make and end holds, by gRPC."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stock = stock_pb2_grpc.StockServiceStub(channel)
        self.ambiguous = 0
        """Calls that got no answer."""
        self._answered = 0
        self._awaited: dict[asyncio.Event, int] = {}

    async def answered(self, count: int) -> None:
        """Wait until so many more calls got an answer."""
        event = asyncio.Event()
        self._awaited[event] = self._answered + count
        await event.wait()

    async def reserve(
        self,
        store: str,
        record: bytes,
        lines: Mapping[str, int],
        *,
        ttl_ms: int,
        fresh_ms: int,
        request: RequestKey = NO_KEY,
    ) -> Outcome:
        """Hold a basket."""
        items = [
            stock_pb2.BasketItem(product=f"products/{sku}", quantity=units)
            for sku, units in lines.items()
        ]
        message = stock_pb2.CreateReservationRequest(
            parent=f"stores/{store}", items=items, request_id=request.field
        )
        message.ttl.FromMilliseconds(ttl_ms)
        return await self._told("new", self._stock.CreateReservation(message, timeout=DEADLINE_S))

    async def transition(
        self,
        store: str,
        id: str,
        action: str,
        *,
        request: RequestKey = NO_KEY,
        argument: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """Cancel a hold, or collect all of it."""
        name = f"stores/{store}/reservations/{id}"
        call: Any
        if action == "cancel":
            call = self._stock.CancelReservation(
                stock_pb2.CancelReservationRequest(name=name), timeout=DEADLINE_S
            )
        else:
            call = self._stock.CollectReservation(
                stock_pb2.CollectReservationRequest(name=name, request_id=request.field),
                timeout=DEADLINE_S,
            )
        return await self._told("done", call)

    async def _told(self, word: str, call: Any) -> Outcome:
        try:
            outcome = Outcome(word, hold_of(await call))
        except grpc.aio.AioRpcError as error:
            if error.code() in AMBIGUOUS:
                self.ambiguous += 1
                raise redis.exceptions.ConnectionError(error.details() or "") from None
            outcome = Outcome(WORDS[reason_of(error)])
        except asyncio.CancelledError:  # the channel cancels its calls when the server dies
            raise redis.exceptions.ConnectionError("the call was cut off") from None
        self._answered += 1
        for event, target in list(self._awaited.items()):
            if self._answered >= target:
                del self._awaited[event]
                event.set()
        return outcome


def hold_of(message: stock_pb2.Reservation) -> Hold:
    """The hold of a message, as far as the checker reads it."""
    _, store, _, id = message.name.split("/")
    return Hold(
        id,
        store,
        stock_pb2.Reservation.State.Name(message.state).removeprefix("STATE_"),
        "anonymous",
        message.shopper,
        message.method,
        0,
        0,
        0,
        int(message.etag),
        tuple(
            HeldItem(
                item.product.removeprefix("products/"),
                item.requested_quantity,
                item.held_quantity,
                item.collected_quantity,
                item.back_ordered_quantity,
                item.level_version,
            )
            for item in message.items
        ),
    )


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """The reason that an error states."""
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    for detail in status.details if status else ():
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
    reason: str = info.reason
    return reason
