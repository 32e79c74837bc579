"""Processes of the suite in one process: they serve or work, and die without a last word."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from random import Random
from typing import Any

from google.protobuf.message_factory import GetMessageClass
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from services import app
from services.chassis import chance, clock
from services.chassis.access.credentials import Credentials
from services.chassis.access.gate import Gate
from services.chassis.database.client import Server
from services.chassis.database.data_set import open_data_set
from services.chassis.database.failures import FAILURES
from services.chassis.keyring import Key, Keyring
from services.chassis.serving.calls import Calls
from services.chassis.serving.methods import Method, methods_of
from services.chassis.settings import ChassisSettings
from services.directory.directory import Directory
from services.directory.origins import Origins
from services.directory.parts import Parts
from tests.simulation.network import Network, Wire

SERVICES = ("stores", "hours", "stock", "geofence", "events")
KEYS = Keyring([Key(1, bytes(32))])

_node: ContextVar["Node | None"] = ContextVar("node", default=None)


class Chance(Random):
    """The chance of a run: that of the node which asks."""

    def __init__(self, seed: str) -> None:
        self._elsewhere = Random(seed)
        super().__init__(0)

    def random(self) -> float:
        """A number of [0, 1)."""
        return self._of().random()

    def getrandbits(self, count: int, /) -> int:
        """So many random bits."""
        return self._of().getrandbits(count)

    def _of(self) -> Random:
        node = _node.get()
        return self._elsewhere if node is None else node.rng


def set_machine(loop: asyncio.AbstractEventLoop, began_s: float, seed: str) -> None:
    """Have the suite take time and chance from a run that began at a moment since 1970."""

    def wall_s() -> float:
        node = _node.get()
        return began_s + loop.time() + (node.skew_s if node else 0.0)

    clock.machine = clock.Clocks(wall_s, loop.time, lambda: 0.0)
    chance.source = Chance(seed)


class Killed(Exception):
    """The node of a call has died."""


class Node:
    """One process of the suite."""

    def __init__(
        self,
        name: str,
        seed: str,
        network: Network,
        folder: Path,
        origins: Origins,
        *,
        works: bool,
        life: int = 0,
    ) -> None:
        """`life` counts how often it died before."""
        self.name = name
        self.seed = seed
        self.works = works
        self.rng = Random(f"{seed} {name} {life}")
        self.skew_s = 0.0
        """How far its clock is ahead."""
        self.is_dead = False
        self.is_ready = asyncio.Event()
        self._network = network
        self._folder = folder
        self._origins = origins
        self._tasks: set[asyncio.Task[Any]] = set()
        self._methods: dict[str, tuple[Method, Callable[..., Any]]] = {}
        self.responses: dict[str, Any] = {}
        """Path of a method -> the type of its response."""
        self._main: asyncio.Task[None] | None = None
        self.failure: Exception | None = None
        """The error by which it ended itself."""
        self.on_failure: Callable[[Exception], None] = lambda error: None
        self.calls: Calls | None = None

    def start(self) -> None:
        """Begin."""
        self._main = self.spawn(self._run())

    def spawn(self, act: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task of this process."""
        token = _node.set(self)
        try:
            task = asyncio.get_running_loop().create_task(act)
        finally:
            _node.reset(token)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def kill(self) -> None:
        """End it at once: nothing that it does any more reaches anybody."""
        self.is_dead = True
        self.is_ready.clear()
        for task in sorted(self._tasks, key=hash):
            task.cancel()

    async def answer(self, path: str, data: bytes, credentials: Credentials) -> bytes:
        """What it answers to a call of one response.

        Raises:
            ServiceError: its error.
            Killed: it died meanwhile.
        """
        if not self.is_ready.is_set():
            raise Killed
        method, answer = self._methods[path]
        requests = only(data) if method.client_streaming else data
        task = self.spawn(answer(requests, credentials))
        try:
            return bytes(await task)
        except asyncio.CancelledError:
            if self.is_dead:
                raise Killed from None
            task.cancel()
            raise

    def stream(self, path: str, data: bytes, credentials: Credentials) -> Any:
        """The stream of responses to a call."""
        assert self.calls
        method, _ = self._methods[path]
        return self.calls.stream(method)(data, credentials)

    async def _run(self) -> None:
        try:
            await self._live()
        except asyncio.CancelledError:
            if not self.is_dead:
                raise
        except Exception as error:
            self.failure = error
            self.kill()
            self.on_failure(error)

    async def _live(self) -> None:
        settings = ChassisSettings(data_dir=self._folder, longest_wait_s=0)
        self._folder.mkdir(exist_ok=True)
        client = connected(self._network, self, settings)
        directory = Directory(client, self._folder, clock.utc_now)
        await app_open(client, self._folder)
        await directory.start()
        parts = Parts(settings, client, directory, self._origins, KEYS, clock.utc_now)
        services = app.built(parts, SERVICES)
        await app.check(services)
        if self.works:
            async with app.followed(services):
                loops = [loop for service in services for loop in service.workers.values()]
                tasks = [self.spawn(loop()) for loop in loops]
                self.is_ready.set()
                await asyncio.gather(*tasks)
        gate: Gate | None = None
        self.calls = Calls(gate)
        for service in services:
            types = {
                rpc.name: GetMessageClass(rpc.output_type) for rpc in service.descriptor.methods
            }
            for method in methods_of(service.descriptor, service.servicer, 1 << 16):
                self.responses[method.path] = types[method.name]
                if not method.server_streaming:
                    self._methods[method.path] = method, self.calls.answer(method)
        async with app.background(services):
            self.is_ready.set()
            await asyncio.Event().wait()


async def only(data: bytes) -> AsyncIterator[bytes]:
    """A stream of one request."""
    yield data


async def app_open(client: Any, folder: Path) -> None:
    """Open the data set as `app.shared_parts` does."""
    with suppress(*FAILURES):
        await open_data_set(client, KEYS, folder)


def connected(network: Network, node: Node, settings: ChassisSettings) -> Any:
    """A client as `chassis.database.client.connect` makes it, over the network of the run."""
    pool = BlockingConnectionPool(
        connection_class=Wire,
        network=network,
        node=node,
        retry=Retry(NoBackoff(), 0),
        max_connections=settings.database_connections,
        timeout=settings.database_timeout_s,
        socket_timeout=settings.database_timeout_s,
        socket_connect_timeout=settings.database_timeout_s,
        health_check_interval=0,
        driver_info=None,  # its version would be read from the disk for each connection
    )
    client: Any = Server.from_pool(pool)
    return client
