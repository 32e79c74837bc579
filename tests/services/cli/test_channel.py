"""Commands send their credentials, and explain how to set them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from services.chassis.settings import ChassisSettings
from services.cli.channel import CallerSettings, channel_to, services
from services.cli.output import CommandError

METHODS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class Sent(grpc.GenericRpcHandler):
    """Answers every method, and keeps the headers of each call."""

    def __init__(self) -> None:
        self.headers: list[dict[str, Any]] = []

    def service(self, details: Any) -> Any:
        self.headers.append(dict(details.invocation_metadata))
        if details.method == "/x/refused":
            return grpc.unary_unary_rpc_method_handler(
                lambda _, context: context.abort(
                    grpc.StatusCode.UNAUTHENTICATED, "this method needs a key"
                )
            )
        kind = details.method.removeprefix("/x/")
        many = kind.endswith("stream")
        handler = getattr(grpc, f"{kind}_rpc_method_handler")
        return handler(lambda *_: iter([b"1"]) if many else b"1")


@pytest.fixture
def server():
    sent = Sent()
    server = grpc.server(ThreadPoolExecutor(2), handlers=[sent])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield sent, port
    server.stop(None).wait()


@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize("key", ["enrayon_till_1", ""])
def test_the_key_goes_with_every_kind_of_call(server, kind, key):
    sent, port = server
    with channel_to(f"127.0.0.1:{port}", CallerSettings(api_key=key)) as channel:
        request = iter([b""]) if kind.startswith("stream") else b""
        answer = getattr(channel, kind)(f"/x/{kind}")(request)
        assert b"1" == (next(answer) if kind.endswith("stream") else answer)

    assert [key or None] == [headers.get("x-api-key") for headers in sent.headers]


def test_a_caller_without_a_key_is_told_how_to_set_one(server):
    _, port = server
    settings = ChassisSettings(grpc_port=port)
    with pytest.raises(CommandError, match="ENRAYON_API_KEY"), services(settings) as channel:
        channel.unary_unary("/x/refused")(b"")


def test_the_key_is_not_in_what_is_shown_of_the_settings():
    assert "secret" not in repr(CallerSettings(api_key="secret"))
