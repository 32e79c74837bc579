"""Runs the suite in this process, and records its events."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from enrayon.events.v1 import events_pb2
from geodata.gazetteer import Gazetteer
from services import app
from services.chassis.database.clocked import ClockedServer, connect_clocked
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.keyring import Key, Keyring
from services.chassis.settings import ChassisSettings
from services.chassis.tasks import end
from services.client.client import Client
from services.client.testing import shop
from services.directory.directory import Directory
from services.directory.origins import Origins
from services.directory.parts import Loop, Parts, Service
from services.events.model.sources import PARTITIONS
from services.events.state.delivery import Delivery

WAIT_S = 30.0
RECORDER = "recorder"
NAME = f"subscriptions/{RECORDER}"
LOOK_S = 0.05
LEFT_OUT = "events trim"
"""The loop that ends subscriptions that nobody reads for a day: the clock may leap over one."""


class Suite:
    """A running suite. Its clock stands until the test moves it."""

    def __init__(
        self, address: str, client: Client, clock: "_Clock", loops: "_Loops", delivery: Delivery
    ) -> None:
        self.address = address
        """Of the gRPC services, for clients of the app's own: `unix:/...`."""
        self.client = client
        """A client that may do all."""
        self.events: list[events_pb2.Event] = []
        """What happened, in the order in which it was told; each once."""
        self._clock = clock
        self._loops = loops
        self._delivery = delivery
        self._told = asyncio.Condition()
        self._sequence = shop.SEQUENCE

    @property
    def now(self) -> dt.datetime:
        """The time of the clock, in UTC."""
        return self._clock.now

    async def forward(self, **by: float) -> None:
        """Move the clock by the arguments of a `timedelta`; what is due then happens.

        What happened before is recorded first: an event that is too old is told to nobody.
        """
        async with asyncio.timeout(WAIT_S):
            while await self._lag():  # noqa: ASYNC110 the database tells no event
                await asyncio.sleep(LOOK_S)
        await self._clock.set(self._clock.now + dt.timedelta(**by))
        await self._loops.restart()

    async def set_stock(self, store: str, units: Mapping[str, int]) -> None:
        """Tell the units on hand of products at a store; other products keep theirs.

        Levels that nobody tells for a day read UNKNOWN, as in a real shop.
        """
        self._sequence += 1
        await shop.set_levels(self.client, {store: units}, self._sequence)

    async def event(
        self, type: str, subject: str = "", *, within_s: float = WAIT_S
    ) -> events_pb2.Event:
        """Wait for an event of a type, and of a resource if it is given: the first of those told.

        Raises:
            TimeoutError: there is none within that time of the machine.
        """
        try:
            async with asyncio.timeout(within_s), self._told:
                while True:
                    for event in self.events:
                        if event.type == type and subject in ("", event.subject):
                            return event
                    await self._told.wait()
        except TimeoutError:
            told = ", ".join(event.type for event in self.events) or "nothing"
            raise TimeoutError(f"there was no {type}; told was {told}") from None

    async def _lag(self) -> float:
        """The number of events that are not recorded yet."""
        return (await self._delivery.standing(RECORDER, PARTITIONS, 0))["lag"]

    async def record(self) -> None:
        """Record events, until it is cancelled."""
        seen: set[str] = set()
        call = self.client.events.StreamEvents(
            events_pb2.StreamEventsRequest(subscription=NAME), timeout=None
        )
        async for answer in call:
            if not answer.HasField("event"):
                continue
            async with self._told:
                if answer.event.id not in seen:
                    seen.add(answer.event.id)
                    self.events.append(answer.event)
                self._told.notify_all()
            await self.client.events.AckEvents(
                events_pb2.AckEventsRequest(subscription=NAME, ack_tokens=[answer.ack_token])
            )


@asynccontextmanager
async def running(at: dt.datetime = shop.NOON) -> AsyncIterator[Suite]:
    """Run the suite with the small shop, at a time of its own.

    Settings are those of the environment, as for servers.

    Args:
        at: The time of the clock, with a zone.

    Raises:
        EmbeddedValkeyError: the embedded Valkey cannot run here.
    """
    with TemporaryDirectory(prefix="enrayon-") as folder:
        settings = ChassisSettings(data_dir=Path(folder), longest_wait_s=0)
        with EmbeddedValkey(settings.data_dir) as valkey:
            database = connect_clocked(settings, valkey.url)
            try:
                async with _hosted(settings, database, at) as suite:
                    yield suite
            finally:
                await database.aclose()


@asynccontextmanager
async def _hosted(
    settings: ChassisSettings, database: ClockedServer, at: dt.datetime
) -> AsyncIterator[Suite]:
    clock = _Clock(database)
    await clock.set(at.astimezone(dt.UTC))
    directory = Directory(database, settings.data_dir)
    await directory.start()
    try:
        keyring = Keyring([Key(1, bytes(32))])
        parts = Parts(settings, database, directory, _origins(), keyring, clock)
        services = app.built(parts, [])
        async with app.served_alone(parts, services) as address, Client(address) as client:
            await shop.load(client)
            wanted = events_pb2.Subscription(filter=events_pb2.EventFilter(include_muted=True))
            await client.events.CreateSubscription(
                events_pb2.CreateSubscriptionRequest(subscription=wanted, subscription_id=RECORDER)
            )
            loops = _Loops(services)
            suite = Suite(address, client, clock, loops, Delivery(database, 1, 1))
            recorder = asyncio.ensure_future(suite.record())
            await loops.start()
            try:
                yield suite
            finally:
                await end([recorder])
                await loops.stop()
    finally:
        await directory.stop()


class _Clock:
    """A clock that stands, for the services and for the database."""

    now: dt.datetime

    def __init__(self, database: ClockedServer) -> None:
        self._database = database

    def __call__(self) -> dt.datetime:
        return self.now

    async def set(self, now: dt.datetime) -> None:
        """Set both."""
        await self._database.set_time(now)
        self.now = now


class _Loops:
    """The background loops of all services."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._loops = [
            loop
            for service in services
            for name, loop in service.workers.items()
            if name != LEFT_OUT
        ]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(_run(loop)) for loop in self._loops]

    async def restart(self) -> None:
        """Have each loop look at once at what is due; it would wait by the machine's time."""
        await self.stop()
        await self.start()

    async def stop(self) -> None:
        await end(self._tasks)


async def _run(loop: Loop) -> None:
    await loop()


@cache
def _origins() -> Origins:
    """The places of the world, loaded once."""
    return Origins(Gazetteer.load())
