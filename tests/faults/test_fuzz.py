"""Absurd requests to every RPC: documented codes only, no crash, no growth of memory."""

import asyncio
import gc
import itertools
import random
import resource
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import grpc
import hypothesis
import pytest
from google.protobuf.descriptor import MethodDescriptor
from hypothesis import strategies as st

from enrayon.aisle.v1 import aisle_pb2_grpc
from enrayon.geofence.v1 import geofence_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services import app
from tests.faults import fuzz
from tests.geodata.floorplans.shops import corner_shop
from tests.support.aisle import published
from tests.support.geofence import KAMPPI, circle, create
from tests.support.stock import FORUM, PRODUCTS, state
from tests.support.stores import SHOPS, upsert
from tests.support.streams import SENT_TOO_LATE

DOCUMENTED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.PERMISSION_DENIED,
}
STREAM_S = 0.05
"""Time for which a stream of answers is read."""
CALL_S = 20.0

CHANCES = st.randoms(use_true_random=False) | st.randoms(use_true_random=True)
"""Choices that hypothesis makes one by one, so that it finds the least that goes wrong; or a seed
alone, for requests that take more choices than it allows."""
EXPLORING = hypothesis.settings(
    database=None,
    report_multiple_bugs=False,
    deadline=None,
    phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    suppress_health_check=list(hypothesis.HealthCheck),
)

SEQUENCE = itertools.count(1)
METHODS = [method for module in app.SERVICES.values() for method in module.CONTRACT.methods]


@pytest.fixture(autouse=True)
def _as_in_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")


class Asked:
    """The answers of a method, and those that no document allows."""

    def __init__(self) -> None:
        self.codes: Counter[grpc.StatusCode] = Counter()
        self.undocumented: list[str] = []
        self.unrepeatable = 0

    async def ask(
        self,
        channel: grpc.aio.Channel,
        method: MethodDescriptor,
        seed: int,
        count: int,
    ) -> None:
        """Call a method so often, and keep the smallest request that is answered wrongly."""
        loop = asyncio.get_running_loop()
        wrong: list[str] = []

        @hypothesis.seed(f"{seed} {method.full_name}")
        @hypothesis.settings(EXPLORING, max_examples=count)
        @hypothesis.given(CHANCES)
        def explore(rng: random.Random) -> None:
            many = rng.randint(0, 3) if method.client_streaming else 1
            requests = [fuzz.request(rng, method.input_type) for _ in range(many)]
            call = answer(channel, method, requests)
            code, details = asyncio.run_coroutine_threadsafe(call, loop).result()
            self.codes[code] += 1
            if code not in DOCUMENTED:
                wrong.append(f"{method.full_name}: {code} {details} {requests}")
                raise AssertionError(wrong[-1])

        try:
            await asyncio.to_thread(explore)
        except AssertionError as least:
            self.undocumented.append(str(least))
        except (
            hypothesis.errors.Flaky
        ):  # the state has changed since, so the same choices gave another answer
            self.unrepeatable += 1
            self.undocumented += wrong[:1]

    def __str__(self) -> str:
        told = ", ".join(f"{code.name} {count}" for code, count in self.codes.most_common())
        wrong = len(self.undocumented)
        again = f", unrepeatable {self.unrepeatable}" if self.unrepeatable else ""
        return (
            f"{self.codes.total()} absurd requests of {len(METHODS)} RPCs: "
            f"undocumented codes {wrong}{again}; {told}"
        )


async def answer(
    channel: grpc.aio.Channel,
    method: MethodDescriptor,
    requests: list[bytes],
) -> tuple[grpc.StatusCode, str]:
    """Call a method with raw bytes; answers the code and the text."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    arguments = iter(requests) if method.client_streaming else requests[0]
    kind = ("stream" if method.client_streaming else "unary") + (
        "_stream" if method.server_streaming else "_unary"
    )
    call = getattr(channel, kind)(path)(arguments, timeout=CALL_S)
    with suppress(grpc.aio.AioRpcError):  # its code is read below
        if not method.server_streaming:
            await call
        else:
            try:
                async with asyncio.timeout(STREAM_S):
                    while await call.read() is not grpc.aio.EOF:
                        pass
            except TimeoutError:
                call.cancel()
    code, details = await call.code(), await call.details() or ""
    if details == SENT_TOO_LATE or code is grpc.StatusCode.CANCELLED:
        return grpc.StatusCode.OK, ""
    return code, details


async def feed(channel: grpc.aio.Channel) -> None:
    """Feed stores of Helsinki, and for one of them stock, a plan and a fence."""
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    stock = stock_pb2_grpc.StockServiceStub(channel)
    await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
    await state(stock, FORUM, next(SEQUENCE), "fuzz", milk=100_000, bread=100_000)
    fences = geofence_pb2_grpc.GeofenceServiceStub(channel)
    plans = aisle_pb2_grpc.AisleServiceStub(channel)
    with suppress(grpc.aio.AioRpcError):  # it exists already
        await create(fences, "kamppi", circle(KAMPPI, 300))
    with suppress(grpc.aio.AioRpcError):  # another run has replaced it
        await plans.PublishFloorPlan(published(FORUM, corner_shop()))


async def test_absurd_requests_of_every_rpc_get_documented_codes(
    channel: grpc.aio.Channel,
    figure: Callable[[int, str], None],
) -> None:
    asked = Asked()
    for module in app.SERVICES.values():
        await feed(channel)  # methods that delete are called too
        for method in module.CONTRACT.methods:
            await asked.ask(channel, method, 32, 6 if method.server_streaming else 15)
    figure(32, str(asked))
    assert [] == asked.undocumented


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_100_000_absurd_requests_and_the_memory_stays_flat(
    channel: grpc.aio.Channel,
    figure: Callable[[int, str], None],
) -> None:
    plain = [method for method in METHODS if not method.server_streaming]
    streams = [method for method in METHODS if method.server_streaming]
    rounds, each = 20, 100_000 // 20 // len(plain) + 1
    asked = Asked()
    sizes = []
    for number in range(rounds):
        await feed(channel)
        for method in plain:
            await asked.ask(channel, method, 1000 + number, each)
        for method in streams:
            await asked.ask(channel, method, 1000 + number, 5)
        gc.collect()
        sizes.append(memory_mb())
    half_way, end = sizes[rounds // 2 - 1], sizes[-1]
    figure(32, f"{asked}; memory {half_way:.0f} MB half-way and {end:.0f} MB at the end")
    assert [] == asked.undocumented
    assert end < 1.2 * half_way


def memory_mb() -> float:
    """The memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6
