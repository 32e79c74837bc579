"""Spans of calls and of what they do in Redis, kept in memory instead of being sent."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
import redis.exceptions
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from enrayon.type.v1.geometry_pb2 import Origin
from services.chassis.database.client import Client, script
from services.chassis.errors import InvalidArgument
from services.chassis.settings import ChassisSettings
from services.chassis.telemetry import tracing
from tests.support.echo import KAMPPI, SERVICE, served

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NOT_SAMPLED = PARENT[:-1] + "0"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    monkeypatch.setattr("opentelemetry.sdk.trace.export.BatchSpanProcessor", SimpleSpanProcessor)
    tracing.start(exporter, "test")
    yield exporter
    tracing.stop()


def named(exporter: InMemorySpanExporter) -> dict[str, Any]:
    return {span.name: span for span in exporter.get_finished_spans()}


async def test_a_call_continues_the_trace_of_its_headers(
    settings: ChassisSettings, spans: InMemorySpanExporter
) -> None:
    async with served(settings) as echo:
        await echo.say(KAMPPI, metadata=(("traceparent", PARENT),))
    span = named(spans)[f"{SERVICE}/Say"]
    assert PARENT.split("-")[1] == f"{span.context.trace_id:032x}"
    assert PARENT.split("-")[2] == f"{span.parent.span_id:016x}"
    assert "OK" == span.attributes["enrayon.code"]


async def test_what_the_edge_chose_not_to_trace_is_not(
    settings: ChassisSettings, spans: InMemorySpanExporter
) -> None:
    async with served(settings) as echo:
        await echo.say(KAMPPI, metadata=(("traceparent", NOT_SAMPLED),))
    assert () == spans.get_finished_spans()


async def test_an_error_is_told_by_its_code_alone(
    settings: ChassisSettings, spans: InMemorySpanExporter
) -> None:
    def wrong(request: Origin) -> StringValue:
        raise InvalidArgument("latitude 60.1687")

    def broken(request: Origin) -> StringValue:
        raise LookupError("latitude 60.1687")

    for function, code, is_error in (
        (wrong, "INVALID_ARGUMENT", False),
        (broken, "INTERNAL", True),
    ):
        spans.clear()
        async with served(settings, say=function) as echo:
            with pytest.raises(grpc.aio.AioRpcError):
                await echo.say(KAMPPI)
        [span] = spans.get_finished_spans()
        assert span.attributes
        assert (code, is_error) == (span.attributes["enrayon.code"], not span.status.is_ok)
        assert "60.1687" not in span.to_json()
        assert () == span.events


async def test_commands_stand_below_their_call_and_name_no_key(
    database: Client, spans: InMemorySpanExporter
) -> None:
    write = script(database, "services.directory", "write")
    with tracing.call("A/B"):
        await database.hset("{s17}:devices", "phone", "60.1687")
        pipeline = database.pipeline()
        pipeline.get("{s17}:devices:x")
        await pipeline.execute()
        with pytest.raises(redis.exceptions.ResponseError):
            await write(["{s17}:devices"], [])
    found = named(spans)
    assert {"A/B", "HSET", "PIPELINE", "EVALSHA directory/write"} <= set(found)
    call = found.pop("A/B")
    assert {call.context.span_id} == {span.parent.span_id for span in found.values()}
    told = "".join(span.to_json() for span in found.values())
    assert "devices" not in told
    assert "60.1687" not in told


async def test_what_no_call_asked_for_is_not_traced(
    database: Client, spans: InMemorySpanExporter
) -> None:
    await database.get("{s17}:x")
    assert () == spans.get_finished_spans()


async def test_a_call_that_does_much_tells_the_first_acts(
    database: Client, spans: InMemorySpanExporter
) -> None:
    with tracing.call("A/B"):
        for _ in range(tracing.MAX_ACTS + 50):
            await database.get("{s17}:x")
    assert tracing.MAX_ACTS + 1 == len(spans.get_finished_spans())


def test_off_it_is_one_object_that_does_nothing() -> None:
    tracing.stop()
    assert tracing.call("A/B") is tracing.call("C/D") is tracing.act("GET", {}) is tracing.OFF
    with tracing.call("A/B") as ended:
        ended("INTERNAL")
    assert [] == [name for name, _ in tracing.outgoing() if name == "traceparent"]
