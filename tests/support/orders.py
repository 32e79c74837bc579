"""Orders in tests: a hold, the trip to it, and the workers that carry facts between them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from enrayon.events.v1 import events_pb2_grpc
from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from services.app import followed
from services.chassis.tasks import end
from services.directory.parts import Parts
from services.geofence import bootstrap as geofence
from services.stock import bootstrap as stock

WAIT_S = 20.0
"""Longest wait for what crosses; the fault matrix measures how long it takes."""


class Order:
    """A hold and its trip, as their owner sees them."""

    def __init__(self, channel: Any) -> None:
        self.stock: Any = stock_pb2_grpc.StockServiceStub(channel)
        self.events: Any = events_pb2_grpc.EventsServiceStub(channel)
        self.geofence: Any = geofence_pb2_grpc.GeofenceServiceStub(channel)

    async def hold(self, name: str) -> Any:
        """A hold."""
        return await self.stock.GetReservation(stock_pb2.GetReservationRequest(name=name))

    async def trip(self, name: str) -> Any:
        """A trip."""
        return await self.geofence.GetTrip(pb.GetTripRequest(name=name))

    async def start(self, hold: Any, device: str = "anna", **rest: object) -> Any:
        """Start a trip to a hold, with its token."""
        parent = hold.name.partition("/reservations/")[0]
        fields: dict[str, Any] = {"reservation": hold.name, "trip_token": hold.trip_token}
        return await self.geofence.StartTrip(
            pb.StartTripRequest(parent=parent, device_id=device, consent=True, **(fields | rest))
        )

    async def check_in(self, trip: Any, **fields: str) -> Any:
        """Note that the traveller is here."""
        return await self.geofence.CheckInTrip(pb.CheckInTripRequest(name=trip.name, **fields))

    async def end(self, verb: str, hold: Any) -> Any:
        """Cancel or collect a hold."""
        request = getattr(stock_pb2, f"{verb}ReservationRequest")(name=hold.name)
        return await getattr(self.stock, f"{verb}Reservation")(request)


@asynccontextmanager
async def crossing(parts: Parts) -> AsyncIterator[None]:
    """The loops of one worker of both services, running."""
    built = [stock.build(parts), geofence.build(parts)]
    loops = [loop for service in built for loop in service.workers.values()]
    async with followed(built):
        tasks = [asyncio.ensure_future(loop()) for loop in loops]
        try:
            yield
        finally:
            await end(tasks)


async def eventually(read: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
    """What is read, once it is as it should be."""
    found = None
    try:
        async with asyncio.timeout(WAIT_S):
            while not holds(found := await read()):  # noqa: ASYNC110 - told by another process
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"still {found}") from None
    return found
