"""A call from bytes to bytes, without a transport: its errors, its count, its measure, its log."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest
import redis.exceptions
from google.protobuf.wrappers_pb2 import StringValue
from prometheus_client import REGISTRY, generate_latest
from structlog.testing import capture_logs

from enrayon.type.v1.geometry_pb2 import Origin
from services.chassis.errors import Internal, InvalidArgument, ServiceError, Unavailable
from services.chassis.serving.calls import Calls
from services.chassis.serving.turns import TURN_S
from tests.support.echo import KAMPPI, SERVICE, method, methods

REQUEST = KAMPPI.SerializeToString()


class StoreNotFound(ServiceError):
    code = grpc.StatusCode.NOT_FOUND
    reason = "STORE_NOT_FOUND"


async def stream(*requests: Origin) -> AsyncIterator[bytes]:
    for request in requests:
        yield request.SerializeToString()


async def answer(name: str, function: Callable[[Any], Any]) -> Any:
    """Answers KAMPPI by a method of any kind, whose servicer's part is `function`."""
    calls = Calls()
    match name:
        case "say":
            return await calls.answer(method("Say", say=function))(REQUEST)
        case "collect":
            return await calls.answer(method("Collect", collect=function))(stream(KAMPPI))
        case "count_up":
            answers = calls.stream(method("CountUp", count_up=function))(REQUEST)
        case "chat":
            answers = calls.stream(method("Chat", chat=function))(stream(KAMPPI))
    return [each async for each in answers]


def raising(name: str, error: BaseException) -> Callable[[Any], Any]:
    """A method of the kind that raises."""

    async def once(_: Any) -> None:
        raise error

    async def midway(_: Any) -> AsyncIterator[StringValue]:
        yield StringValue()
        raise error

    return once if name in ("say", "collect") else midway


def counted(name: str, code: str) -> float:
    labels = {"method": f"/{SERVICE}/{name}", "code": code}
    return REGISTRY.get_sample_value("enrayon_requests_total", labels) or 0.0


def running(name: str) -> float | None:
    return REGISTRY.get_sample_value("enrayon_requests_running", {"method": f"/{SERVICE}/{name}"})


KINDS = ["say", "collect", "count_up", "chat"]


@pytest.mark.parametrize("name", KINDS)
async def test_a_bug_is_internal_without_a_word_and_its_stack_is_in_the_log(name: str) -> None:
    with capture_logs() as logs, pytest.raises(Internal) as shown:
        await answer(name, raising(name, KeyError("60.1687")))
    assert shown.value.message == "internal error"
    assert shown.value.metadata == {}
    [line] = logs
    assert line["log_level"] == "error"
    assert line["where"].startswith(f"/{SERVICE}/")
    assert "test_calls.py" in line["stack"]
    assert "KeyError" in line["stack"]


@pytest.mark.parametrize("name", KINDS)
async def test_neither_log_nor_metric_quotes_a_request(name: str) -> None:
    def bug(request: Origin) -> None:
        here = f"{request.point.latitude}, {request.point.longitude}"
        try:
            raise LookupError(here)
        except LookupError as error:
            raise ValueError(f"no store near {here}") from error

    async def once(requests: Any) -> None:
        bug(KAMPPI if name == "collect" else requests)

    async def each(requests: Any) -> AsyncIterator[StringValue]:
        bug(KAMPPI if name == "chat" else requests)
        yield StringValue()

    with capture_logs() as logs, pytest.raises(Internal):
        await answer(name, once if name in ("say", "collect") else each)
    told = f"{logs} {generate_latest().decode()}"
    assert "bug(" in told
    for secret in ("60.1687", "24.9319", REQUEST.hex()):
        assert secret not in told


@pytest.mark.parametrize("name", KINDS)
async def test_a_service_error_reaches_the_client_as_it_is_and_is_not_logged(name: str) -> None:
    error = StoreNotFound("there is no stores/osm-1")
    with capture_logs() as logs, pytest.raises(StoreNotFound) as shown:
        await answer(name, raising(name, error))
    assert shown.value is error
    assert logs == []


@pytest.mark.parametrize("name", KINDS)
async def test_a_database_that_is_down_is_unavailable_and_not_a_bug(name: str) -> None:
    with capture_logs() as logs, pytest.raises(Unavailable) as shown:
        await answer(name, raising(name, redis.exceptions.ConnectionError("10.0.0.1 refused")))
    assert "10.0.0.1" not in shown.value.message
    assert logs == []


@pytest.mark.parametrize("error", [FileNotFoundError(2, "x"), TimeoutError(), OSError("disk")])
async def test_an_os_error_is_a_bug_and_not_taken_for_the_database(error: OSError) -> None:
    with capture_logs() as logs, pytest.raises(Internal):
        await answer("say", raising("say", error))
    assert type(error).__name__ in logs[0]["stack"]


@pytest.mark.parametrize("name", KINDS)
async def test_a_request_against_the_rules_never_reaches_the_servicer(name: str) -> None:
    reached = []

    async def once(requests: AsyncIterator[Origin]) -> StringValue:
        reached.extend([request async for request in requests])
        return StringValue()

    async def each(requests: AsyncIterator[Origin]) -> AsyncIterator[StringValue]:
        reached.append(await once(requests))
        yield StringValue()

    calls, bad = Calls(), Origin(place="x" * 201)
    with pytest.raises(InvalidArgument) as shown:
        match name:
            case "say":
                await calls.answer(method("Say", say=reached.append))(bad.SerializeToString())
            case "collect":
                await calls.answer(method("Collect", collect=once))(stream(bad))
            case "count_up":
                counting = calls.stream(method("CountUp", count_up=each))
                await anext(counting(bad.SerializeToString()))
            case "chat":
                await anext(calls.stream(method("Chat", chat=each))(stream(bad)))
    assert shown.value.violations[0].field == "place"
    assert reached == []


@pytest.mark.parametrize("name", KINDS)
async def test_calls_are_counted_by_method_and_code(name: str) -> None:
    rpc = {"say": "Say", "collect": "Collect", "count_up": "CountUp", "chat": "Chat"}[name]
    codes = ("OK", "NOT_FOUND", "INTERNAL", "CANCELLED")
    before = {code: counted(rpc, code) for code in codes}
    defaults = {m.name: m.function for m in methods()}
    await answer(name, defaults[rpc])
    for error in (StoreNotFound("x"), ZeroDivisionError(), asyncio.CancelledError()):
        with pytest.raises((ServiceError, asyncio.CancelledError)):
            await answer(name, raising(name, error))
    assert {code: counted(rpc, code) - before[code] for code in codes} == dict.fromkeys(codes, 1.0)
    assert running(rpc) == 0.0


async def test_a_running_call_is_counted_until_it_ends() -> None:
    begun, proceed = asyncio.Event(), asyncio.Event()

    async def slow(_: Origin) -> StringValue:
        begun.set()
        await proceed.wait()
        return StringValue()

    calls = Calls()
    await calls.wait_idle()
    call = asyncio.ensure_future(calls.answer(method("Say", say=slow))(REQUEST))
    await begun.wait()
    idle = asyncio.create_task(calls.wait_idle())
    await asyncio.sleep(0)
    assert not idle.done()
    assert running("Say") == 1.0
    proceed.set()
    await asyncio.gather(call, idle)
    assert running("Say") == 0.0


async def test_a_short_call_goes_before_the_steps_of_an_import() -> None:
    told: list[str] = []
    begun = asyncio.Event()

    async def collect(requests: AsyncIterator[Origin]) -> StringValue:
        async for _ in requests:
            end_s = time.perf_counter() + 2 * TURN_S
            while time.perf_counter() < end_s:
                pass
            told.append("row")
            begun.set()
            await asyncio.sleep(0)
        return StringValue()

    async def say(_: Origin) -> StringValue:
        for _round in range(10):
            told.append("round")
            await asyncio.sleep(0)
        return StringValue()

    calls, both = Calls(), methods(collect=collect, say=say)
    named = {each.name: each for each in both}
    collecting = calls.answer(named["Collect"])(stream(*[KAMPPI] * 20))
    long: asyncio.Future[bytes] = asyncio.ensure_future(collecting)
    await begun.wait()
    await calls.answer(named["Say"])(REQUEST)
    first, last = told.index("round"), len(told) - told[::-1].index("round")
    await long

    assert told[first:last].count("row") <= 2
    assert 20 == told.count("row")
