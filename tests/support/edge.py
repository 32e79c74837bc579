"""Runs a real Envoy with a configuration."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from services.chassis.processes.lifeline import lifeline
from services.edge.envoy import Address, command


class Edge(NamedTuple):
    """A running Envoy."""

    port: int
    log: Path
    http: httpx.AsyncClient


def free_address() -> Address:
    """A free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("127.0.0.1", probe.getsockname()[1])


@asynccontextmanager
async def running(
    config: dict[str, Any], folder: Path, ca: Path | None = None
) -> AsyncIterator[Edge]:
    """Runs Envoy with a configuration; yields it once it listens.

    `ca` is the authority of its certificate for `localhost`; None without TLS.
    """
    address = "https://localhost" if ca else "http://127.0.0.1"
    trust = ssl.create_default_context(cafile=ca) if ca else True
    path, log = folder / "envoy.json", folder / "envoy.log"
    path.write_text(json.dumps(config))
    listener = config["static_resources"]["listeners"][0]
    port = listener["address"]["socket_address"]["port_value"]
    with log.open("wb") as output:
        envoy = await asyncio.create_subprocess_exec(
            *lifeline(command(path, workers=1)), stdout=output, stderr=output
        )
    try:
        async with httpx.AsyncClient(
            base_url=f"{address}:{port}", timeout=20, verify=trust
        ) as http:
            await _until_it_listens(http, envoy)
            yield Edge(port, log, http)
    finally:
        if envoy.returncode is None:
            envoy.terminate()
        await envoy.wait()


async def _until_it_listens(http: httpx.AsyncClient, envoy: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(20):
        while envoy.returncode is None:
            try:
                await http.get("/readyz")
            except httpx.TransportError:
                await asyncio.sleep(0.02)
            else:
                return
    raise AssertionError(f"Envoy ended with code {envoy.returncode}")
