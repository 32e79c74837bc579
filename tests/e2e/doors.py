"""Calls a method by gRPC, by gRPC-Web, and as JSON by each of its HTTP bindings."""

import base64
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import grpc
import httpx
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import code_pb2, error_details_pb2
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from services.client.bindings import DIRECT, TRANSCODE_HEADER
from tests.contracts.contracts import Binding, bindings
from tests.support import grpc_web

AS_TEXT = {f"google.protobuf.{name}" for name in ("Duration", "FieldMask", "Timestamp")}
DETAILS = error_details_pb2.DESCRIPTOR
"""Imported so that the JSON parser knows the type of every error detail."""


class Answer(NamedTuple):
    """The result of a call: a message, or a status that is not OK."""

    message: Message | None
    status: Status


class Doors:
    """Calls a running suite by every protocol."""

    def __init__(self, http: httpx.Client, channel: grpc.Channel) -> None:
        self._http = http
        self._channel = channel

    def all(self, method: MethodDescriptor, request: Message) -> dict[str, Answer]:
        """The answers by every protocol and binding that can carry the request."""
        answers = {"grpc": self.grpc(method, request), "grpc-web": self.web(method, request)}
        for binding in bindings(method):
            if http_request := as_http(binding, request):
                door = f"{binding.verb} {binding.path}"
                answers[door] = self._json(method, http_request)
                if method.full_name in DIRECT:
                    http_request.headers[TRANSCODE_HEADER] = "1"
                    answers[f"{door}, transcoded"] = self._json(method, http_request)
        return answers

    @contextmanager
    def streams(self, method: MethodDescriptor, request: Message) -> Iterator[dict[str, Any]]:
        """The messages of a server stream as they arrive, by protocol."""
        kind = GetMessageClass(method.output_type)
        body = grpc_web.framed(request.SerializeToString())
        [verb, template, _] = bindings(method)[0]
        call: Any = self._channel.unary_stream(
            path(method),
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=kind.FromString,
        )
        answers = call(request, timeout=60)
        with (
            self._http.stream("POST", path(method), content=body, headers=grpc_web.HEADERS) as web,
            self._http.stream(verb.upper(), template) as lines,
        ):
            yield {
                "grpc": iter(answers),
                "grpc-web": map(kind.FromString, grpc_web.messages(web.iter_raw())),
                "json": (json_format.Parse(line, kind()) for line in lines.iter_lines()),
            }
            answers.cancel()

    def grpc(self, method: MethodDescriptor, request: Message) -> Answer:
        """Calls by gRPC, not through Envoy."""
        call: Any = self._channel.unary_unary(
            path(method),
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        try:
            return Answer(call(request, timeout=30), Status())
        except grpc.RpcError as error:
            return Answer(None, rpc_status.from_call(error) or Status(code=code_pb2.UNKNOWN))

    def web(self, method: MethodDescriptor, request: Message) -> Answer:
        """Calls by gRPC-Web, as a browser does."""
        body = grpc_web.framed(request.SerializeToString())
        response = self._http.post(path(method), content=body, headers=grpc_web.HEADERS)
        trailers, message = dict(response.headers), None
        for flags, content in grpc_web.frames(response.content):
            if flags & grpc_web.TRAILERS:
                lines = (line.split(":", 1) for line in content.decode().splitlines())
                trailers |= {name.strip(): value.strip() for name, value in lines}
            else:
                message = GetMessageClass(method.output_type).FromString(content)
        if trailers["grpc-status"] == "0":
            return Answer(message, Status())
        details = trailers["grpc-status-details-bin"]
        packed = base64.b64decode(details + "=" * (-len(details) % 4))
        return Answer(None, Status.FromString(packed))

    def _json(self, method: MethodDescriptor, request: httpx.Request) -> Answer:
        url = self._http.base_url.join(str(request.url))
        response = self._http.request(
            request.method, url, content=request.read(), headers=dict(request.headers)
        )
        if response.is_success:
            answer = GetMessageClass(method.output_type)()
            return Answer(json_format.Parse(response.content, answer), Status())
        return Answer(None, json_format.Parse(response.content, Status()))


def path(method: MethodDescriptor) -> str:
    """The path of a method in HTTP/2."""
    return f"/{method.containing_service.full_name}/{method.name}"


def as_http(binding: Binding, request: Message) -> httpx.Request | None:
    """The HTTP request of a binding; None if the binding cannot carry the request."""
    rest = type(request)()
    rest.CopyFrom(request)
    url = filled(binding.path, rest)
    try:
        if url is None:
            return None
        if binding.body == "*":
            return httpx.Request(binding.verb, url, json=json_format.MessageToDict(rest))
        if binding.body:
            body = json_format.MessageToDict(getattr(rest, binding.body))
            rest.ClearField(binding.body)
            query = urlencode(list(leaves(rest)))
            return httpx.Request(binding.verb, f"{url}?{query}", json=body)
        return httpx.Request(binding.verb, f"{url}?{urlencode(list(leaves(rest)))}")
    except ValueError:  # JSON has no word for it: an instant beyond the year 9999, an empty message
        return None


def filled(template: str, rest: Message) -> str | None:
    """The template with its variables, removed from `rest`; None if a value does not fit."""
    url = template
    for field, pattern in re.findall(r"{([a-z_.]+)=?([^}]*)}", template):
        *parents, last = field.split(".")
        owner = rest
        for parent in parents:
            owner = getattr(owner, parent)
        value = getattr(owner, last)
        if not re.fullmatch(re.escape(pattern or "*").replace(r"\*", "[^/]+"), value):
            return None
        owner.ClearField(last)
        url = re.sub(rf"{{{re.escape(field)}(=[^}}]*)?}}", lambda _: quote(value), url, count=1)  # noqa: B023
    return url


def leaves(message: Message, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The parameters of a query that carry a message.

    Raises:
        ValueError: it has a map, a list of messages, or an empty message.
    """
    for field, value in message.ListFields():
        name = f"{prefix}{field.name}"
        inner = field.message_type
        if inner is None:
            for each in value if field.is_repeated else [value]:
                yield name, scalar(field, each)
        elif field.is_repeated:
            raise ValueError(f"a query has no word for the list {name}")
        elif inner.full_name in AS_TEXT:
            yield name, value.ToJsonString()
        elif not value.ListFields():
            raise ValueError(f"a query has no word for the empty {name}")
        else:
            yield from leaves(value, f"{name}.")


def scalar(field: FieldDescriptor, value: Any) -> str:
    """A value in a query string."""
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(value)


def comparable(answer: Answer, now_s: float) -> Any:
    """An answer without the parts that differ by call or by moment, for comparison."""
    details = [
        detail_of(packed)
        for packed in answer.status.details
        if not packed.Is(error_details_pb2.RequestInfo.DESCRIPTOR)
    ]
    message = answer.message and timeless(answer.message, now_s)
    return answer.status.code, answer.status.message, details, message


def detail_of(packed: Any) -> Message:
    """The unpacked detail of an error; inside its Any the order of a map is not defined."""
    detail = GetMessageClass(DETAILS.message_types_by_name[packed.TypeName().split(".")[-1]])()
    assert packed.Unpack(detail)
    return detail


def timeless(message: Message, now_s: float) -> Message:
    """The message without what hangs on the moment of asking: instants of this minute, instants
    reckoned from it (no data has fractions of a second), and how old an index is.
    """
    copy = type(message)()
    copy.CopyFrom(message)
    for instant in instants(copy):
        if instant.nanos or abs(instant.seconds - now_s) < 60:
            instant.Clear()
    if "index_lag" in copy.DESCRIPTOR.fields_by_name:
        copy.ClearField("index_lag")
    return copy


def instants(message: Any) -> Iterator[Timestamp]:
    """Every instant in a message, however deep."""
    if isinstance(message, Timestamp):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for each in value if field.is_repeated else [value]:
                yield from instants(each)


def code(answer: Answer) -> str:
    """The name of a code: OK, INVALID_ARGUMENT ..."""
    return str(code_pb2.Code.Name(answer.status.code))
