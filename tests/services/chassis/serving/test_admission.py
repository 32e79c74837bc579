"""More calls than can be answered in time: some are refused and told when to come again."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2_grpc

from enrayon.type.v1.geometry_pb2 import Origin
from services.chassis.serving.admission import LEAST, Admission, calls_in
from services.chassis.settings import ChassisSettings
from tests.support.echo import KAMPPI, SERVICE, error_of, served


def admission(longest_wait_s: float = 0.5) -> Admission:
    return Admission(longest_wait_s, random.Random(7))


def shed_of(admission: Admission, calls: int) -> list[float]:
    """After how many seconds each of the calls that are shed may try again."""
    delays = []
    for _ in range(calls):
        if admission.to_shed:
            retry_after = admission.refusal().retry_after
            assert retry_after
            delays.append(retry_after.total_seconds())
    return delays


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 nothing tells of it
            await asyncio.sleep(0.01)


def test_what_is_answered_in_time_is_not_shed():
    own = admission()
    for _ in range(10):
        own.observe(waiting=500, answered=100, passed_s=0.1)  # half a second's worth
        assert [] == shed_of(own, 1000)


def test_of_what_waits_too_long_the_surplus_is_shed_from_the_front():
    own = admission()
    for _ in range(2):
        own.observe(waiting=1500, answered=100, passed_s=0.1)

    assert 1000 == len(shed_of(own, 1500))


def test_those_shed_are_told_to_come_back_spread_over_the_time_that_the_queue_takes():
    own = admission()
    for _ in range(2):
        own.observe(waiting=3000, answered=100, passed_s=0.1)
    delays = shed_of(own, 3000)

    assert 0.2 <= min(delays) < 0.3
    assert 2.9 < max(delays) <= 3.0
    assert 1.5 < sum(delays) / len(delays) < 1.7


def test_a_burst_that_is_gone_at_the_next_look_is_answered():
    own = admission()
    own.observe(waiting=1000, answered=0, passed_s=0.1)
    assert [] == shed_of(own, 1000)
    own.observe(waiting=100, answered=900, passed_s=0.1)
    assert [] == shed_of(own, 1000)


def test_calls_that_hang_are_bounded_however_slow():
    own = admission()
    for _ in range(50):
        own.observe(waiting=LEAST + 10, answered=0, passed_s=0.1)

    assert 10 == len(shed_of(own, 100))


def test_few_calls_are_never_too_many():
    own = admission()
    for _ in range(50):
        own.observe(waiting=LEAST, answered=0, passed_s=0.1)

    assert [] == shed_of(own, 100)


def test_what_was_to_be_shed_is_forgotten_when_all_is_quiet():
    own = admission()
    for _ in range(2):
        own.observe(waiting=3000, answered=100, passed_s=0.1)
    own.rest()

    assert [] == shed_of(own, 100)


def test_without_a_longest_wait_nothing_is_shed():
    own = admission(0.0)
    for _ in range(10):
        own.observe(waiting=100_000, answered=1, passed_s=0.1)

    assert [] == shed_of(own, 100)


async def test_of_calls_that_hang_those_beyond_the_bound_are_shed_and_the_rest_answered(
    settings: ChassisSettings,
):
    release = asyncio.Event()
    begun = 0

    async def hang(_: Origin) -> StringValue:
        nonlocal begun
        begun += 1
        await release.wait()
        return StringValue(value="answered")

    async def outcome(call: Any) -> str:
        try:
            return str((await call).value)
        except grpc.aio.AioRpcError as error:
            told = error_of(error)
            assert told["RetryInfo"].retry_delay.ToTimedelta().total_seconds() >= 0.2
            return str(told["ErrorInfo"].reason)

    async with served(settings.model_copy(update={"longest_wait_s": 0.5}), say=hang) as echo:
        first = [asyncio.create_task(outcome(echo.say(KAMPPI))) for _ in range(LEAST)]
        await until(lambda: begun == LEAST)
        more: list[asyncio.Task[str]] = []
        async with asyncio.timeout(30):
            while not any(task.done() for task in more):
                more.append(asyncio.create_task(outcome(echo.say(KAMPPI))))
                await asyncio.sleep(0.01)
        assert {"OVERLOADED"} == {task.result() for task in more if task.done()}
        release.set()
        assert ["answered"] * LEAST == await asyncio.gather(*first)
        assert {"answered", "OVERLOADED"} == set(await asyncio.gather(*more))
        await until(lambda: echo.server._calls.admission.to_shed == 0)
        assert "answered" == await outcome(echo.say(KAMPPI))


async def test_the_calls_that_wait_are_counted_before_python_sees_them(settings: ChassisSettings):
    release = asyncio.Event()

    async def hang(_: Origin) -> StringValue:
        await release.wait()
        return StringValue()

    others = [grpc.aio.server(options=[("grpc.enable_channelz", 1)]) for _ in range(20)]
    async with served(settings.model_copy(update={"longest_wait_s": 0.5}), say=hang) as echo:
        id = echo.server._id
        assert 0 == calls_in(id)
        calls = [asyncio.ensure_future(echo.say(KAMPPI)) for _ in range(30)]
        await until(lambda: calls_in(id) == 30)
        release.set()
        await asyncio.gather(*calls)
        await until(lambda: calls_in(id) == 0)
    assert 20 == len(others)  # they lived as long


async def test_calls_without_a_request_and_open_streams_shed_nobody(
    settings: ChassisSettings, figure: Callable[[int, str], None]
):
    async def nothing() -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield

    async with served(settings.model_copy(update={"longest_wait_s": 0.5})) as echo:
        health: Any = health_pb2_grpc.HealthStub(echo.channel)
        told = [health.Watch(health_pb2.HealthCheckRequest(service=SERVICE)) for _ in range(800)]
        for watch in told:
            assert health_pb2.HealthCheckResponse.SERVING == (await watch.read()).status
        reflection: Any = reflection_pb2_grpc.ServerReflectionStub(echo.channel)
        streams = [reflection.ServerReflectionInfo(nothing()) for _ in range(90)]
        # To the client they are streams of requests, so that it sends headers alone.
        paths = (f"/{SERVICE}/Say", f"/{SERVICE}/CountUp", "/grpc.health.v1.Health/Check")
        silent: list[Any] = [echo.channel.stream_unary(paths[n % 3])(nothing()) for n in range(90)]
        await until(lambda: 980 == calls_in(echo.server._id))
        shed = 0
        for _ in range(50):  # of 20 ms each, so through several looks
            try:
                await asyncio.gather(*(echo.say(KAMPPI) for _ in range(2)))
            except grpc.aio.AioRpcError:
                shed += 1
            await asyncio.sleep(0.02)
        for call in (*told, *streams, *silent):
            call.cancel()
        await until(lambda: 0 == calls_in(echo.server._id))
        await until(lambda: 0 == echo.server._calls.unread == echo.server._calls.streaming)

    figure(
        43,
        "straight to a server: 800 streams of health, 90 of reflection, 90 calls whose message"
        f" never comes; of 100 other calls {shed} shed",
    )
    assert 0 == shed


async def test_a_call_without_a_request_is_invalid(settings: ChassisSettings):
    async with served(settings) as echo:
        for path in (f"/{SERVICE}/Say", f"/{SERVICE}/CountUp"):
            call: Any = echo.channel.stream_unary(path)(iter(()))
            assert grpc.StatusCode.INVALID_ARGUMENT is await call.code()
