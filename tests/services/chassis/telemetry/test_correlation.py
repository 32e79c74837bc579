"""A request keeps one id, from its header to its error and to what is logged about it."""

import json
from collections.abc import Iterator

import grpc
import pytest
import structlog
from google.protobuf.wrappers_pb2 import StringValue

from enrayon.type.v1.geometry_pb2 import Origin
from services.chassis.errors import InvalidArgument
from services.chassis.settings import ChassisSettings
from services.chassis.telemetry import correlation
from services.chassis.telemetry.logs import configure_logs
from tests.support.echo import KAMPPI, error_of, served

ID = "5f0c6f0e-9a53-4a0f-8d4b-0d8d1c3f9f10"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def wrong(request: Origin) -> StringValue:
    raise InvalidArgument("so it is")


def broken(request: Origin) -> StringValue:
    raise LookupError("at 60.1687")


async def test_an_error_tells_the_id_that_was_sent(settings: ChassisSettings) -> None:
    async with served(settings, say=wrong) as echo:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await echo.say(KAMPPI, metadata=(("x-request-id", ID),))
        assert ID == error_of(failed.value)["RequestInfo"].request_id


async def test_a_bug_is_logged_with_the_id_that_the_client_was_told(
    settings: ChassisSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(settings.model_copy(update={"log_format": "json"}))
    async with served(settings, say=broken) as echo:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await echo.say(KAMPPI)
    [line] = [
        told
        for told in map(json.loads, capsys.readouterr().err.splitlines())
        if told["event"] == "a call failed by a bug"
    ]
    assert error_of(failed.value)["RequestInfo"].request_id == line["request_id"]
    assert 36 == len(line["request_id"])


@pytest.mark.parametrize(
    "sent", ["60.1687,24.9319", "phone-of-somebody", "", "a" * 200, "deadbeef\n", "ünicode"]
)
def test_what_is_no_id_is_not_repeated(sent: str) -> None:
    correlation.begin(lambda: [("x-request-id", sent)])
    made = correlation.current_id()
    assert sent != made
    assert correlation.ACCEPTED.fullmatch(made)
    assert made == correlation.current_id()


def test_a_line_outside_of_any_request_has_no_id(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ChassisSettings(log_format="json"))
    correlation._request.set(None)
    structlog.get_logger().info("serving")
    assert "request_id" not in json.loads(capsys.readouterr().err)


async def test_headers_are_not_looked_at_until_an_id_is_needed(settings: ChassisSettings) -> None:
    asked = 0

    def headers() -> list[tuple[str, str]]:
        nonlocal asked
        asked += 1
        return []

    correlation.begin(headers)
    assert 0 == asked
    assert correlation.current_id() == correlation.current_id()
    assert 1 == asked
