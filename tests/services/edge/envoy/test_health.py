"""An unhealthy service gets no calls, and gets them at once after its recovery."""

import asyncio
from pathlib import Path

import httpx
import pytest
from grpc_health.v1.health_pb2 import HealthCheckResponse

from services.edge.envoy import Address, clusters, overload, render
from tests.support.edge import Edge, free_address, running
from tests.support.stores_stub import SERVICE, Stub, serve

FIND = "/v1/stores:findNearest"


async def ready(edge: Edge, code: int) -> None:
    while (await edge.http.get("/readyz")).status_code != code:
        pass


async def test_calls_are_answered_as_soon_as_the_edge_says_it_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "HEALTH_INTERVAL", "0.1s")
    monkeypatch.setattr(clusters, "LONE_HEALTH_INTERVAL", "0.1s")
    stub = Stub()  # type: ignore[abstract]  # the test asks for no more
    server, port = await serve(stub)
    config = render([SERVICE], free_address(), Address("127.0.0.1", port))
    async with running(config, tmp_path) as edge:
        await ready(edge, 200)
        for _ in range(5):
            await stub.health.set("", HealthCheckResponse.NOT_SERVING)
            await ready(edge, 503)
            await stub.health.set("", HealthCheckResponse.SERVING)
            await ready(edge, 200)
            assert (await edge.http.get(FIND)).status_code == 200
    await server.stop(None)


async def test_an_application_that_is_slow_to_say_it_is_well_is_asked_still(
    upstream: tuple[Stub, Address], tmp_path: Path
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        code = b"500 Busy" if line.startswith(b"GET /healthz ") else b"200 OK"
        writer.write(b"HTTP/1.1 " + code + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        web = Address(*server.sockets[0].getsockname())
        config = render([SERVICE], free_address(), upstream[1], apps={"/": web})
        async with running(config, tmp_path) as edge:
            assert (await edge.http.get("/healthz")).status_code == 500
            assert (await edge.http.get("/page")).status_code == 200


async def test_probes_are_answered_while_all_connections_are_taken(
    upstream: tuple[Stub, Address], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overload, "MAX_CONNECTIONS", 8)
    probes = free_address()
    config = render(
        [SERVICE], free_address(), upstream[1], admin=tmp_path / "admin.sock", metrics=probes
    )
    async with running(config, tmp_path) as edge:
        await edge.http.aclose()
        taken = [await asyncio.open_connection("127.0.0.1", edge.port) for _ in range(20)]
        closed = [reader.read() for reader, _ in taken]
        done, waiting = await asyncio.wait(
            [asyncio.ensure_future(one) for one in closed], timeout=5
        )
        assert 20 - 8 <= len(done)
        assert waiting
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"http://{probes.host}:{probes.port}/ready")
            assert 200 == answer.status_code
            with pytest.raises(httpx.TransportError):
                await http.get(f"http://127.0.0.1:{edge.port}/readyz")
        for one in waiting:
            one.cancel()
        for _, writer in taken:
            writer.close()
