"""Envoy's own errors as google.rpc.Status in JSON, like those of the services.

For gRPC and gRPC-Web, Envoy makes a gRPC status of its plain text; only a refusal for overload
has the same details as that of a service.
"""

import base64
import datetime as dt
from typing import Any, NamedTuple

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RequestInfo, RetryInfo
from google.rpc.status_pb2 import Status

from services.edge.envoy.fields import UNKNOWN_FIELD


class Reply(NamedTuple):
    """The error for an HTTP status; `{}` in the message stands for Envoy's own text."""

    code: "code_pb2.Code.ValueType"
    reason: str
    message: str


DOMAIN = "edge.enrayon"

ORIGINAL_CONTENT_TYPE = "x-original-content-type"
"""Request header with the original content type: the transcoder overwrites it with gRPC's."""

REPLIES = {
    400: Reply(code_pb2.INVALID_ARGUMENT, "BAD_REQUEST", "bad request: {}"),
    401: Reply(code_pb2.UNAUTHENTICATED, "UNAUTHENTICATED", "the token is not valid: {}"),
    403: Reply(code_pb2.PERMISSION_DENIED, "FORBIDDEN", "forbidden: {}"),
    404: Reply(code_pb2.NOT_FOUND, "NO_SUCH_METHOD", "no method has this path"),
    405: Reply(code_pb2.UNIMPLEMENTED, "NO_SUCH_METHOD", "this path does not take this method"),
    408: Reply(code_pb2.DEADLINE_EXCEEDED, "REQUEST_TIMEOUT", "the request did not arrive in time"),
    413: Reply(code_pb2.INVALID_ARGUMENT, "REQUEST_TOO_LARGE", "the request is too large"),
    415: Reply(code_pb2.INVALID_ARGUMENT, "BAD_REQUEST", "bad request: {}"),
    426: Reply(code_pb2.INVALID_ARGUMENT, "BAD_REQUEST", "bad request: {}"),
    429: Reply(code_pb2.RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "too many requests"),
    431: Reply(code_pb2.INVALID_ARGUMENT, "REQUEST_TOO_LARGE", "path or headers are too large"),
    500: Reply(code_pb2.INTERNAL, "INTERNAL", "the answer could not be delivered"),
    502: Reply(code_pb2.UNAVAILABLE, "UNAVAILABLE", "the service closed the call; try again"),
    503: Reply(code_pb2.UNAVAILABLE, "UNAVAILABLE", "the service cannot be reached; try again"),
    504: Reply(code_pb2.DEADLINE_EXCEEDED, "TIMEOUT", "the service did not answer in time"),
}


OVERLOADED = Reply(
    code_pb2.RESOURCE_EXHAUSTED,
    "OVERLOADED",
    "too many calls to answer in time; try again later",
)
RETRY_AFTER_S = 1
UNKNOWN = Reply(code_pb2.INVALID_ARGUMENT, "INVALID_ARGUMENT", "{}")
"""An unknown field of a JSON request; reason and details are those of the services."""


def local_reply_config() -> dict[str, Any]:
    """The `LocalReplyConfig` of the HTTP connection manager; the first match is taken."""
    return {
        "mappers": [
            _mapper(_IS_OVERFLOW, OVERLOADED) | {"status_code": 429},
            _overflow_of_grpc(),
            _mapper(_HAS_UNKNOWN_FIELD, UNKNOWN, _violation()),
            *(_mapper(_status_is(status), reply) for status, reply in REPLIES.items()),
        ]
    }


def _mapper(condition: dict[str, Any], reply: Reply, *more: dict[str, Any]) -> dict[str, Any]:
    details = [_detail(ErrorInfo, reason=reply.reason, domain=DOMAIN), *more]
    headers = [NO_SNIFFING]
    if reply.code in {code_pb2.UNAVAILABLE, code_pb2.RESOURCE_EXHAUSTED}:
        details.append(_detail(RetryInfo, retryDelay=f"{RETRY_AFTER_S}s"))
        headers.append(_header("retry-after", str(RETRY_AFTER_S)))
    details.append(_detail(RequestInfo, requestId="%REQ(x-request-id)%"))
    return {
        "filter": {"and_filter": {"filters": [condition, _IS_JSON]}},
        "headers_to_add": headers,
        "body_format_override": {
            "json_format": {
                "code": reply.code,
                "message": reply.message.format("%LOCAL_REPLY_BODY%"),
                "details": details,
            }
        },
    }


def _overflow_of_grpc() -> dict[str, Any]:
    status = Status(code=OVERLOADED.code, message=OVERLOADED.message)
    delay = RetryInfo()
    delay.retry_delay.FromTimedelta(dt.timedelta(seconds=RETRY_AFTER_S))
    for detail in (ErrorInfo(reason=OVERLOADED.reason, domain=DOMAIN), delay):
        packed = Packed()
        packed.Pack(detail)
        status.details.append(packed)
    encoded = base64.b64encode(status.SerializeToString()).decode().rstrip("=")
    return {
        "filter": _IS_OVERFLOW,
        "body": {"inline_string": OVERLOADED.message},  # becomes the grpc-message
        "headers_to_add": [
            _header("grpc-status", str(OVERLOADED.code)),
            _header("grpc-status-details-bin", encoded),
        ],
    }


def _violation() -> dict[str, Any]:
    violation = {"field": f"%REQ({UNKNOWN_FIELD})%", "description": "%LOCAL_REPLY_BODY%"}
    return _detail(BadRequest, fieldViolations=[violation])


def _detail(kind: type[Message], **fields: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/{kind.DESCRIPTOR.full_name}", **fields}


def _header(key: str, value: str) -> dict[str, Any]:
    return {
        "header": {"key": key, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }


NO_SNIFFING = _header("x-content-type-options", "nosniff")
"""Of every answer: no browser may take JSON, or a picture, for a script."""


def _status_is(status: int) -> dict[str, Any]:
    value = {"default_value": status, "runtime_key": "none"}
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}


_IS_OVERFLOW = {"response_flag_filter": {"flags": ["UO"]}}
_HAS_UNKNOWN_FIELD = {"header_filter": {"header": {"name": UNKNOWN_FIELD, "present_match": True}}}
_IS_JSON = {
    "header_filter": {
        "header": {
            "name": ORIGINAL_CONTENT_TYPE,
            "string_match": {"prefix": "application/grpc"},
            "treat_missing_header_as_empty": True,
            "invert_match": True,
        }
    }
}
