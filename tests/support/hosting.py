"""Servers of this process that host all services, for tests that call them over gRPC."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from services import app
from services.chassis.access.gate import Gate
from services.chassis.serving.methods import methods_of
from services.chassis.serving.server import Server
from services.directory.parts import Parts


@asynccontextmanager
async def hosted(parts: Parts) -> AsyncIterator[grpc.aio.Channel]:
    """Host all services on a free port; yields a channel to them."""
    async with serving(parts) as address, grpc.aio.insecure_channel(address) as channel:
        yield channel


@asynccontextmanager
async def serving(parts: Parts, gate: Gate | None = None) -> AsyncIterator[str]:
    """Host all services on a free port; yields its address. Without a gate, anybody may call."""
    services = app.built(parts, [])
    methods = [
        method
        for service in services
        for method in methods_of(
            service.descriptor, service.servicer, parts.settings.max_request_bytes
        )
    ]
    server = Server(parts.settings, methods, gate)
    async with app.background(services):
        await server.start()
        yield f"127.0.0.1:{server.port}"
        await server.stop()
