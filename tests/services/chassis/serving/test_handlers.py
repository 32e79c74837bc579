"""Over a real connection: answers, errors with their details, limits, streams, who asks."""

import asyncio
import datetime as dt
import itertools
import math
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from enrayon.type.v1.geometry_pb2 import Origin
from services.chassis.caller import ANONYMOUS, Caller, current_caller, set_caller
from services.chassis.errors import FieldViolation, ServiceError
from services.chassis.settings import ChassisSettings
from tests.support.echo import KAMPPI, error_of, served

BAD = Origin(point={"latitude": 91, "longitude": 24})


class StoreClosed(ServiceError):
    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "STORE_CLOSED"
    domain = "hours.enrayon"


async def failure(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return raised.value


async def all_of(call: Any) -> list[str]:
    return [answer.value async for answer in call]


async def test_each_kind_of_method_answers(settings: ChassisSettings) -> None:
    places = [Origin(place="Kamppi"), Origin(place="Töölö")]
    async with served(settings) as echo:
        assert (await echo.say(places[1])).value == "Töölö"
        assert await all_of(echo.count_up(places[1])) == ["T", "ö", "ö", "l", "ö"]
        assert (await echo.collect(iter(places))).value == "Kamppi Töölö"
        assert await all_of(echo.chat(iter(places))) == ["Kamppi", "Töölö"]


async def test_a_chat_answers_before_the_client_has_said_all(settings: ChassisSettings) -> None:
    async with served(settings) as echo:
        call = echo.chat()
        for place in ("Kamppi", "Töölö"):
            await call.write(Origin(place=place))
            assert (await call.read()).value == place
        await call.done_writing()
        assert await call.code() is grpc.StatusCode.OK


async def test_an_answer_that_is_bytes_already_goes_out_as_it_is(
    settings: ChassisSettings,
) -> None:
    # A field that the contract lacks would be moved or lost if they were parsed on the way.
    encoded = b"\x78\x01" + StringValue(value="Kamppi").SerializeToString()

    async def twice(_: Origin) -> AsyncIterator[bytes]:
        yield encoded
        yield encoded

    async with served(settings, say=lambda _: encoded, count_up=twice) as echo:
        assert await echo.say_bytes(KAMPPI.SerializeToString()) == encoded
        assert await all_of(echo.count_up(KAMPPI)) == ["Kamppi", "Kamppi"]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\xff\xff\xff", id="no protobuf"),
        pytest.param(b"\x12\x02\xc3\x28", id="a text that is not UTF-8"),
        pytest.param(KAMPPI.SerializeToString()[:-1], id="cut short"),
        pytest.param(b"\x1b" * 60_000, id="nested 60,000 deep"),
        pytest.param(b"x" * (64 * 1024 + 1), id="a byte over the limit"),
        pytest.param(b"x" * 4 * 1024 * 1024, id="4 MiB"),
    ],
)
async def test_a_malformed_or_oversized_message_is_invalid_and_the_server_goes_on(
    settings: ChassisSettings, sent: bytes
) -> None:
    async with served(settings) as echo:
        error = await failure(echo.say_bytes(sent))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert error_of(error)["ErrorInfo"].reason == "INVALID_ARGUMENT"
        assert error_of(error)["ErrorInfo"].domain == "enrayon"
        assert (await echo.say(Origin(place="Kamppi"))).value == "Kamppi"


async def test_a_small_message_that_unpacks_to_a_huge_one_is_refused_and_the_server_goes_on(
    settings: ChassisSettings,
) -> None:
    async with served(settings) as echo:
        bomb = echo.say_bytes(bytes(32 * 1024 * 1024), compression=grpc.Compression.Gzip)
        assert (await failure(bomb)).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await echo.say(Origin(place="Kamppi"))).value == "Kamppi"


@pytest.mark.parametrize(
    ("axis", "value"),
    [
        *itertools.product(["latitude", "longitude"], [math.nan, math.inf, -math.inf]),
        ("latitude", 90.000001),
        ("longitude", -180.000001),
    ],
)
async def test_a_coordinate_that_is_none_is_refused_by_its_field(
    settings: ChassisSettings, axis: str, value: float
) -> None:
    point = {"latitude": 60.0, "longitude": 24.0} | {axis: value}
    async with served(settings) as echo:
        error = error_of(await failure(echo.say(Origin(point=point))))
    [violation] = error["BadRequest"].field_violations
    assert violation.field == "point"
    assert violation.description.startswith(f"{axis} must be in")


async def test_an_error_arrives_with_all_that_it_says(settings: ChassisSettings) -> None:
    def closed(_: Origin) -> None:
        raise StoreClosed(
            "stores/osm-1 is closed – come back",
            metadata={"store": "stores/osm-1"},
            violations=[FieldViolation("place", "closed")],
            retry_after=dt.timedelta(seconds=90, milliseconds=500),
        )

    async with served(settings, say=closed) as echo:
        failed = await failure(echo.say(KAMPPI))
    error = error_of(failed)
    assert dict(failed.trailing_metadata())["retry-after"] == "91"
    assert error["code"] == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert error["message"] == "stores/osm-1 is closed – come back"
    assert error["ErrorInfo"].reason == "STORE_CLOSED"
    assert error["ErrorInfo"].domain == "hours.enrayon"
    assert dict(error["ErrorInfo"].metadata) == {"store": "stores/osm-1"}
    assert error["BadRequest"].field_violations[0].field == "place"
    assert error["RetryInfo"].retry_delay.ToTimedelta() == dt.timedelta(seconds=90.5)


@pytest.mark.parametrize("letter", ["x", "ä", "𝔘"])
async def test_the_largest_error_arrives_whole(settings: ChassisSettings, letter: str) -> None:
    def verbose(_: Origin) -> None:
        text = letter * 10_000
        raise StoreClosed(
            text, metadata={"store": text}, violations=[FieldViolation(text, text)] * 1000
        )

    async with served(settings, say=verbose) as echo:
        error = error_of(await failure(echo.say(KAMPPI)))
    assert error["ErrorInfo"].reason == "STORE_CLOSED"
    assert error["message"].startswith(letter * 100)
    assert error["message"].endswith("…")


async def test_an_error_in_the_midst_of_a_stream_comes_after_its_answers(
    settings: ChassisSettings,
) -> None:
    async def breaks(request: Origin) -> AsyncIterator[StringValue]:
        yield StringValue(value=request.place)
        raise StoreClosed("closed in the meantime")

    async with served(settings, count_up=breaks) as echo:
        call = echo.count_up(Origin(place="Kamppi"))
        assert (await call.read()).value == "Kamppi"
        error = error_of(await failure(call.read()))
    assert error["ErrorInfo"].reason == "STORE_CLOSED"


async def test_a_bad_request_in_the_midst_of_a_stream_ends_it_by_its_field(
    settings: ChassisSettings,
) -> None:
    async with served(settings) as echo:
        call = echo.chat()
        await call.write(Origin(place="Kamppi"))
        assert (await call.read()).value == "Kamppi"
        await call.write(BAD)
        error = error_of(await failure(call.read()))
        assert error["BadRequest"].field_violations[0].field == "point"
        collected = await failure(echo.collect(iter([Origin(place="Kamppi"), BAD])))
        assert error_of(collected)["BadRequest"].field_violations[0].field == "point"


async def test_a_stream_takes_messages_of_up_to_a_mebibyte(settings: ChassisSettings) -> None:
    def padded(size: int) -> Iterator[bytes]:
        known = Origin(place="Kamppi").SerializeToString()
        rest = size - len(known) - 4
        length = bytes([rest & 0x7F | 0x80, rest >> 7 & 0x7F | 0x80, rest >> 14])
        yield known + b"\x7a" + length + bytes(rest)  # a field that the contract lacks

    async with served(settings) as echo:
        assert await echo.collect_bytes(padded(1024 * 1024)) == b"\x0a\x06Kamppi"
        too_large = await failure(echo.collect_bytes(padded(1024 * 1024 + 1)))
        assert too_large.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_servicer_may_answer_a_stream_of_requests_without_reading_it_all(
    settings: ChassisSettings,
) -> None:
    async def first(requests: AsyncIterator[Origin]) -> StringValue:
        async for request in requests:
            return StringValue(value=request.place)
        return StringValue()

    async with served(settings, collect=first) as echo:
        many = (Origin(place=place) for place in ["Kamppi", *["Töölö"] * 1000])
        assert (await echo.collect(many)).value == "Kamppi"


async def test_who_asks_does_not_leak_into_another_call(settings: ChassisSettings) -> None:
    told = asyncio.Event()
    seen: dict[str, Caller] = {}

    async def who(request: Origin) -> StringValue:
        seen[f"{request.place}, at first"] = current_caller()
        if request.place == "Kamppi":
            set_caller(Caller("kiosk"))
            told.set()
        await told.wait()
        seen[request.place] = current_caller()
        return StringValue()

    async with served(settings, say=who) as echo:
        await asyncio.gather(echo.say(Origin(place="Töölö")), echo.say(Origin(place="Kamppi")))
        await echo.say(Origin(place="Pasila"))
    assert seen["Kamppi"] == Caller("kiosk")
    del seen["Kamppi"]
    assert set(seen.values()) == {ANONYMOUS}


async def test_a_client_that_leaves_while_nothing_happens_ends_the_stream(
    settings: ChassisSettings,
) -> None:
    ended = asyncio.Event()

    async def silent(request: Origin) -> AsyncIterator[StringValue]:
        try:
            yield StringValue(value=request.place)
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with served(settings, count_up=silent) as echo:
        call = echo.count_up(Origin(place="Kamppi"))
        assert (await call.read()).value == "Kamppi"
        call.cancel()
        await asyncio.wait_for(ended.wait(), 10)


async def test_a_client_that_leaves_while_it_is_being_sent_to_ends_the_stream(
    settings: ChassisSettings,
) -> None:
    ended = asyncio.Event()

    async def endless(_: Origin) -> AsyncIterator[StringValue]:
        try:
            while True:  # more than the connection takes, so that it waits for the client to read
                yield StringValue(value="x" * 100_000)
        finally:
            await asyncio.sleep(0)  # a clean-up may take a while
            ended.set()

    async with served(settings, count_up=endless) as echo:
        call = echo.count_up(KAMPPI)
        await call.read()
        call.cancel()
        await asyncio.wait_for(ended.wait(), 10)
        await asyncio.wait_for(echo.server.stop(), 10)
