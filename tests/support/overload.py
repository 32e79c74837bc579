"""A server whose calls cost a known time, and clients that ask too much of it."""

import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from enrayon.type.v1.geometry_pb2 import Origin
from services.chassis.settings import ChassisSettings
from tests.support.echo import SERVICE, error_of, methods

DEADLINE_S = 2.0
CHANNELS = 8


@dataclass
class Tally:
    """How calls ended."""

    answered: int = 0
    shed: int = 0
    without_advice: int = 0
    """Of those shed: that did not say when to come again."""
    late: int = 0
    other: Counter[str] = field(default_factory=Counter)
    """By code."""
    seconds: list[float] = field(default_factory=list)
    """Of each answer."""


async def serve(cost_s: float, longest_wait_s: float) -> None:
    """Serve until killed; prints the port."""
    from services.chassis.serving.server import Server

    def say(_: Origin) -> StringValue:
        until = time.perf_counter() + cost_s
        while time.perf_counter() < until:
            pass
        return StringValue(value="answered")

    settings = ChassisSettings(grpc_port=0, longest_wait_s=longest_wait_s)
    server = Server(settings, methods(say=say))
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()


async def call(stub: Any, tally: Tally) -> float:
    """Call once; after how long to call again."""
    began = time.perf_counter()
    try:
        await stub(Origin(place="Kamppi"), timeout=DEADLINE_S)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
            tally.shed += 1
            told = error_of(error)
            if "RetryInfo" in told:
                return float(told["RetryInfo"].retry_delay.ToTimedelta().total_seconds())
            tally.without_advice += 1
        elif error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            tally.late += 1
        else:
            tally.other[error.code().name] += 1
        return 0.0
    tally.answered += 1
    tally.seconds.append(time.perf_counter() - began)
    return 0.0


async def busy(port: int, clients: int, seconds: float) -> Tally:
    """Clients that call again as soon as they are answered."""
    tally, until = Tally(), time.perf_counter() + seconds

    async def one(stub: Any) -> None:
        while time.perf_counter() < until:  # noqa: ASYNC110 a clock, not a condition
            await asyncio.sleep(min(await call(stub, tally), until - time.perf_counter()))

    async with Stubs(port) as stubs:
        await asyncio.gather(*(one(stubs[number % CHANNELS]) for number in range(clients)))
    return tally


async def arriving(port: int, per_s: float, seconds: float) -> Tally:
    """New clients at a steady pace, whatever becomes of those before; each calls once."""
    tally = Tally()
    tasks: list[asyncio.Task[float]] = []
    began = time.perf_counter()
    async with Stubs(port) as stubs:
        while (passed := time.perf_counter() - began) < seconds:
            while len(tasks) < passed * per_s:
                stub = stubs[len(tasks) % CHANNELS]
                tasks.append(asyncio.create_task(call(stub, tally)))
            await asyncio.sleep(0.005)
        await asyncio.gather(*tasks)
    return tally


class Stubs:
    """The method on several connections."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> list[Any]:
        own = [("grpc.use_local_subchannel_pool", 1)]
        self._channels = [
            grpc.aio.insecure_channel(f"127.0.0.1:{self._port}", options=own)
            for _ in range(CHANNELS)
        ]
        return [
            channel.unary_unary(f"/{SERVICE}/Say", Origin.SerializeToString, StringValue.FromString)
            for channel in self._channels
        ]

    async def __aexit__(self, *_: object) -> None:
        for channel in self._channels:
            await channel.close()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]), float(sys.argv[2])))
