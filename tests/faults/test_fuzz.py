"""Every RPC is given absurd requests: documented codes only, nothing dies, memory stays flat."""

import asyncio
import gc
import random
import resource
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from enrayon.stores.v1 import stores_pb2_grpc
from services import app
from tests.faults import fuzz
from tests.services.conftest import (  # noqa: F401 - fixtures
    channel,
    gazetteer,
    parts,
    redis_client,
    redis_url,
    settings,
)
from tests.services.stores.conftest import upsert
from tests.services.stores.places import SHOPS

DOCUMENTED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.PERMISSION_DENIED,
}
STREAM_S = 0.05
"""How long a stream of answers is listened to."""
CALL_S = 20.0
SENT_TOO_LATE = "Internal error from Core"
"""What the client of grpc itself says when it sends to a stream that the server has ended."""

METHODS: dict[str, MethodDescriptor] = {
    f"{service}.{method.name}": method
    for service, module in app.SERVICES.items()
    for method in module.CONTRACT.methods
}


@pytest.fixture(autouse=True)
def _as_in_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")


async def asked(channel: grpc.aio.Channel, method: MethodDescriptor, requests: list[bytes]) -> Any:  # noqa: F811
    """Make a call of raw bytes; its code."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    arguments = iter(requests) if method.client_streaming else requests[0]
    kind = ("stream" if method.client_streaming else "unary") + (
        "_stream" if method.server_streaming else "_unary"
    )
    call = getattr(channel, kind)(path)(arguments, timeout=CALL_S)
    with suppress(grpc.aio.AioRpcError):  # its code is looked at below
        if not method.server_streaming:
            await call
        else:
            try:
                async with asyncio.timeout(STREAM_S):
                    while await call.read() is not grpc.aio.EOF:
                        pass
            except TimeoutError:
                call.cancel()
    code = await call.code()
    if await call.details() == SENT_TOO_LATE or code is grpc.StatusCode.CANCELLED:
        return grpc.StatusCode.OK
    assert code in DOCUMENTED, (code, await call.details(), requests)
    return code


async def codes_of(
    channel: grpc.aio.Channel,  # noqa: F811
    method: MethodDescriptor,
    seed: int,
    count: int,
) -> Counter[grpc.StatusCode]:
    """Ask so often; how often each code came."""
    found: Counter[grpc.StatusCode] = Counter()
    for number in range(count):
        rng = random.Random(f"{seed} {method.full_name} {number}")
        many = rng.randint(0, 3) if method.client_streaming else 1
        requests = [fuzz.request(rng, method.input_type) for _ in range(many)]
        found[await asked(channel, method, requests)] += 1
    return found


@pytest.fixture
async def fed(channel: grpc.aio.Channel) -> grpc.aio.Channel:  # noqa: F811
    """A server that knows the shops of Helsinki."""
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    return channel


@pytest.mark.parametrize("name", METHODS)
async def test_absurd_requests_get_documented_codes(fed, name) -> None:
    method = METHODS[name]
    found = await codes_of(fed, method, 32, 6 if method.server_streaming else 25)
    assert 0 < found.total()


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_100_000_absurd_requests_and_the_memory_stays_flat(
    fed: grpc.aio.Channel, figure: Callable[[int, str], None]
) -> None:
    plain = [method for method in METHODS.values() if not method.server_streaming]
    streams = [method for method in METHODS.values() if method.server_streaming]
    rounds, each = 20, 100_000 // 20 // len(plain) + 1
    found: Counter[grpc.StatusCode] = Counter()
    sizes = []
    for number in range(rounds):
        for method in plain:
            found += await codes_of(fed, method, 1000 + number, each)
        for method in streams:
            found += await codes_of(fed, method, 1000 + number, 5)
        gc.collect()
        sizes.append(memory_mb())
    figure(
        32,
        f"{found.total()} absurd requests of {len(METHODS)} RPCs: undocumented codes 0, "
        f"answered OK {found[grpc.StatusCode.OK]}, "
        f"memory {sizes[rounds // 2 - 1]:.0f} MB half-way and {sizes[-1]:.0f} MB at the end",
    )
    assert sizes[-1] < 1.2 * sizes[rounds // 2 - 1]


def memory_mb() -> float:
    """What this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6
