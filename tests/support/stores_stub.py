"""A StoresService that records its requests and returns prepared answers."""

import asyncio
from collections.abc import AsyncIterator

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from google.type.latlng_pb2 import LatLng
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

from enrayon.stores.v1 import stores_pb2 as pb
from enrayon.stores.v1 import stores_pb2_grpc

SERVICE = pb.DESCRIPTOR.services_by_name["StoresService"]

KAMPPI = pb.Store(
    name="stores/osm-1",
    display_name="Kauppa Öster “A/B”",
    location=LatLng(latitude=60.1687, longitude=24.9319),
    status=pb.STORE_STATUS_OPEN,
    phones=["+358 9 1"],
    external_ids={"osm": "node/1"},
)
KAMPPI.update_time.FromJsonString("2026-11-23T03:08:51.5Z")
NEAREST = pb.FindNearestStoresResponse(stores=[pb.NearestStore(store=KAMPPI, distance_m=374.25)])

Context = grpc.aio.ServicerContext[Message, Message]


class Stub(stores_pb2_grpc.StoresServiceServicer):
    """A stub for all tests; `reset` clears it."""

    def __init__(self) -> None:
        self.health = health.aio.HealthServicer()
        self.reset()

    def reset(self) -> None:
        self.requests: list[Message] = []
        self.metadata: dict[str, str] = {}
        self.deadline_s: float | None = None
        self.errors: list[Status] = []
        """Errors to return first, one per call."""
        self.nearest = NEAREST
        self.hangs = False
        self.proceed = asyncio.Event()

    async def _note(self, request: Message, context: Context) -> None:
        self.requests.append(request)
        self.metadata = {key: str(value) for key, value in context.invocation_metadata() or ()}
        self.deadline_s = context.time_remaining()
        if self.errors:
            await context.abort_with_status(rpc_status.to_status(self.errors.pop(0)))
        if self.hangs:
            await self.proceed.wait()

    async def FindNearestStores(  # noqa: N802 named by the contract
        self, request: pb.FindNearestStoresRequest, context: Context
    ) -> pb.FindNearestStoresResponse:
        await self._note(request, context)
        return self.nearest

    async def SearchStores(  # noqa: N802
        self, request: pb.SearchStoresRequest, context: Context
    ) -> pb.SearchStoresResponse:
        await self._note(request, context)
        return pb.SearchStoresResponse()

    async def GetStore(self, request: pb.GetStoreRequest, context: Context) -> pb.Store:  # noqa: N802
        await self._note(request, context)
        return pb.Store(name=request.name)

    async def UpdateStore(self, request: pb.UpdateStoreRequest, context: Context) -> pb.Store:  # noqa: N802
        await self._note(request, context)
        return request.store

    async def DeleteStore(self, request: pb.DeleteStoreRequest, context: Context) -> Empty:  # noqa: N802
        await self._note(request, context)
        return Empty()

    async def UpsertStores(  # noqa: N802
        self, requests: AsyncIterator[pb.UpsertStoresRequest], context: Context
    ) -> pb.UpsertStoresResponse:
        count = 0
        async for request in requests:
            await self._note(request, context)
            count += len(request.stores)
        return pb.UpsertStoresResponse(created_count=count)

    async def WatchStores(  # noqa: N802
        self, request: pb.WatchStoresRequest, context: Context
    ) -> AsyncIterator[pb.WatchStoresResponse]:
        await self._note(request, context)
        yield pb.WatchStoresResponse(resume_token="1")
        await self.proceed.wait()
        yield pb.WatchStoresResponse(resume_token="2", store=KAMPPI)


async def serve(stub: Stub, port: int = 0) -> tuple[grpc.aio.Server, int]:
    """A server of the stub, with health and reflection, and its port; 0 takes a free one."""
    server = grpc.aio.server()
    stores_pb2_grpc.add_StoresServiceServicer_to_server(stub, server)
    health_pb2_grpc.add_HealthServicer_to_server(stub.health, server)
    await stub.health.set("", health_pb2.HealthCheckResponse.SERVING)
    reflection.enable_server_reflection([SERVICE.full_name, reflection.SERVICE_NAME], server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server, port
