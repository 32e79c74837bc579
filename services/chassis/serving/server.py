"""Hosts services on grpc.aio: health for each of them, reflection, and a stop that drains."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc
import structlog

from services.chassis.access.gate import Gate
from services.chassis.access.tls import server_credentials
from services.chassis.clock import steady_s
from services.chassis.serving.admission import calls_in, servers
from services.chassis.serving.calls import Calls
from services.chassis.serving.direct import DirectServer, Door
from services.chassis.serving.handlers import Handlers, credentials_of, no_credentials
from services.chassis.serving.health import Part
from services.chassis.serving.methods import Method
from services.chassis.serving.standard import HealthServicer, standard_methods
from services.chassis.settings import ChassisSettings
from services.chassis.tasks import end

RECEIVE_BYTES = 4 * 1024 * 1024
"""gRPC itself refuses larger messages, before the chassis can say which field is too large."""

FEW = 2
"""Calls in an interval, with none running, that say that nothing waits: a probe or two."""
LOOK_S = 0.1
"""Interval between polls of the number of calls that wait; one poll takes about 0.3 ms."""

log = structlog.get_logger()


class Server:
    """A gRPC server for some services on one port."""

    def __init__(
        self, settings: ChassisSettings, methods: Sequence[Method], gate: Gate | None = None
    ) -> None:
        """Prepare a server; without a gate everybody may call everything.

        Raises:
            OSError: a certificate or its key cannot be read.
        """
        self._settings = settings
        self._credentials = server_credentials(gate.settings) if gate else None
        self._calls = Calls(gate, settings.longest_wait_s)
        self._looking: asyncio.Task[None] | None = None
        self._services = sorted({method.service for method in methods})
        counts = settings.longest_wait_s > 0
        others = servers() if counts else set()
        self._server = grpc.aio.server(
            options=[
                # Otherwise a second server takes the same port without an error.
                ("grpc.so_reuseport", int(settings.servers > 1)),
                ("grpc.max_receive_message_length", RECEIVE_BYTES),
                ("grpc.max_send_message_length", -1),
                ("grpc.enable_channelz", int(counts)),
            ]
        )
        self._id = (servers() - others).pop() if counts else 0
        self.health = HealthServicer()
        read = credentials_of if gate else no_credentials
        reflects = settings.reflection if settings.reflection is not None else gate is None
        standard = standard_methods(self.health, self._services if reflects else None)
        self._server.add_generic_rpc_handlers(
            [
                Handlers(self._calls, methods, read),
                Handlers(self._calls, standard, read, sheds=False),
            ]
        )
        door = Door(self._calls, methods, lambda: self.health.is_serving, has_gate=gate is not None)
        self._door = door
        self._direct: DirectServer | None = None
        self.port = 0

    async def start(
        self, parts: Mapping[str, Part] | None = None, *, socket: Path | None = None
    ) -> None:
        """Set the health of the services, and listen.

        Args:
            parts: The parts of the process; without them every service is SERVING.
            socket: A unix socket to listen on, instead of the port.

        Raises:
            OSError: the port is taken, or not allowed, or the host is not this machine's.
        """
        host = self._settings.host
        address = f"{f'[{host}]' if ':' in host else host}:{self._settings.grpc_port}"
        if socket is not None:
            address = f"unix:{socket}"
        try:
            if self._credentials:
                self.port = self._server.add_secure_port(address, self._credentials)
            else:
                self.port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(
                f"cannot listen on {address}: another program has the port, or this machine lacks "
                "the address; stop that program, or set ENRAYON_GRPC_PORT or ENRAYON_HOST"
            ) from error
        if parts is not None:
            await self.set_parts(parts)
        else:
            for service in ["", *self._services]:
                self.health.set(service, serving=True)
        await self._server.start()
        if self._settings.json_socket and socket is None:
            path, drain_s = self._settings.json_socket, self._settings.drain_s
            self._direct = DirectServer(self._door, path, drain_s)
            await self._direct.start()
        if self._settings.longest_wait_s:
            self._looking = asyncio.create_task(self._look_at_queue())

    async def set_parts(self, parts: Mapping[str, Part]) -> None:
        """Set the health of the parts, and of the services.

        The server is SERVING while reads are well; a service while, besides, the part of its own
        full name is well, if there is one.
        """
        is_ready = "reads" in parts and parts["reads"].is_well
        states = dict.fromkeys(["", *self._services], is_ready)
        for name, part in parts.items():
            states[name] = part.is_well and states.get(name, True)
        for name, state in states.items():
            self.health.set(name, serving=state)

    async def stop(self) -> None:
        """Become NOT_SERVING, linger, then take no new calls and let the running ones end."""
        self.health.stop()
        await asyncio.sleep(self._settings.linger_s)
        stopping = [asyncio.create_task(self._server.stop(self._settings.drain_s))]
        if self._direct:
            stopping.append(asyncio.create_task(self._direct.stop()))
        self._calls.end_streams()
        try:
            # grpc's own grace does not wait for handlers whose clients have gone.
            async with asyncio.timeout(self._settings.drain_s):
                await self._calls.wait_idle()
        except TimeoutError:
            log.warning("calls were still running when the server stopped")
        await asyncio.gather(*stopping)
        if self._looking:
            await end([self._looking])

    async def _look_at_queue(self) -> None:
        """Tell the admission the number of calls that wait, while there are any."""
        answered, looked_s = 0, steady_s()
        while True:
            await asyncio.sleep(LOOK_S)
            now_s, now_answered = steady_s(), self._calls.answered
            if now_answered - answered <= FEW and self._calls.waits_for_none:
                self._calls.admission.rest()
                await self._calls.wait_begun()
                answered, looked_s = now_answered, steady_s()
                continue
            waiting = calls_in(self._id) + self._door.running
            waiting -= self._calls.streaming + self._calls.unread
            self._calls.admission.observe(waiting, now_answered - answered, now_s - looked_s)
            answered, looked_s = now_answered, now_s
