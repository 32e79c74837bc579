"""The composition root: builds the named services in one process, and runs them."""

import asyncio
import faulthandler
import gc
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import structlog
import uvloop

from geodata.gazetteer import Gazetteer
from services.access import bootstrap as access
from services.aisle import bootstrap as aisle
from services.aisle.settings import AisleSettings
from services.chassis.access.gate import Gate
from services.chassis.access.settings import AccessSettings, check_grpc_exposure
from services.chassis.clock import utc_now
from services.chassis.database.client import Client, connect
from services.chassis.database.data_set import adopt, open_data_set
from services.chassis.database.embedded import EmbeddedValkey, running_url
from services.chassis.database.failures import FAILURES
from services.chassis.database.observed import measured_connections
from services.chassis.keyring import Keyring, load_keyring
from services.chassis.serving.health import Health
from services.chassis.serving.methods import methods_of
from services.chassis.serving.monitoring import monitored
from services.chassis.serving.server import Server
from services.chassis.settings import ChassisSettings
from services.chassis.tasks import end, finish
from services.chassis.telemetry import tracing
from services.chassis.telemetry.logs import configure_logs
from services.directory.directory import Directory
from services.directory.geocoding import GeocodingSettings, GeopyGeocoder
from services.directory.origins import Origins
from services.directory.parts import Parts, Service
from services.directory.road_network import RoadSettings, load_router
from services.edge.settings import EdgeSettings
from services.events import bootstrap as events
from services.events.settings import EventsSettings
from services.geofence import bootstrap as geofence
from services.geofence.settings import GeofenceSettings
from services.geofence.state.people import PeopleRecords
from services.hours import bootstrap as hours
from services.policy import POLICY
from services.stock import bootstrap as stock
from services.stock.settings import StockSettings
from services.stores import bootstrap as stores

SERVICES: dict[str, ModuleType] = {
    "stores": stores,
    "hours": hours,
    "stock": stock,
    "geofence": geofence,
    "aisle": aisle,
    "events": events,
    "access": access,
}
"""The bootstrap of each service, by the name that commands use."""
SETTINGS = (
    ChassisSettings,
    AccessSettings,
    GeocodingSettings,
    RoadSettings,
    EdgeSettings,
    StockSettings,
    GeofenceSettings,
    AisleSettings,
    EventsSettings,
)
"""All classes of settings, for `enrayon settings`."""

log = structlog.get_logger()


def serve(
    settings: ChassisSettings,
    names: Sequence[str],
    prepare: Callable[[Parts], Awaitable[None]] | None = None,
) -> None:
    """Serve the named services, or all, until told to stop.

    Args:
        settings: The settings of the process.
        names: The services; none for all.
        prepare: Awaited with the shared parts before anything is served.

    Raises:
        OSError: the port is taken, or a certificate cannot be read.
        EmbeddedValkeyError: the embedded Valkey cannot run.
        AccessError: open services would be offered to other machines, or keys are not usable.
        DataSetError: the data in the database are not those of this process.
        ServiceError: a service refuses to start.
    """
    check_grpc_exposure(settings, AccessSettings())

    async def act(parts: Parts, health: Health) -> None:
        if prepare:
            await prepare(parts)
        await serve_until_stopped(parts, health, built(parts, names))

    run(settings, "serve", act)


def work(settings: ChassisSettings, names: Sequence[str]) -> None:
    """Run the background loops of the named services, or all, until told to stop."""
    run(settings, "work", lambda parts, health: work_until_stopped(health, built(parts, names)))


def run(
    settings: ChassisSettings, process: str, act: Callable[[Parts, Health], Awaitable[None]]
) -> None:
    """Run an act on the shared parts, with an embedded Valkey if no database is set."""
    configure_logs(settings)
    faulthandler.enable()

    async def main(url: str) -> None:
        async with shared_parts(settings, url) as parts:
            held = parts.directory
            health = Health(parts.client, {"reads": held.why_unread, "directory": held.why_stale})
            with (
                measured_connections(parts.client.connections),
                monitored(settings, health),
                tracing.traced(settings, process),
            ):
                async with health:
                    await act(parts, health)

    url = settings.database_url or running_url(settings.data_dir)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if url:
            runner.run(main(url))
        else:
            with EmbeddedValkey(settings.data_dir) as valkey:
                runner.run(main(valkey.url))


@asynccontextmanager
async def shared_parts(settings: ChassisSettings, url: str) -> AsyncIterator[Parts]:
    """The shared parts of a process, connected and loaded; closed in the end."""
    router = await load_router(RoadSettings())
    client = connect(settings, url)
    geocoding = GeocodingSettings()
    geocoder = GeopyGeocoder(geocoding, client) if geocoding.geocoder else None
    origins = Origins(Gazetteer.load(), geocoder)
    directory = Directory(client, settings.data_dir, router=router)
    keyring = load_keyring(settings)
    try:
        with suppress(*FAILURES):  # a server begins with its snapshots while there is no database
            await open_data_set(client, keyring, settings.data_dir)
        await directory.start()
        try:
            yield Parts(settings, client, directory, origins, keyring, utc_now)
        finally:
            await directory.stop()
    finally:
        await client.aclose()


def built(parts: Parts, names: Sequence[str]) -> list[Service]:
    """The named services, or all."""
    parts = replace(parts, ask_shelf=stock.shelf_questions(parts).ask)
    return [SERVICES[name].build(parts) for name in names or SERVICES]


async def serve_until_stopped(parts: Parts, health: Health, services: Sequence[Service]) -> None:
    """Host services on the gRPC port until the process is told to stop."""
    rights = AccessSettings()
    gate = None if rights.is_open else Gate(rights, POLICY, parts.client, parts.clock)
    server = server_of(parts.settings, services, gate)
    await check(services)
    async with background(services), gate or nullcontext():
        # Loaded data stay: otherwise each full collection walks through all of them.
        gc.collect()
        gc.freeze()
        # A batch makes a hundred thousand short-lived objects; by default every 700 of them cause
        # a collection, which took a third of the time.
        gc.set_threshold(100_000, 20, 100)
        # While a thread computes, the event loop waits for so long at each of its steps.
        sys.setswitchinterval(0.001)
        for service in services:
            for pool in service.pools:
                await pool.start()
            if service.feeds:
                health.watch(service.descriptor.full_name, service.why_unread)
        await server.start(health.parts)
        await health.listen(server.set_parts)
        health.is_started = True
        log.info("serving", port=server.port)
        await stop_signal()
        log.info("stopping")
        await server.stop()


@asynccontextmanager
async def served_alone(
    parts: Parts, services: Sequence[Service] | None = None
) -> AsyncIterator[str]:
    """Host all services for this process alone; yields the address of their unix socket.

    Args:
        parts: The shared parts.
        services: All services, if they are built already.
    """
    settings = parts.settings.model_copy(update={"longest_wait_s": 0.0, "linger_s": 0.0})
    services = services or built(parts, [])
    server = server_of(settings, services, None)
    await check(services)
    with TemporaryDirectory(prefix="enrayon-") as folder:  # that no other user can enter
        socket = Path(folder) / "grpc.sock"
        async with background(services):
            await server.start(socket=socket)
            yield f"unix:{socket}"
            await server.stop()


def server_of(settings: ChassisSettings, services: Sequence[Service], gate: Gate | None) -> Server:
    """A server that hosts services; without a gate everybody may call everything."""
    limit = settings.max_request_bytes
    methods = [
        method
        for service in services
        for method in methods_of(service.descriptor, service.servicer, limit)
    ]
    return Server(settings, methods, gate)


async def adopt_keys(client: Client, keyring: Keyring) -> None:
    """Take signing keys for those of the data, when the ones before are lost."""
    await adopt(client, keyring)
    await PeopleRecords(client).adopt()


async def check(services: Sequence[Service]) -> None:
    """Check that the process may start with these services.

    Raises:
        ServiceError: a service refuses to start.
    """
    for service in services:
        if service.check:
            await service.check()


@asynccontextmanager
async def followed(services: Sequence[Service]) -> AsyncIterator[None]:
    """Have the feeds of services loaded and followed.

    While the database cannot be reached they begin with their snapshots on disk; one without a
    snapshot is not loaded then, and its reads are refused until it is.
    """
    feeds = [feed for service in services for feed in service.feeds]
    try:
        await asyncio.gather(*(feed.start() for feed in feeds))
        yield
    finally:
        for feed in feeds:
            await finish(feed.stop())


@asynccontextmanager
async def background(services: Sequence[Service]) -> AsyncIterator[None]:
    """Have the feeds of services followed and their background loops run."""
    async with followed(services):
        tasks = [
            asyncio.ensure_future(loop())
            for service in services
            for loop in service.background.values()
        ]
        try:
            yield
        finally:
            await end(tasks)
            for service in services:
                for pool in service.pools:
                    await finish(pool.stop())


async def work_until_stopped(health: Health, services: Sequence[Service]) -> None:
    """Run the loops of services until told to stop, or until one of them fails."""
    await check(services)
    async with followed(services):
        loops = {name: loop for service in services for name, loop in service.workers.items()}
        tasks = [asyncio.ensure_future(loop()) for loop in loops.values()]
        stopping = asyncio.create_task(stop_signal())
        health.is_started = True
        log.info("working", loops=sorted(loops))
        done, pending = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        await end(pending)
        for task in done:
            task.result()


async def stop_signal() -> None:
    """Wait for SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
