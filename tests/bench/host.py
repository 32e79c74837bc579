"""The server that is measured: the stores service with many stores, an echo, and Envoy."""

import asyncio
import gc
import subprocess
import sys
from typing import Any

import grpc
import orjson
import uvloop

from enrayon.stores.v1 import stores_pb2
from services import app
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.processes.lifeline import lifeline
from services.chassis.serving.methods import methods_of
from services.chassis.serving.server import Server
from services.chassis.settings import ChassisSettings
from services.chassis.telemetry.logs import configure_logs
from services.directory.keys import STORES
from services.directory.parts import Parts
from services.directory.records import Records, Write, etag_of, record_of
from services.edge.envoy import Address
from services.edge.envoy.config import render
from services.edge.envoy.program import command
from tests.bench.places import stores

AT_ONCE = 1000


def main() -> None:
    """Serve until told to stop; says `ready` and the process of Envoy when it can be measured."""
    settings = ChassisSettings()
    configure_logs(settings)
    with EmbeddedValkey(settings.data_dir, {"appendfsync": "no"}) as valkey:
        envoy = subprocess.Popen(lifeline(edge(settings)))
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve(settings, valkey.url, int(sys.argv[1]), envoy.pid))
        finally:
            envoy.terminate()
            envoy.wait()


async def serve(settings: ChassisSettings, url: str, count: int, envoy_pid: int) -> None:
    """Fill the store, then host the service and the echo."""
    async with app.shared_parts(settings, url) as parts:
        await fill(parts, count)
        service = app.SERVICES["stores"].build(parts)
        methods = methods_of(service.descriptor, service.servicer, settings.max_request_bytes)
        server = Server(settings, methods)
        request = stores_pb2.FindNearestStoresRequest(
            origin={"point": {"latitude": 48.8566, "longitude": 2.3522}},
            store_filter=stores_pb2.StoreFilter(region_codes=["FR"]),
        )
        answer: bytes = await service.servicer.find_nearest_stores(request)

        async def echo(_request: bytes, _context: object) -> bytes:
            return answer

        handlers: dict[str, Any] = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
        generic = grpc.method_handlers_generic_handler("bench.Echo", handlers)
        server._server.add_generic_rpc_handlers([generic])
        gc.collect()
        gc.freeze()
        await server.start()
        print("ready", envoy_pid, flush=True)
        await app.stop_signal()
        await server.stop()


async def fill(parts: Parts, count: int) -> None:
    """Write so many stores of France, each about as large as a real one."""
    ids, latitudes, longitudes = stores(count, country="FR")
    records = Records(parts.client, STORES)
    for start in range(0, count, AT_ONCE):
        writes = []
        for row in range(start, min(start + AT_ONCE, count)):
            store = stores_pb2.Store(
                name=f"stores/{ids[row]}",
                display_name=f"Magasin {row}",
                brand=f"Marque {row % 20}",
                location={"latitude": latitudes[row], "longitude": longitudes[row]},
                address={
                    "region_code": "FR",
                    "locality": "Ville",
                    "address_lines": [f"{row % 100} rue de la Paix"],
                },
                status=stores_pb2.STORE_STATUS_OPEN,
                time_zone="Europe/Paris",
                opening_hours_text="Mo-Sa 09:00-19:30",
            )
            writes.append(Write(ids[row], record_of(etag_of(store), store)))
        sequence, _ = await records.write(writes)
    await parts.directory.stores.caught_up(sequence, timeout_s=600)


def edge(settings: ChassisSettings) -> list[str]:
    """The command of an Envoy before the server."""
    config = render(
        [app.SERVICES["stores"].CONTRACT],
        Address(settings.host, settings.http_port),
        Address(settings.host, settings.grpc_port),
        json_sockets=[settings.json_socket] if settings.json_socket else [],
    )
    path = settings.data_dir / "envoy.json"
    path.write_bytes(orjson.dumps(config))
    return command(path, workers=1)


if __name__ == "__main__":
    main()
