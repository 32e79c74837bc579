"""A server's life: its port, its health, what it tells of itself, and an end that loses nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from structlog.testing import capture_logs

from enrayon.type.v1.geometry_pb2 import Origin
from services.chassis.serving.commits import commit
from services.chassis.serving.methods import endless
from services.chassis.serving.server import Server
from services.chassis.settings import ChassisSettings
from tests.support.echo import KAMPPI, SERVICE, Echo, methods, served

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Gate:
    """A servicer method that stands in the midst of its call until it is let go."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def pass_through(self) -> None:
        self.reached.set()
        await self.open.wait()


async def stopping(echo: Echo) -> "asyncio.Task[None]":
    """Tell the server to stop; answers once it has said so."""
    health: Any = health_pb2_grpc.HealthStub(echo.channel)
    watch = health.Watch(health_pb2.HealthCheckRequest(service=SERVICE))
    assert (await watch.read()).status == SERVING
    stop = asyncio.create_task(echo.server.stop())
    assert (await watch.read()).status == NOT_SERVING
    watch.cancel()
    return stop


async def is_waiting(task: "asyncio.Task[None]") -> bool:
    await asyncio.wait([task], timeout=0.2)
    return not task.done()


async def test_a_second_server_on_the_port_is_refused(
    settings: ChassisSettings, figure: Callable[[int, str], None]
) -> None:
    async with served(settings) as echo:
        port = echo.server.port
        second = Server(settings.model_copy(update={"grpc_port": port}), methods())
        match = f"127.0.0.1:{port}.*another program.*ENRAYON_GRPC_PORT"
        with pytest.raises(OSError, match=match) as refused:
            await second.start()
        assert (await echo.say(Origin(place="Kamppi"))).value == "Kamppi"
    figure(40, f"refused: {str(refused.value).replace(str(port), 'PORT')}; the first answers on")


async def test_servers_that_are_to_share_a_port_all_answer_on_it(settings: ChassisSettings) -> None:
    several = settings.model_copy(update={"servers": 2})

    def answering(name: str) -> Any:
        return lambda _: StringValue(value=name)

    async with served(several, say=answering("one")) as one:
        shared = several.model_copy(update={"grpc_port": one.server.port})
        async with served(shared, say=answering("other")):
            heard = set()
            for _ in range(64):  # each connection goes to either, with equal chances
                async with grpc.aio.insecure_channel(
                    f"127.0.0.1:{one.server.port}", options=[("grpc.use_local_subchannel_pool", 1)]
                ) as channel:
                    heard.add((await Echo(one.server, channel).say(KAMPPI)).value)
    assert {"one", "other"} == heard


async def test_an_address_that_is_not_this_machines_is_refused(settings: ChassisSettings) -> None:
    server = Server(settings.model_copy(update={"host": "192.0.2.1"}), methods())
    with pytest.raises(OSError, match=r"192\.0\.2\.1.*ENRAYON_HOST"):
        await server.start()


async def test_it_listens_on_ipv6(settings: ChassisSettings) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    async with served(settings.model_copy(update={"host": "::1"})) as echo:
        with socket.create_connection(("::1", echo.server.port), timeout=10):
            pass


async def test_health_is_told_for_the_server_and_for_each_service(
    settings: ChassisSettings,
) -> None:
    async with served(settings) as echo:
        health: Any = health_pb2_grpc.HealthStub(echo.channel)

        async def status(service: str) -> int:
            answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
            return int(answer.status)

        assert await status("") == SERVING
        assert await status(SERVICE) == SERVING
        echo.server.health.set(SERVICE, serving=False)
        assert await status(SERVICE) == NOT_SERVING
        assert await status("") == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            await status("tests.echo.NoSuchService")
        assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


async def listed(echo: Echo) -> set[str]:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(echo.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    call = stub.ServerReflectionInfo(iter([request]))
    return {service.name for service in (await call.read()).list_services_response.service}


async def test_reflection_lists_the_services(settings: ChassisSettings) -> None:
    async with served(settings) as echo:
        assert {SERVICE, "grpc.health.v1.Health"} <= await listed(echo)


async def test_reflection_can_be_switched_off(settings: ChassisSettings) -> None:
    async with served(settings.model_copy(update={"reflection": False})) as echo:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(echo.channel)
        call = stub.ServerReflectionInfo(iter(()))
        assert await call.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_stop_lets_a_running_call_end(settings: ChassisSettings) -> None:
    gate = Gate()

    async def slow(request: Origin) -> StringValue:
        await gate.pass_through()
        return StringValue(value=request.place)

    async with served(settings, say=slow) as echo:
        call = echo.say(Origin(place="Kamppi"))
        await gate.reached.wait()
        stop = await stopping(echo)
        assert await is_waiting(stop)
        gate.open.set()
        assert (await call).value == "Kamppi"
        await stop


async def test_a_stop_lets_a_running_stream_end(settings: ChassisSettings) -> None:
    gate = Gate()

    async def slow(request: Origin) -> AsyncIterator[StringValue]:
        for letter in request.place:
            yield StringValue(value=letter)
            await gate.pass_through()

    async with served(settings, count_up=slow) as echo:
        answers = aiter(echo.count_up(Origin(place="Kamppi")))
        assert (await anext(answers)).value == "K"
        stop = await stopping(echo)
        assert await is_waiting(stop)
        gate.open.set()
        assert [answer.value async for answer in answers] == ["a", "m", "p", "p", "i"]
        await stop


async def test_a_stop_ends_an_endless_stream_with_word_to_resume(settings: ChassisSettings) -> None:
    gate = Gate()
    cleaned = asyncio.Event()

    @endless
    async def watch(request: Origin) -> AsyncIterator[StringValue]:
        try:
            yield StringValue(value=request.place)
            await gate.pass_through()
        finally:
            cleaned.set()

    async with served(settings, count_up=watch) as echo:
        answers = aiter(echo.count_up(Origin(place="Kamppi")))
        assert (await anext(answers)).value == "Kamppi"
        await gate.reached.wait()
        stop = await stopping(echo)
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await anext(answers)
        await stop
    assert ended.value.code() == grpc.StatusCode.UNAVAILABLE
    assert "resume" in (ended.value.details() or "")
    assert cleaned.is_set()


async def test_a_stop_lets_a_client_say_all_that_it_began_to_say(settings: ChassisSettings) -> None:
    async with served(settings) as echo:
        call = echo.collect()
        await call.write(Origin(place="Kamppi"))
        chat = echo.chat()
        await chat.write(Origin(place="Töölö"))
        assert (await chat.read()).value == "Töölö"
        stop = await stopping(echo)
        await call.write(Origin(place="Töölö"))
        await call.done_writing()
        assert (await call).value == "Kamppi Töölö"
        assert await is_waiting(stop)
        await chat.done_writing()
        assert await chat.read() is grpc.aio.EOF
        await stop


async def test_no_new_call_is_taken_once_the_server_stops(settings: ChassisSettings) -> None:
    gate = Gate()

    async def slow(_: Origin) -> StringValue:
        await gate.pass_through()
        return StringValue()

    async with served(settings, say=slow) as echo:
        running = echo.say(KAMPPI)
        await gate.reached.wait()
        stop = await stopping(echo)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await echo.collect(iter([KAMPPI]))
        # CANCELLED where the call crossed the word that no more are taken.
        assert refused.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        gate.open.set()
        await running
        await stop


async def test_a_change_outlives_its_client_and_the_stop_waits_for_it(
    settings: ChassisSettings,
) -> None:
    gate = Gate()
    changed = []

    async def change() -> StringValue:
        await gate.pass_through()
        changed.append("Kamppi")
        return StringValue()

    async def changing(_: Origin) -> StringValue:
        return await commit(change())

    async with served(settings, say=changing) as echo:
        call = echo.say(KAMPPI)
        await gate.reached.wait()
        call.cancel()  # a deadline ends a call in the same way, but may pass before it has begun
        with pytest.raises(asyncio.CancelledError):
            await call
        stop = await stopping(echo)
        assert await is_waiting(stop)
        assert changed == []
        gate.open.set()
        await stop
        assert changed == ["Kamppi"]


async def test_a_stop_waits_for_the_clean_up_of_a_stream_whose_client_left(
    settings: ChassisSettings,
) -> None:
    gate = Gate()

    async def endless(_: Origin) -> AsyncIterator[StringValue]:
        try:
            while True:
                yield StringValue(value="x" * 100_000)
        finally:
            await gate.pass_through()

    async with served(settings, count_up=endless) as echo:
        call = echo.count_up(KAMPPI)
        await call.read()
        call.cancel()
        await gate.reached.wait()
        stop = await stopping(echo)
        assert await is_waiting(stop)
        gate.open.set()
        await stop


async def test_a_call_that_never_ends_is_cut_off_in_time(settings: ChassisSettings) -> None:
    ended = []

    async def endless(_: Origin) -> StringValue:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("say")
        return StringValue()

    async def endless_stream(_: Origin) -> AsyncIterator[StringValue]:
        try:
            yield StringValue(value="Kamppi")
            await asyncio.Event().wait()
        finally:
            ended.append("count_up")

    settings = settings.model_copy(update={"drain_s": 0.2})
    async with served(settings, say=endless, count_up=endless_stream) as echo:
        call, stream = echo.say(KAMPPI), echo.count_up(KAMPPI)
        assert (await stream.read()).value == "Kamppi"
        with capture_logs() as logs:
            await asyncio.wait_for(echo.server.stop(), 10)
        for cut in (call, stream.read()):
            with pytest.raises(grpc.aio.AioRpcError) as lost:
                await cut
            assert lost.value.code() is grpc.StatusCode.UNAVAILABLE
    assert sorted(ended) == ["count_up", "say"]
    assert [(log["log_level"], log["event"]) for log in logs] == [
        ("warning", "calls were still running when the server stopped")
    ]


async def test_a_server_without_calls_stops_at_once(settings: ChassisSettings) -> None:
    settings = settings.model_copy(update={"drain_s": 3600})
    async with served(settings) as echo:
        await echo.say(KAMPPI)
        await asyncio.wait_for(echo.server.stop(), 10)
