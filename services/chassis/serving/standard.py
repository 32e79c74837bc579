"""gRPC's standard services, as methods like all others: health, and reflection."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from services.chassis.access.limits import TooManyStreams
from services.chassis.errors import NotFound
from services.chassis.serving.methods import Method, endless, methods_of

# Any: the types of these packages are old.
HEALTH: Any = health_pb2.DESCRIPTOR.services_by_name["Health"]
REFLECTION: Any = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]
MAX_REQUEST_BYTES = 4096
MOST_WATCHES = 1000
"""Streams of health in a process."""
States: Any = health_pb2.HealthCheckResponse


class HealthServicer:
    """Answers `grpc.health.v1.Health`.

    Not the servicer of grpcio-health-checking: there a client that takes no bytes holds a lock
    that each change of health needs, and nothing bounds the streams.
    """

    def __init__(self) -> None:
        self._states: dict[str, int] = {"": States.SERVING}
        self._changed = asyncio.Event()
        self._watches = 0
        self._is_stopping = False

    def set(self, service: str, *, serving: bool) -> None:
        """Set the state of a service; the empty name stands for the whole server."""
        self._states[service] = (
            States.SERVING if serving and not self._is_stopping else States.NOT_SERVING
        )
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def is_serving(self) -> bool:
        """True if the server as a whole is SERVING."""
        return bool(self._states[""] == States.SERVING)

    def stop(self) -> None:
        """Say NOT_SERVING of all services from now on."""
        self._is_stopping = True
        for service in list(self._states):
            self.set(service, serving=False)

    def check(self, request: health_pb2.HealthCheckRequest) -> Any:
        """The state of a service.

        Raises:
            NotFound: there is no such service, as gRPC's protocol has it.
        """
        if request.service not in self._states:
            raise NotFound(request.service)
        return States(status=self._states[request.service])

    def list(self, _: Any) -> Any:
        """The states of all services."""
        states = {name: States(status=state) for name, state in self._states.items()}
        return GetMessageClass(HEALTH.methods_by_name["List"].output_type)(statuses=states)

    @endless
    async def watch(self, request: health_pb2.HealthCheckRequest) -> AsyncGenerator[Any, None]:
        """Stream the state of a service, now and whenever it changes.

        Raises:
            TooManyStreams: the process has as many as it may.
        """
        if self._watches >= MOST_WATCHES:
            raise TooManyStreams("this server has as many streams of health as it may")
        self._watches += 1
        told: int | None = None
        try:
            while True:
                changed = self._changed
                state = self._states.get(request.service, States.SERVICE_UNKNOWN)
                if state != told:
                    yield States(status=state)
                    told = state
                await changed.wait()
        finally:
            self._watches -= 1


class ReflectionServicer:
    """Answers `grpc.reflection.v1alpha.ServerReflection` about some services."""

    def __init__(self, services: Sequence[str]) -> None:
        names = [*services, HEALTH.full_name, REFLECTION.full_name]
        self._servicer: Any = reflection.aio.ReflectionServicer(names)

    @endless
    def server_reflection_info(
        self, requests: AsyncIterator[reflection_pb2.ServerReflectionRequest]
    ) -> AsyncIterator[reflection_pb2.ServerReflectionResponse]:
        """Answer questions about the contracts of services."""
        answers: AsyncIterator[reflection_pb2.ServerReflectionResponse] = (
            self._servicer.ServerReflectionInfo(requests, None)
        )
        return answers


def standard_methods(health: HealthServicer, reflected: Sequence[str] | None) -> list[Method]:
    """The methods of health, and of reflection of some services."""
    methods = methods_of(HEALTH, health, MAX_REQUEST_BYTES)
    if reflected is not None:
        methods += methods_of(REFLECTION, ReflectionServicer(reflected), MAX_REQUEST_BYTES)
    return methods
