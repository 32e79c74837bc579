"""Envoy refuses calls beyond the limit in progress, and says when to retry."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import httpx
import pytest
from google.rpc import code_pb2

from enrayon.stores.v1 import stores_pb2 as pb
from enrayon.stores.v1 import stores_pb2_grpc
from services.edge.envoy import Address, render
from tests.bench.measure import cpu_s
from tests.support.echo import CONTRACT, error_of
from tests.support.edge import Edge, free_address, running
from tests.support.overload import Tally, arriving, busy
from tests.support.stores_stub import SERVICE, Stub

FIND = "/v1/stores:findNearest"
COST_S = 0.001
"""CPU time of a call: so little that its refusal in Python would cost as much."""
FACTOR = 5
CALLS = 200
"""Calls in progress at once: what the server answers in about a quarter of a second."""

Figure = Callable[[int, str], None]


@pytest.fixture
async def narrow(upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path) -> AsyncIterator[Edge]:
    """An edge that lets one call through at a time."""
    config = render([SERVICE], free_address(), upstream[1], calls=1)
    async with running(config, tmp_path) as edge:
        yield edge


async def under_way(edge: Edge, stub: Stub) -> "asyncio.Task[httpx.Response]":
    """A call in progress, which the service answers when it is told to."""
    stub.hangs = True
    call = asyncio.create_task(edge.http.get(FIND))
    async with asyncio.timeout(20):
        while not stub.requests:
            if call.done():  # Envoy did not find the service well yet
                call = asyncio.create_task(edge.http.get(FIND))
            await asyncio.sleep(0.02)
    return call


async def test_one_call_too_many_is_told_when_to_come_again(narrow: Edge, stub: Stub) -> None:
    call = await under_way(narrow, stub)
    answer = await narrow.http.get(FIND)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{narrow.port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stores_pb2_grpc.StoresServiceStub(channel).FindNearestStores(
                pb.FindNearestStoresRequest()
            )
    stub.proceed.set()

    assert 200 == (await call).status_code
    assert 1 == len(stub.requests)
    assert (429, "1", code_pb2.RESOURCE_EXHAUSTED) == (
        answer.status_code,
        answer.headers["retry-after"],
        answer.json()["code"],
    )
    details = {each["@type"].rpartition(".")[2]: each for each in answer.json()["details"]}
    assert ("OVERLOADED", "1s") == (
        details["ErrorInfo"]["reason"],
        details["RetryInfo"]["retryDelay"],
    )
    assert grpc.StatusCode.RESOURCE_EXHAUSTED == refused.value.code()
    told = error_of(refused.value)
    assert ("OVERLOADED", 1) == (
        told["ErrorInfo"].reason,
        told["RetryInfo"].retry_delay.ToSeconds(),
    )


async def test_streams_do_not_count(narrow: Edge, stub: Stub) -> None:
    call = await under_way(narrow, stub)
    stub.hangs = False
    async with grpc.aio.insecure_channel(f"127.0.0.1:{narrow.port}") as channel:
        stores: Any = stores_pb2_grpc.StoresServiceStub(channel)
        streams = [stores.WatchStores(pb.WatchStoresRequest()) for _ in range(3)]
        first = [(await stream.read()).resume_token for stream in streams]
        stub.proceed.set()
        last = [(await stream.read()).resume_token for stream in streams]

    assert (["1"] * 3, ["2"] * 3) == (first, last)
    assert 200 == (await call).status_code


class Served(NamedTuple):
    """A server that takes 1 ms of CPU for each call, behind an edge."""

    pid: int
    port: int
    """Of the edge."""


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    command = [sys.executable, "-m", "tests.support.overload", str(COST_S), "2"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout
        port = int(await process.stdout.readline())
        config = render([CONTRACT], free_address(), Address("127.0.0.1", port), calls=CALLS)
        async with running(config, tmp_path) as edge:
            yield Served(process.pid, edge.port)
    finally:
        process.kill()
        await process.wait()


async def measured(served: Served, seconds: float) -> tuple[float, Tally]:
    """At five times the load: calls answered for each CPU second of the server, as a part of those
    it answers when it is as busy as it can be; and how the calls ended.

    By CPU seconds, because Envoy and the clients run on the same few cores here.
    """
    await busy(served.port, 8, 0.5)

    async def goodput(load: Awaitable[Tally]) -> tuple[float, Tally]:
        before = cpu_s(served.pid)
        tally = await load
        return tally.answered / (cpu_s(served.pid) - before), tally

    capacity, most = await goodput(busy(served.port, 16, seconds))
    under_load, tally = await goodput(
        arriving(served.port, FACTOR * most.answered / seconds, seconds)
    )
    return under_load / capacity, tally


async def test_36_who_is_refused_is_told_when_to_come_again(served: Served, figure: Figure):
    ratio, tally = await measured(served, 2.0)
    told(figure, ratio, tally)
    assert 0 < tally.answered
    assert 0 < tally.shed
    assert (0, {}) == (tally.without_advice, dict(tally.other))


@pytest.mark.soak
async def test_36_goodput_holds_at_five_times_the_load(served: Served, figure: Figure):
    ratio, tally = await measured(served, 10.0)
    told(figure, ratio, tally)
    assert ratio >= 0.8
    assert (0, {}) == (tally.without_advice, dict(tally.other))


def told(figure: Figure, ratio: float, tally: Tally) -> None:
    figure(
        36,
        f"{FACTOR} times as many calls of {COST_S * 1000:.0f} ms as can be answered, through the "
        f"edge: goodput for each CPU second of the server {ratio:.2f} of capacity, "
        f"{tally.shed} of {tally.shed + tally.answered + tally.late} shed, all told when to come "
        f"again, {tally.late} late",
    )
