"""Row 19: worker, server or database is killed between a delivery and its acknowledgement.

A webhook's endpoint and a reader kill a part that serves them after an event came, before they
acknowledge it. Every event comes, in order for each device; a duplicate has the id of the first.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from typing import Any

import grpc
import pytest

from enrayon.events.v1 import events_pb2, events_pb2_grpc
from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.tasks import end
from services.events.model import gates
from tests.faults.deployment import Deployment
from tests.faults.judging import Told, judge
from tests.faults.retrying import surely
from tests.support.endpoint import Endpoint, endpoint, status
from tests.support.events import subscribe
from tests.support.geofence import KAMPPI, PASILA, circle, create, fix
from tests.support.stock import FORUM, PRODUCTS, SOKOS, STOCKMANN, basket, state
from tests.support.stores import SHOPS, upsert

SETTINGS = {
    "ENRAYON_WEBHOOK_PRIVATE": "true",
    "ENRAYON_EVENTS_LEASE_S": "1",
    "ENRAYON_WEBHOOK_TIMEOUT_S": "0.5",
    "ENRAYON_STOCK_ALLOW_LOSS": "true",
    "ENRAYON_HOLDS_PER_SHOPPER": "0",
}
DEVICES = 12
AHEAD = 60
SPARED = 0.7
"""The share of deliveries after which no part is killed."""


def try_again_soon() -> None:
    """Retry soon: a post may time out while parts are down."""
    gates.FIRST_PAUSE_MS = gates.SHORT_PAUSE_MS = 200


class Killer:
    """Kills one part after another, each once the last one is back and delivers."""

    def __init__(self, deployment: Deployment, kills: int) -> None:
        self._deployment = deployment
        self._rng = random.Random(kills)
        self._left = kills
        self._hurt: asyncio.Queue[str] = asyncio.Queue()
        self._is_well = True
        self.killed: Counter[str] = Counter()
        self.done = asyncio.Event()

    def strike(self, victims: "cycle[str]") -> bool:
        """Perhaps kill the next part; answers whether it did."""
        if not self._is_well or self.done.is_set() or self._rng.random() < SPARED:
            return False
        self._is_well = False
        victim = next(victims)
        self._deployment.kill(victim)
        self.killed[victim] += 1
        self._hurt.put_nowait(victim)
        return True

    async def mend(self) -> None:
        """Start killed parts again, until cancelled."""
        while True:
            self._deployment.start_again(await self._hurt.get())
            self._left -= 1
            if not self._left:
                self.done.set()
            self._is_well = True


class Devices:
    """Devices that come and go at a fence."""

    services = "geofence events"
    types = ("fence.enter", "fence.exit")

    def __init__(self, channel: Any) -> None:
        self._stub: Any = geofence_pb2_grpc.GeofenceServiceStub(channel)
        self._visits = 0

    async def open(self) -> None:
        """Make the fence."""
        await surely(lambda: create(self._stub, "kamppi", circle(KAMPPI, 300)))

    async def round(self) -> int:
        """One visit of each device; answers the number of events."""
        for place, second in ((KAMPPI, 0), (PASILA, 1)):
            fixes = [fix(f"car {n}", place, 2 * self._visits + second) for n in range(DEVICES)]
            request = pb.ReportPositionsRequest(fixes=fixes, consent=True)
            await surely(lambda: self._stub.ReportPositions(request, timeout=5))  # noqa: B023
        self._visits += 1
        return 2 * DEVICES

    @staticmethod
    def number(_id: str, data: Any) -> int:
        """The number of an event among those of its subject."""
        return int(data["number"])


class Holds:
    """Holds at three shops, which are made, prepared and made ready."""

    services = "stores stock events"
    types = ("reservation.confirmed", "reservation.preparing", "reservation.ready")

    def __init__(self, channel: Any) -> None:
        self._stub: Any = stock_pb2_grpc.StockServiceStub(channel)
        self._stores: Any = stores_pb2_grpc.StoresServiceStub(channel)
        self._made = 0

    async def open(self) -> None:
        """Open the shops, with milk."""
        await surely(lambda: upsert(self._stores, SHOPS))
        products = stock_pb2.UpsertProductsRequest(products=PRODUCTS)
        await surely(lambda: self._stub.UpsertProducts(iter([products])))
        for store in (STOCKMANN, SOKOS, FORUM):
            await surely(lambda: state(self._stub, store, milk=100_000))  # noqa: B023

    async def round(self) -> int:
        """Some holds from the shelf to the counter; answers the number of events."""
        for _ in range(DEVICES):
            self._made += 1
            request = stock_pb2.CreateReservationRequest(
                parent=(STOCKMANN, SOKOS, FORUM)[self._made % 3],
                items=basket(milk=1),
                request_id=f"hold-{self._made}",
            )
            made = await surely(lambda: self._stub.CreateReservation(request, timeout=5))  # noqa: B023
            for method, message in (
                (self._stub.PrepareReservation, stock_pb2.PrepareReservationRequest),
                (self._stub.MarkReservationReady, stock_pb2.MarkReservationReadyRequest),
            ):
                await surely(lambda: method(message(name=made.name), timeout=5))  # noqa: B023
        return 3 * DEVICES

    @staticmethod
    def number(_id: str, data: Any) -> int:
        """The number of an event among those of its subject."""
        return int(data["revision"])


class Shops:
    """Shops whose records and hours are changed."""

    services = "stores hours events"
    types = ("store.updated", "store.closed", "store.opened", "hours.updated")

    def __init__(self, channel: Any) -> None:
        self._stores: Any = stores_pb2_grpc.StoresServiceStub(channel)
        self._hours: Any = hours_pb2_grpc.HoursServiceStub(channel)
        self._rounds = 0

    async def open(self) -> None:
        """Open the shops."""
        await surely(lambda: upsert(self._stores, SHOPS))

    async def round(self) -> int:
        """Close or open each shop, and give it other hours; answers the number of events."""
        self._rounds += 1
        status = (stores_pb2.STORE_STATUS_OPEN, stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED)
        for shop in SHOPS[:DEVICES]:
            store = stores_pb2.Store(name=shop.name, status=status[self._rounds % 2])
            changed = stores_pb2.UpdateStoreRequest(store=store, update_mask={"paths": ["status"]})
            await surely(lambda: self._stores.UpdateStore(changed, timeout=5))  # noqa: B023
            expression = f"Mo-Su 08:00-{10 + self._rounds // 60 % 10}:{self._rounds % 60:02}"
            hours = hours_pb2.StoreHours(name=f"{shop.name}/hours", expression=expression)
            given = hours_pb2.UpdateStoreHoursRequest(store_hours=hours)
            await surely(lambda: self._hours.UpdateStoreHours(given, timeout=5))  # noqa: B023
        return 2 * len(SHOPS[:DEVICES])

    @staticmethod
    def number(id: str, _data: Any) -> int:
        """The number of an event among all changes."""
        return int(id.split("-")[1])


Source = Devices | Holds | Shops
Number = Callable[[str, Any], int]


async def drive(source: Source, stop: asyncio.Event, told: Callable[[], int]) -> int:
    """Cause events until told to stop, not much faster than they are delivered; answers how many.

    Each act is repeated until it is accepted, while its server is killed and started.
    """
    caused = 0
    while not stop.is_set():
        while caused > told() + AHEAD and not stop.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        caused += await source.round()
    return caused


async def read(stub: Any, number: Number, told: list[Told], killer: Killer) -> None:
    """Read and acknowledge; kill the server or the database before some acknowledgements."""
    victims = cycle(("serve", "serve", "database"))
    name = "subscriptions/read"
    while True:
        call = stub.StreamEvents(events_pb2.StreamEventsRequest(subscription=name))
        with suppress(grpc.aio.AioRpcError):
            async for response in call:
                if not response.HasField("event"):
                    continue
                event = response.event
                told.append((event.subject, number(event.id, event.data), event.id))
                if killer.strike(victims):
                    break
                tokens = [response.ack_token]
                await stub.AckEvents(
                    events_pb2.AckEventsRequest(subscription=name, ack_tokens=tokens)
                )
        call.cancel()  # else the server keeps its reader, which keeps the next one out
        await asyncio.sleep(0.05)


def posted(hook: Endpoint, number: Number) -> list[Told]:
    """The events that the endpoint received."""
    return [(e["subject"], number(e["id"], e["data"]), e["id"]) for e in hook.taken]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        (Devices, 6),
        (Holds, 6),
        *(pytest.param(kind, 200, marks=pytest.mark.soak) for kind in (Devices, Holds, Shops)),
    ],
)
async def test_19_kills_between_delivery_and_acknowledgement(tmp_path, kills, kind, figure):
    with Deployment(tmp_path, kind.services, SETTINGS, try_again_soon) as deployment:
        killer = Killer(deployment, kills)
        options = [
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 300),
        ]
        address = f"127.0.0.1:{deployment.port}"
        async with (
            endpoint() as hook,
            grpc.aio.insecure_channel(address, options=options) as channel,
        ):
            victims = cycle(("work", "work", "database"))

            def answer(_: Any) -> bytes:
                killer.strike(victims)
                return status(200)

            source = kind(channel)
            notices = events_pb2_grpc.EventsServiceStub(channel)
            await source.open()
            wanted = {"types": kind.types}
            await surely(
                lambda: subscribe(notices, "hook", filter=wanted, webhook={"uri": hook.uri})
            )
            await surely(lambda: subscribe(notices, "read", filter=wanted))
            hook.answer = answer
            streamed: list[Told] = []
            helpers = [killer.mend(), read(notices, kind.number, streamed, killer)]
            tasks = [asyncio.create_task(helper) for helper in helpers]

            def told() -> int:
                return min(len(set(streamed)), len(set(posted(hook, kind.number))))

            expected = await drive(source, killer.done, told)
            with suppress(TimeoutError):
                async with asyncio.timeout(90):
                    while told() < expected:  # noqa: ASYNC110 - told over the network
                        await asyncio.sleep(0.1)
            await end(tasks)
    verdicts = {
        "posted": judge(posted(hook, kind.number), expected),
        "streamed": judge(streamed, expected),
    }
    for way, (lost, duplicates, out_of_order) in verdicts.items():
        figure(
            19,
            f"{kind.__name__.lower()}: {kills} SIGKILLs {dict(killer.killed)} between delivery and "
            f"acknowledgement, "
            f"{expected} events {way}: lost {lost}, duplicates {duplicates}, each with its first "
            f"id, subjects out of order {out_of_order}",
        )
    assert kills == killer.killed.total()
    assert [(0, 0)] * 2 == [(lost, disorder) for lost, _, disorder in verdicts.values()]
